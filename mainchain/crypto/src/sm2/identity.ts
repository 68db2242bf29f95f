import { bigintToBytes, concatBytes, utf8ToBytes } from "../bytes.ts";
import { CryptoError, expectBytes } from "../crypto-error.ts";
import { sm3 } from "../sm3.ts";
import { A, B, GX, GY } from "./curve.ts";

/** Text is taken as UTF-8. Default "1234567812345678" (GB/T 35276-2017 §10). */
export type Sm2UserId = string | Uint8Array;

const DEFAULT_USER_ID: Uint8Array = utf8ToBytes("1234567812345678");

// The bit length is written in two bytes.
const LONGEST_USER_ID = 8191;

const CURVE_BYTES: Uint8Array = concatBytes(
  ...[A, B, GX, GY].map((value) => bigintToBytes(value, 32)),
);

/** @throws {CryptoError} `crypto/bad-length` for an id above 8,191 bytes, `crypto/bad-encoding` */
export function userIdBytes(userId?: Sm2UserId, operand = "userId"): Uint8Array {
  const id =
    typeof userId === "string"
      ? utf8ToBytes(userId)
      : userId === undefined
        ? DEFAULT_USER_ID
        : userId;
  expectBytes(id, operand);
  if (id.length > LONGEST_USER_ID) {
    throw new CryptoError({
      code: "crypto/bad-length",
      operand,
      expected: `at most ${LONGEST_USER_ID}`,
      actual: id.length,
    });
  }
  return id;
}

/**
 * Z = SM3(bits of id ‖ id ‖ a ‖ b ‖ G ‖ P), 32 bytes. Source: GB/T 32918.2-2016 §5.5.
 * @throws {CryptoError} `crypto/bad-length` for an id above 8,191 bytes, `crypto/bad-encoding`
 */
export function identityDigest(publicKey: Uint8Array, userId?: Sm2UserId): Uint8Array {
  const id = userIdBytes(userId);
  const bits = 8 * id.length;
  return sm3
    .create()
    .update(Uint8Array.of(bits >> 8, bits & 0xff))
    .update(id)
    .update(CURVE_BYTES)
    .update(publicKey.subarray(1))
    .digest();
}

/** What Z hashes before the key's x‖y, for the default user id. */
export const DEFAULT_IDENTITY_HEAD: Uint8Array = concatBytes(
  Uint8Array.of((8 * DEFAULT_USER_ID.length) >> 8, (8 * DEFAULT_USER_ID.length) & 0xff),
  DEFAULT_USER_ID,
  CURVE_BYTES,
);

/** e = SM3(Z ‖ M), 32 bytes. */
export function messageDigest(
  message: Uint8Array,
  publicKey: Uint8Array,
  userId?: Sm2UserId,
): Uint8Array {
  return sm3.create().update(identityDigest(publicKey, userId)).update(message).digest();
}
