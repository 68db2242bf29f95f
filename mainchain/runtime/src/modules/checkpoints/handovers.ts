import {
  type EpochRecord,
  equalBytes,
  type Handover,
  type HandoverRecord,
  handoverDigest,
  handoverRecordCodec,
  type ParametersRecord,
  PROTOCOL_VERSION,
  quorum,
  type SignHandover,
  type Suite,
  signerSetHash,
  stateKey,
} from "@ropenet/protocol";
import { bridgeKeysOf } from "../../epochs.ts";
import {
  type Context,
  readRecord,
  type StateView,
  type TransactionContext,
  writeRecord,
} from "../../module.ts";
import type { Handovers } from "../../slices.ts";
import { CheckpointsError } from "./errors.ts";
import {
  collectUnder,
  isSignedBy,
  keysOf,
  requestCheckpoint,
  SUITES,
  signatureCodec,
  signerSet,
} from "./keeper.ts";

export function readHandover(
  state: StateView,
  suite: Suite,
  fromEpoch: bigint,
): HandoverRecord | undefined {
  return readRecord(state, stateKey.handover(suite, fromEpoch), handoverRecordCodec);
}

/** Signatures of a handover so far. */
export function collectHandover(
  state: StateView,
  parameters: ParametersRecord,
  { suite, fromEpoch }: Pick<Handover, "suite" | "fromEpoch">,
): ReturnType<typeof collectUnder> {
  return collectUnder(state, parameters, suite as Suite, keysOf(state, fromEpoch), (validator) =>
    stateKey.handoverSignature(suite, fromEpoch, validator),
  );
}

/** One statement per epoch and suite, and never another: two of them would be two successors. */
function announce(context: Context, current: EpochRecord, next: EpochRecord): void {
  const { state, parameters, height, timeMs } = context;
  for (const suite of SUITES) {
    const handover: Handover = {
      version: PROTOCOL_VERSION,
      suite,
      ropeChainId: parameters.chainId,
      fromEpoch: current.epoch,
      toEpoch: next.epoch,
      nextSetHash: signerSetHash(signerSet(bridgeKeysOf(next), parameters, suite)),
      height,
      timeMs,
    };
    const key = stateKey.handover(suite, current.epoch);
    if (state.get(key)) throw new Error(`epoch ${current.epoch} hands over twice`);
    writeRecord(state, key, handoverRecordCodec, { handover, complete: false });
  }
}

export const handovers: Handovers = {
  announce,
  areComplete: ({ state }, fromEpoch) =>
    SUITES.every((suite) => readHandover(state, suite, fromEpoch)?.complete === true),
  started: ({ state }) => {
    requestCheckpoint(state);
  },
  forget({ state }, { epoch, members }): void {
    for (const suite of SUITES) {
      state.delete(stateKey.handover(suite, epoch));
      for (const { validator } of members)
        state.delete(stateKey.handoverSignature(suite, epoch, validator));
    }
  },
};

/** One signature of the outgoing set; with more than 2/3 of its power the handover of that suite is complete. */
export function signHandover(context: TransactionContext, body: SignHandover): void {
  const { state, sender, parameters } = context;
  const { fromEpoch, signature } = body;
  const suite = SUITES.find((known) => known === body.suite);
  const stored = suite && readHandover(state, suite, fromEpoch);
  if (!suite || !stored)
    throw new CheckpointsError({ code: "handover/unknown", suite: body.suite, fromEpoch });
  const keys = keysOf(state, fromEpoch).validators.find(({ validator }) =>
    equalBytes(validator, sender),
  );
  if (!keys) throw new CheckpointsError({ code: "checkpoint/not-a-validator", account: sender });
  const key = stateKey.handoverSignature(suite, fromEpoch, sender);
  if (state.get(key))
    throw new CheckpointsError({ code: "handover/already-signed", fromEpoch, suite });
  if (!isSignedBy(keys, suite, handoverDigest(stored.handover), signature)) {
    throw new CheckpointsError({ code: "handover/bad-signature", fromEpoch, suite });
  }
  writeRecord(state, key, signatureCodec, signature);
  if (stored.complete) return;
  const { power, total } = collectHandover(state, parameters, stored.handover);
  if (power < quorum(total)) return;
  writeRecord(state, stateKey.handover(suite, fromEpoch), handoverRecordCodec, {
    ...stored,
    complete: true,
  });
  context.emit("checkpoints.handover-complete", {
    suite: String(suite),
    fromEpoch: String(fromEpoch),
  });
}
