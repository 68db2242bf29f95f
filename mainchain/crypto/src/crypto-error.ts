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
  /** a device after `close`, or a key agreement that was finished before */
  | { readonly code: "crypto/closed"; readonly operand: string };

/** The caller's fault, or a ciphertext that was not made with the key in hand. */
export class CryptoError extends CodedError<CryptoErrorInfo> {}

/** @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` */
export function expectBytes(bytes: Uint8Array, operand: string, length?: number): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new CryptoError({ code: "crypto/bad-type", operand, expected: "Uint8Array" });
  }
  if (length !== undefined && bytes.length !== length) {
    throw new CryptoError({
      code: "crypto/bad-length",
      operand,
      expected: length,
      actual: bytes.length,
    });
  }
}
