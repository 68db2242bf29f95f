import { concatBytes, encode, u16, u64 } from "@ropenet/protocol";

/** One byte keeps what lies in the store apart. */
const SPACE = { value: 1, chunk: 2, root: 4, index: 5, meta: 6 } as const;

function spaced(space: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(space), ...parts);
}

const n64 = (value: bigint): Uint8Array => encode(u64, value);

/** Some nodes of the state tree that `version` made. */
export const chunkKey = (version: number, chunk: number): Uint8Array =>
  spaced(SPACE.chunk, n64(BigInt(version)), encode(u16, chunk));
/** Before every chunk of `version`. */
export const chunksFrom = (version: number): Uint8Array =>
  spaced(SPACE.chunk, n64(BigInt(version)));

export const valueKey = (key: Uint8Array): Uint8Array => spaced(SPACE.value, key);
/** Behind every value. */
export const VALUES_END: Uint8Array = Uint8Array.of(SPACE.value + 1);
export const indexKey = (key: Uint8Array): Uint8Array => spaced(SPACE.index, key);
export const rootKey = (version: bigint): Uint8Array => spaced(SPACE.root, n64(version));
export const metaKey = (name: number): Uint8Array => spaced(SPACE.meta, Uint8Array.of(name));
