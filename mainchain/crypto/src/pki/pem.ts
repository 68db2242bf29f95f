import { CryptoError, expectBytes, expectText } from "../crypto-error.ts";

const LINE = 64;

/** RFC 7468: lines of 64, one final line break. */
export function toPem(label: string, bytes: Uint8Array): string {
  expectText(label, "label");
  expectBytes(bytes, "bytes");
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const text = globalThis.btoa(binary);
  const lines = text.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * The bytes of the one block with this label; text around it is passed over.
 * @throws {CryptoError} `crypto/bad-encoding` without such a block, or with two
 */
export function fromPem(label: string, text: string): Uint8Array {
  expectText(label, "label");
  expectText(text, "pem");
  const refuse = (): never => {
    throw new CryptoError({ code: "crypto/bad-encoding", operand: "pem" });
  };
  const [, body, ...more] = text.split(`-----BEGIN ${label}-----`);
  if (body === undefined || more.length > 0) return refuse();
  const end = body.indexOf(`-----END ${label}-----`);
  const base64 = body.slice(0, Math.max(end, 0)).replace(/[\r\n\t ]/g, "");
  if (end < 0 || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return refuse();
  return Uint8Array.from(globalThis.atob(base64), (character) => character.charCodeAt(0));
}
