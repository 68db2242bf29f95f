import { concatBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import { der, derInteger, readDer, TAG } from "./der.ts";

const C1_BYTES = 65;
const C3_BYTES = 32;

/** r‖s, 64 bytes → SEQUENCE { r, s }. Source: GM/T 0009-2012 §7.3. */
export function signatureToDer(signature: Uint8Array): Uint8Array {
  expectBytes(signature, "signature", 64);
  return der(
    TAG.sequence,
    derInteger(signature.subarray(0, 32)),
    derInteger(signature.subarray(32)),
  );
}

/**
 * Inverse of `signatureToDer`. Whether r and s are in range is for `sm2.verify` to say.
 * @throws {CryptoError} `crypto/bad-encoding` for whatever is not the one encoding of two integers below 2^256
 */
export function signatureFromDer(encoded: Uint8Array): Uint8Array {
  expectBytes(encoded, "signature");
  return readDer(encoded, "signature", (reader) => {
    const inner = reader.inside();
    const both = concatBytes(inner.fixedInteger(32), inner.fixedInteger(32));
    inner.end();
    return both;
  });
}

/** C1 ‖ C3 ‖ C2 → SEQUENCE { x, y, hash, cipher text }. Source: GM/T 0009-2012 §7.2. */
export function ciphertextToDer(ciphertext: Uint8Array): Uint8Array {
  expectBytes(ciphertext, "ciphertext");
  if (ciphertext.length <= C1_BYTES + C3_BYTES || ciphertext[0] !== 4) {
    throw new CryptoError({ code: "crypto/bad-encoding", operand: "ciphertext" });
  }
  return der(
    TAG.sequence,
    derInteger(ciphertext.subarray(1, 33)),
    derInteger(ciphertext.subarray(33, C1_BYTES)),
    der(TAG.octetString, ciphertext.subarray(C1_BYTES, C1_BYTES + C3_BYTES)),
    der(TAG.octetString, ciphertext.subarray(C1_BYTES + C3_BYTES)),
  );
}

/** Inverse of `ciphertextToDer`. @throws {CryptoError} `crypto/bad-encoding` */
export function ciphertextFromDer(encoded: Uint8Array): Uint8Array {
  expectBytes(encoded, "ciphertext");
  return readDer(encoded, "ciphertext", (reader) => {
    const inner = reader.inside();
    const x = inner.fixedInteger(32);
    const y = inner.fixedInteger(32);
    const c3 = inner.contents(TAG.octetString);
    const c2 = inner.contents(TAG.octetString);
    inner.end();
    if (c3.length !== C3_BYTES || c2.length === 0) inner.refuse();
    return concatBytes(Uint8Array.of(4), x, y, c3, c2);
  });
}
