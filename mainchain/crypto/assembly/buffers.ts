import { digest, pad } from "./sm3";
import { digestFour, digestFourNodes } from "./sm3x4";

/** What the host fills and reads: one message, 4 lanes, or nodes; and digests. */
const CAPACITY: usize = 65536;
/** Room for padding behind a message. */
const BUFFER: usize = memory.data(65536 + 128, 16);
const DIGESTS: usize = memory.data(32768, 16);
const LANE: usize = CAPACITY / 4;

export function bufferAddress(): usize {
  return BUFFER;
}

export function bufferBytes(): usize {
  return CAPACITY;
}

export function digestsAddress(): usize {
  return DIGESTS;
}

/** Digest of the first `length` ≤ 65,536 bytes of the buffer. */
export function sm3(length: usize): void {
  digest(DIGESTS, BUFFER, length);
}

/** Digests of four messages, a quarter of the buffer apart, of these lengths and equally many blocks. */
export function sm3Four(length0: usize, length1: usize, length2: usize, length3: usize): void {
  const blocks = pad(BUFFER, length0);
  pad(BUFFER + LANE, length1);
  pad(BUFFER + 2 * LANE, length2);
  pad(BUFFER + 3 * LANE, length3);
  digestFour(DIGESTS, BUFFER, LANE, blocks);
}

/** Digests of `count` ≤ 1,024 nodes of 64 bytes; behind the last, padding may be written. */
export function sm3Nodes(count: usize): void {
  let node = BUFFER;
  let out = DIGESTS;
  let left = count;
  for (; left >= 4; left -= 4) {
    digestFourNodes(out, node);
    node += 256;
    out += 128;
  }
  if (left == 0) return;
  // Idle lanes hash what lies there; the host does not read them.
  digestFourNodes(out, node);
}
