import {
  type Checkpoint,
  type Codec,
  CodedError,
  canonicalDigestRecordCodec,
  checkpointCodec,
  checkpointDigest,
  decode,
  decodeOwn,
  encode,
  equalBytes,
  type Handover,
  handoverCodec,
  handoverDigest,
  STATEMENT,
  type Suite,
  stateKey,
  u64,
} from "@ropenet/protocol";
import { readStakingParameters, readStakingProgress } from "../../epochs.ts";
import { type Context, readRecord, type StateView } from "../../module.ts";
import type { Statements } from "../../slices.ts";
import { CheckpointsError } from "./errors.ts";
import { readHandover } from "./handovers.ts";
import { isSignedBy } from "./keeper.ts";

const TOP = (1n << 64n) - 1n;
/** More than one is formed per block, so forgetting keeps up. */
const FORGOTTEN_PER_CHECKPOINT = 4;

/** The last height of a suite whose digest has been forgotten. */
function forgottenHeight(state: StateView, suite: Suite): bigint {
  return readRecord(state, stateKey.forgottenDigest(suite), u64) ?? 0n;
}

/** Drops what is older than unbonding: nobody who signed then has anything left to lose. */
export function forgetDigests({ state, timeMs }: Context, suite: Suite): void {
  const { unbondingMs } = readStakingParameters(state);
  const oldest = state.range(
    stateKey.canonicalDigest(suite, 0n),
    stateKey.canonicalDigest(suite, TOP),
    FORGOTTEN_PER_CHECKPOINT,
  );
  for (const [key, value] of oldest) {
    if (decodeOwn(canonicalDigestRecordCodec, value).timeMs + unbondingMs >= timeMs) return;
    state.delete(key);
    state.set(stateKey.forgottenDigest(suite), key.slice(-8));
  }
}

function read<T>(codec: Codec<T>, bytes: Uint8Array): T {
  try {
    return decode(codec, bytes);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new CheckpointsError({ code: "checkpoint/malformed", reason: cause.message }, { cause });
  }
}

/** A height without a checkpoint has no canonical digest: whatever is signed over it is false. */
function isCanonicalCheckpoint({ state, height }: Context, checkpoint: Checkpoint): boolean {
  const suite = checkpoint.suite as Suite;
  if (checkpoint.height >= height) return false;
  const key = stateKey.canonicalDigest(suite, checkpoint.height);
  const known = readRecord(state, key, canonicalDigestRecordCodec);
  if (known) return equalBytes(known.digest, checkpointDigest(checkpoint));
  if (checkpoint.height <= forgottenHeight(state, suite)) {
    throw new CheckpointsError({ code: "checkpoint/forgotten", height: checkpoint.height });
  }
  return false;
}

function isCanonicalHandover({ state }: Context, handover: Handover): boolean {
  const known = readHandover(state, handover.suite as Suite, handover.fromEpoch);
  if (known) {
    return equalBytes(encode(handoverCodec, known.handover), encode(handoverCodec, handover));
  }
  if (handover.fromEpoch < readStakingProgress(state).epoch) {
    throw new CheckpointsError({ code: "checkpoint/forgotten", height: handover.height });
  }
  return false;
}

function assertOwnChain({ parameters }: Context, chainId: Uint8Array): void {
  if (equalBytes(chainId, parameters.chainId)) return;
  throw new CheckpointsError({ code: "checkpoint/malformed", reason: "of another chain" });
}

export const statements: Statements = {
  judge(context, { kind, statement, signature, keys }) {
    if (kind === STATEMENT.checkpoint) {
      const checkpoint = read(checkpointCodec, statement);
      assertOwnChain(context, checkpoint.ropeChainId);
      const suite = checkpoint.suite as Suite;
      const { height, epoch } = checkpoint;
      if (!isSignedBy(keys, suite, checkpointDigest(checkpoint), signature)) {
        throw new CheckpointsError({ code: "checkpoint/bad-signature", height, suite });
      }
      return { canonical: isCanonicalCheckpoint(context, checkpoint), suite, height, epoch };
    }
    const handover = read(handoverCodec, statement);
    assertOwnChain(context, handover.ropeChainId);
    const suite = handover.suite as Suite;
    const { height, fromEpoch: epoch } = handover;
    if (!isSignedBy(keys, suite, handoverDigest(handover), signature)) {
      throw new CheckpointsError({ code: "handover/bad-signature", fromEpoch: epoch, suite });
    }
    return { canonical: isCanonicalHandover(context, handover), suite, height, epoch };
  },
};
