import { bigintToBytes, bytesToBigint, concatBytes, utf8ToBytes } from "./bytes.ts";
import { CodedError } from "./coded-error.ts";
import { Point, SM2_CURVE } from "./curve.ts";
import { hmacSm3, sm3 } from "./sm3.ts";

const { n, p, a, b, Gx, Gy } = SM2_CURVE;

export interface Sm2Options {
  /** default "1234567812345678" (GB/T 35276) */
  readonly userId?: string | Uint8Array;
}

export function checkLength(bytes: Uint8Array, length: number, operand: string): void {
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
    throw new CodedError({
      code: "crypto/bad-length",
      operand,
      expected: length,
      got: bytes?.length,
    });
  }
}

export function secretScalar(secretKey: Uint8Array): bigint {
  checkLength(secretKey, 32, "secretKey");
  const d = bytesToBigint(secretKey);
  // d = n − 1 would make 1 + d not invertible.
  if (d < 1n || d > n - 2n)
    throw new CodedError({ code: "crypto/bad-range", operand: "secretKey" });
  return d;
}

export type CurvePoint = ReturnType<typeof Point.fromAffine>;

export function parsePoint(publicKey: Uint8Array): CurvePoint | undefined {
  if (publicKey[0] !== 4) return undefined;
  const x = bytesToBigint(publicKey.subarray(1, 33));
  const y = bytesToBigint(publicKey.subarray(33));
  if (x >= p || y >= p) return undefined;
  if ((y * y - (x * x * x + a * x + b)) % p !== 0n) return undefined;
  return Point.fromAffine({ x, y });
}

export function encodePoint(point: CurvePoint): Uint8Array {
  const { x, y } = point.toAffine();
  return concatBytes(Uint8Array.of(4), bigintToBytes(x, 32), bigintToBytes(y, 32));
}

const CURVE_BYTES = concatBytes(...[a, b, Gx, Gy].map((value) => bigintToBytes(value, 32)));

/** Z of GB/T 32918.2 §5.5. */
export function identityDigest(
  publicKey: Uint8Array,
  userId: string | Uint8Array = "1234567812345678",
): Uint8Array {
  const id = typeof userId === "string" ? utf8ToBytes(userId) : userId;
  if (id.length > 8191)
    throw new CodedError({ code: "crypto/bad-length", operand: "userId", got: id.length });
  const bits = id.length * 8;
  return sm3(
    concatBytes(Uint8Array.of(bits >> 8, bits & 0xff), id, CURVE_BYTES, publicKey.subarray(1)),
  );
}

function messageScalar(message: Uint8Array, publicKey: Uint8Array, options: Sm2Options): bigint {
  return bytesToBigint(sm3(concatBytes(identityDigest(publicKey, options.userId), message)));
}

/** 65 bytes 04‖x‖y: the one encoding of a public key. */
export function getPublicKey(secretKey: Uint8Array): Uint8Array {
  return encodePoint(Point.BASE.multiply(secretScalar(secretKey)));
}

export function randomSecretKey(): Uint8Array {
  for (;;) {
    const bytes = globalThis.crypto.getRandomValues(new Uint8Array(32));
    const d = bytesToBigint(bytes);
    if (d >= 1n && d <= n - 2n) return bytes;
  }
}

/** Deterministic in key and message, hedged with fresh randomness: neither alone can repeat a nonce. */
function nonce(secretKey: Uint8Array, e: bigint, attempt: number): bigint {
  const fresh = globalThis.crypto.getRandomValues(new Uint8Array(32));
  const seed = hmacSm3(secretKey, concatBytes(bigintToBytes(e, 32), fresh, Uint8Array.of(attempt)));
  const wide = concatBytes(hmacSm3(seed, Uint8Array.of(1)), hmacSm3(seed, Uint8Array.of(2)));
  return (bytesToBigint(wide) % (n - 1n)) + 1n;
}

export const modOrder = (value: bigint): bigint => ((value % n) + n) % n;

/**
 * SM2 signature, 64 bytes r‖s. Source: GB/T 32918.2 §6.
 * Not constant-time in bigint arithmetic; see docs/crypto.md.
 */
export function sign(
  message: Uint8Array,
  secretKey: Uint8Array,
  options: Sm2Options = {},
): Uint8Array {
  const d = secretScalar(secretKey);
  const e = messageScalar(message, getPublicKey(secretKey), options);
  const inverse = Point.Fn.inv(1n + d);
  for (let attempt = 0; ; attempt += 1) {
    const k = nonce(secretKey, e, attempt & 0xff);
    const r = modOrder(e + Point.BASE.multiply(k).toAffine().x);
    const s = modOrder(inverse * (k - r * d));
    if (r !== 0n && r + k !== n && s !== 0n)
      return concatBytes(bigintToBytes(r, 32), bigintToBytes(s, 32));
  }
}

/** False for whatever is not a valid signature; throws only for wrong lengths. Source: GB/T 32918.2 §7. */
export function verify(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
  options: Sm2Options = {},
): boolean {
  checkLength(signature, 64, "signature");
  checkLength(publicKey, 65, "publicKey");
  const r = bytesToBigint(signature.subarray(0, 32));
  const s = bytesToBigint(signature.subarray(32));
  if (r < 1n || r >= n || s < 1n || s >= n) return false;
  const t = modOrder(r + s);
  const key = t === 0n ? undefined : parsePoint(publicKey);
  if (!key) return false;
  const sum = Point.BASE.multiplyUnsafe(s).add(key.multiplyUnsafe(t));
  if (sum.is0()) return false;
  return modOrder(messageScalar(message, publicKey, options) + sum.toAffine().x) === r;
}

export function isValidPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === 65 && parsePoint(publicKey) !== undefined;
}
