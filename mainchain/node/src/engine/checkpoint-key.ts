import {
  b32,
  type Codec,
  CodedError,
  decodeOwn,
  encode,
  equalBytes,
  optional,
  type Suite,
  signDigest,
  struct,
  u16,
  u64,
  varBytes,
} from "@ropenet/protocol";
import type { BridgeSecretKeys } from "../keys.ts";
import type { FileSystem } from "../store/file-system.ts";
import { openSlotFile } from "./slot-file.ts";

export type CheckpointKeyErrorInfo =
  | {
      readonly code: "signer/checkpoint-backwards";
      readonly suite: Suite;
      readonly height: bigint;
      readonly highest: bigint;
    }
  | { readonly code: "signer/checkpoint-conflict"; readonly suite: Suite; readonly height: bigint };
export class CheckpointKeyError extends CodedError<CheckpointKeyErrorInfo> {}

/** What a signature is about: a checkpoint by its height, a handover by the epoch that ends. */
type Statement = "checkpoint" | "handover";

interface Mark {
  readonly height: bigint;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}
interface Marks {
  readonly checkpoint1: Mark | null;
  readonly checkpoint2: Mark | null;
  readonly handover1: Mark | null;
  readonly handover2: Mark | null;
}

const mark = optional(struct<Mark>({ height: u64, digest: b32, signature: varBytes(65, u16) }));
const marksCodec: Codec<Marks> = struct<Marks>({
  checkpoint1: mark,
  checkpoint2: mark,
  handover1: mark,
  handover2: mark,
});
const NOTHING_SIGNED: Marks = {
  checkpoint1: null,
  checkpoint2: null,
  handover1: null,
  handover2: null,
};

export interface CheckpointKey {
  /** @throws {CheckpointKeyError} below the suite's highest height, or for other bytes at that height */
  sign(suite: Suite, height: bigint, digest: Uint8Array): Uint8Array;
  /** @throws {CheckpointKeyError} for an epoch below the highest, or for another successor of it */
  signHandover(suite: Suite, fromEpoch: bigint, digest: Uint8Array): Uint8Array;
  /** The newest record may be lost; the one before it is used. */
  readonly isSpoilt: boolean;
  close(): void;
}

/** The bridge keys behind a persisted high-water mark per suite and kind. Source: docs/protocol.md §6. */
export function openCheckpointKey(options: {
  readonly file: string;
  readonly keys: BridgeSecretKeys;
  readonly mustExist: boolean;
  readonly fileSystem?: FileSystem;
}): CheckpointKey {
  const { mustExist, fileSystem } = options;
  const slot = openSlotFile(options.file, { mustExist, fileSystem });
  let marks: Marks = slot.value ? decodeOwn(marksCodec, slot.value) : NOTHING_SIGNED;

  function sign(kind: Statement, suite: Suite, height: bigint, digest: Uint8Array): Uint8Array {
    const name = `${kind}${suite}` as const;
    const known = marks[name];
    if (known && height < known.height) {
      const highest = known.height;
      throw new CheckpointKeyError({ code: "signer/checkpoint-backwards", suite, height, highest });
    }
    if (known?.height === height) {
      if (equalBytes(known.digest, digest)) return known.signature;
      throw new CheckpointKeyError({ code: "signer/checkpoint-conflict", suite, height });
    }
    const signature = signDigest(suite, digest, options.keys[`suite${suite}`]);
    const next: Marks = { ...marks, [name]: { height, digest, signature } };
    slot.write(encode(marksCodec, next));
    marks = next;
    return signature;
  }

  return {
    sign: (suite, height, digest) => sign("checkpoint", suite, height, digest),
    signHandover: (suite, fromEpoch, digest) => sign("handover", suite, fromEpoch, digest),
    isSpoilt: slot.isSpoilt,
    close: () => slot.close(),
  };
}
