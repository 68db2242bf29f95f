import { CryptoError, expectBytes } from "./crypto-error.ts";
import { LANE_BYTES, LONGEST_IN_LANE, sharedKernel } from "./kernel/kernel.ts";

const DIGEST_BYTES = 32;

/**
 * SM3 of rows of equal length that lie one behind the other, four at a time, with nothing allocated for a row.
 * @param rows n × `rowBytes` bytes
 * @param rowBytes 1 … 16,000
 * @param out at least n × 32 bytes
 * @returns n
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function sm3Rows(rows: Uint8Array, rowBytes: number, out: Uint8Array): number {
  expectBytes(rows, "rows");
  expectBytes(out, "out");
  if (!Number.isInteger(rowBytes) || rowBytes < 1 || rowBytes > LONGEST_IN_LANE) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "rowBytes" });
  }
  const count = rows.length / rowBytes;
  if (!Number.isInteger(count)) {
    const expected = "a multiple of rowBytes";
    throw new CryptoError({
      code: "crypto/bad-length",
      operand: "rows",
      expected,
      actual: rows.length,
    });
  }
  if (out.length < count * DIGEST_BYTES) {
    const expected = count * DIGEST_BYTES;
    throw new CryptoError({
      code: "crypto/bad-length",
      operand: "out",
      expected,
      actual: out.length,
    });
  }
  const { exports, buffer, digests, bytes } = sharedKernel();
  const memory = bytes();
  for (let row = 0; row < count; row += 4) {
    const lanes = Math.min(4, count - row);
    for (let lane = 0; lane < lanes; lane += 1) {
      const from = (row + lane) * rowBytes;
      memory.set(rows.subarray(from, from + rowBytes), buffer + lane * LANE_BYTES);
    }
    // Lanes without a row hash what an earlier one left there; nobody reads it.
    exports.sm3Four(rowBytes, rowBytes, rowBytes, rowBytes);
    out.set(memory.subarray(digests, digests + lanes * DIGEST_BYTES), row * DIGEST_BYTES);
  }
  return count;
}
