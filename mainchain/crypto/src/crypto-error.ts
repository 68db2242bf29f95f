import { CodedError } from "./coded-error.ts";

/** `operand` names the argument at fault; values of keys and plaintexts are never put in here. */
export type CryptoErrorInfo =
  | { readonly code: "crypto/bad-type"; readonly operand: string; readonly expected: string }
  | {
      readonly code: "crypto/bad-length";
      readonly operand: string;
      readonly expected: number | string;
      readonly actual: number;
    }
  | { readonly code: "crypto/bad-range"; readonly operand: string }
  | { readonly code: "crypto/bad-encoding"; readonly operand: string }
  | { readonly code: "crypto/bad-point"; readonly operand: string }
  | { readonly code: "crypto/authentication-failed" }
  /** a device after `close`, a key agreement that was finished before, a hasher after `digest` */
  | { readonly code: "crypto/closed"; readonly operand: string };

/** The caller's fault, or a ciphertext that was not made with the key in hand. */
export class CryptoError extends CodedError<CryptoErrorInfo> {}

function badType(operand: string, expected: string): never {
  throw new CryptoError({ code: "crypto/bad-type", operand, expected });
}

/** @throws {CryptoError} `crypto/bad-type` */
export function expectText(text: string, operand: string): void {
  if (typeof text !== "string") badType(operand, "string");
}

/** Of options and records. @throws {CryptoError} `crypto/bad-type` */
export function expectRecord(record: object, operand: string): void {
  if (typeof record !== "object" || record === null) badType(operand, "object");
}

/** @throws {CryptoError} `crypto/bad-type` */
export function expectList(list: readonly unknown[], operand: string): void {
  if (!Array.isArray(list)) badType(operand, "array");
}

/** @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` */
export function expectBytes(bytes: Uint8Array, operand: string, length?: number): void {
  // The second half is for a proxy, or an object that only has the prototype: they have no bytes.
  if (!(bytes instanceof Uint8Array && ArrayBuffer.isView(bytes))) badType(operand, "Uint8Array");
  if (length !== undefined && bytes.length !== length) {
    throw new CryptoError({
      code: "crypto/bad-length",
      operand,
      expected: length,
      actual: bytes.length,
    });
  }
}
