import { concatBytes } from "@ropenet/protocol";
import type { Random } from "./random.ts";

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** Lengths and counts that decoders stumble over. */
const EDGES = [0, 1, 2, 127, 128, 255, 256, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random): Uint8Array {
    const out = bytes.slice();
    const at = random.int(out.length);
    out[at] = (out[at] ?? 0) ^ (1 << random.int(8));
    return out;
  },
  function setByte(bytes, random): Uint8Array {
    const out = bytes.slice();
    out[random.int(out.length)] = random.pick([0, 1, 2, 4, 127, 128, 254, 255]);
    return out;
  },
  function writeEdge(bytes, random): Uint8Array {
    const out = bytes.slice();
    const width = random.pick([2, 4, 8]);
    if (out.length < width) return out;
    const view = new DataView(out.buffer);
    const at = random.int(out.length - width + 1);
    const edge = random.pick(EDGES);
    if (width === 2) view.setUint16(at, edge & 0xffff);
    else if (width === 4) view.setUint32(at, edge);
    else view.setBigUint64(at, random.pick([0n, 1n, BigInt(edge), (1n << 64n) - 1n]));
    return out;
  },
  function cut(bytes, random): Uint8Array {
    return bytes.slice(0, random.int(bytes.length));
  },
  function extend(bytes, random): Uint8Array {
    return concatBytes(bytes, random.bytes(1 + random.int(64)));
  },
  function drop(bytes, random): Uint8Array {
    const from = random.int(bytes.length);
    const to = from + 1 + random.int(Math.min(64, bytes.length - from));
    return concatBytes(bytes.slice(0, from), bytes.slice(to));
  },
  function repeat(bytes, random): Uint8Array {
    const from = random.int(bytes.length);
    const to = from + 1 + random.int(Math.min(256, bytes.length - from));
    return concatBytes(bytes.slice(0, to), bytes.slice(from));
  },
  function overwrite(bytes, random): Uint8Array {
    const out = bytes.slice();
    const from = random.int(out.length);
    out.set(random.bytes(Math.min(1 + random.int(32), out.length - from)), from);
    return out;
  },
];

/** One to four changes of something valid; now and then noise from nothing. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.int(32) === 0) return random.bytes(random.int(600));
  let out = bytes;
  const changes = 1 + random.int(4);
  for (let change = 0; change < changes && out.length > 0; change += 1) {
    out = random.pick(mutations)(out, random);
  }
  return out;
}
