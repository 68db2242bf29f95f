import { RLP } from "@ethereumjs/rlp";
import { equalBytes } from "@ropenet/crypto";
import { ProofError } from "./proof-error.ts";

export type RlpItem = Uint8Array | readonly RlpItem[];

/** Above every node and account; keeps nesting far from the depth at which a decoder runs out of stack. */
const MAX_RLP_BYTES = 1024;

export function encodeRlp(item: RlpItem): Uint8Array {
  return RLP.encode(item as Parameters<typeof RLP.encode>[0]);
}

function decodeAny(bytes: Uint8Array): RlpItem {
  try {
    return RLP.decode(bytes) as RlpItem;
  } catch (cause) {
    throw new ProofError({ code: "proof/bad-rlp" }, { cause });
  }
}

/**
 * One item, one byte string. The library takes the empty input for the empty string, so what it read
 * counts only if it encodes to the same bytes.
 * @throws {ProofError} `proof/bad-rlp`
 */
export function decodeRlp(bytes: Uint8Array): RlpItem {
  if (bytes.length > MAX_RLP_BYTES) throw new ProofError({ code: "proof/bad-rlp" });
  const item = decodeAny(bytes);
  if (!equalBytes(encodeRlp(item), bytes)) throw new ProofError({ code: "proof/bad-rlp" });
  return item;
}

/** Whether `bytes` is a big-endian integer without leading zeros, at most `width` bytes; zero is empty. */
export function isMinimalInteger(bytes: RlpItem, width: number): bytes is Uint8Array {
  return bytes instanceof Uint8Array && bytes.length <= width && bytes[0] !== 0;
}
