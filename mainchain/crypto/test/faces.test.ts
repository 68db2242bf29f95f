import { expect, it } from "vitest";
import * as crypto from "../src/index.ts";
import * as pki from "../src/pki/index.ts";

/** What no argument may be, and some that only look as if they were bytes. */
const ODD: readonly unknown[] = [
  ...[undefined, null, 0, -1, 1.5, Number.NaN, 1n, true, "", "00", "\ud800", Symbol("x")],
  ...[{}, [], [null], [{}], { length: 32 }, () => 1, new Map()],
  ...[0, 16, 31, 33, 64, 65, 66].map((length) => new Uint8Array(length)),
  ...[new ArrayBuffer(32), new DataView(new ArrayBuffer(32)), new Float64Array(32)],
  ...[new Uint8ClampedArray(32), new Proxy(new Uint8Array(32), {})],
  Object.create(Uint8Array.prototype),
];

type Face = (...operands: readonly unknown[]) => unknown;

/** Every function that the package gives, and those in the objects that it gives. */
function faces(of: object, prefix: string): readonly (readonly [string, Face])[] {
  return Object.entries(of).flatMap(([name, value]) => {
    if (typeof value === "object" && value !== null) return faces(value, `${prefix}${name}.`);
    const isFace = typeof value === "function" && !name.endsWith("Error");
    return isFace ? [[prefix + name, value as Face] as const] : [];
  });
}

const secretKey = new Uint8Array(32).fill(7);
const publicKey = crypto.sm2.getPublicKey(secretKey);
const signature = crypto.sm2.sign(new Uint8Array(3), secretKey);

/** `odd` at each place, among others that would do. */
const calls = (odd: unknown): readonly (readonly unknown[])[] => [
  ...[[odd], [odd, odd], [odd, odd, odd], [odd, odd, odd, odd]],
  ...[
    [secretKey, odd],
    [secretKey, "password", odd],
    [publicKey, odd],
    ["00", odd],
  ],
  ...[
    [new Uint8Array(3), secretKey, odd],
    [signature, odd, publicKey],
  ],
  ...[
    [signature, new Uint8Array(3), publicKey, odd],
    [new Uint8Array(16), odd, secretKey, odd],
  ],
];

/** Whether the call was refused, by the package and not by the language. */
function isRefused(face: Face, operands: readonly unknown[]): boolean {
  try {
    face(...operands);
    return false;
  } catch (error) {
    expect(error, String((error as Error).stack)).toBeInstanceOf(crypto.CryptoError);
    const { code, ...shown } = (error as crypto.CryptoError).info;
    if (code !== "crypto/authentication-failed") expect(shown).toHaveProperty("operand");
    return true;
  }
}

/** These take nothing that could be odd. */
const TAKES_NOTHING = /random|create$/;

it.each([...faces(crypto, ""), ...faces(pki, "pki.")])(
  "%s takes odd arguments or refuses them with a code and an operand",
  (name, face) => {
    const refused = ODD.flatMap(calls).filter((operands) => isRefused(face, operands));
    if (!TAKES_NOTHING.test(name)) expect(refused).not.toEqual([]);
  },
);
