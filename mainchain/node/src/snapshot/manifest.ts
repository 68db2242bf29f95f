import {
  b32,
  type Codec,
  CodedError,
  decode,
  encode,
  list,
  sm3,
  struct,
  u16,
  u32,
  u64,
} from "@ropenet/protocol";
import { SnapshotError } from "./errors.ts";

export const SNAPSHOT_VERSION = 1;
/** 64 GiB of state */
const MAX_PIECES = 65_536;

/** What a snapshot consists of; its hash names the whole. The same state has the same manifest on every node. */
export interface Manifest {
  readonly version: number;
  readonly chainId: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly height: bigint;
  /** of the header of `height` */
  readonly timeMs: bigint;
  /** after executing `height`; the header of height + 1 names it */
  readonly stateRoot: Uint8Array;
  readonly entries: bigint;
  /** SM3 of each piece */
  readonly state: readonly Uint8Array[];
  readonly chain: readonly Uint8Array[];
}

export const manifestCodec: Codec<Manifest> = struct<Manifest>({
  version: u16,
  chainId: b32,
  genesisHash: b32,
  height: u64,
  timeMs: u64,
  stateRoot: b32,
  entries: u64,
  state: list(b32, MAX_PIECES, u32),
  chain: list(b32, MAX_PIECES, u32),
});

export const manifestId = (manifest: Manifest): Uint8Array => sm3(encode(manifestCodec, manifest));

/** @throws {SnapshotError} `snapshot/bad-manifest` */
export function readManifest(bytes: Uint8Array): Manifest {
  let manifest: Manifest;
  try {
    manifest = decode(manifestCodec, bytes);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new SnapshotError({ code: "snapshot/bad-manifest", detail: cause.code }, { cause });
  }
  const { version } = manifest;
  if (version !== SNAPSHOT_VERSION) {
    throw new SnapshotError({ code: "snapshot/bad-manifest", detail: `version ${version}` });
  }
  return manifest;
}
