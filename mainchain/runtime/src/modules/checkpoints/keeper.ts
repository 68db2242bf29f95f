import {
  accountToB32,
  type BridgeKeys,
  type BridgeKeysRecord,
  type Checkpoint,
  type Codec,
  canonicalDigestRecordCodec,
  checkpointCodec,
  checkpointDigest,
  decodeOwn,
  encode,
  equalBytes,
  type LatestCheckpointRecord,
  latestCheckpointRecordCodec,
  outboxesTree,
  type ParametersRecord,
  PROTOCOL_VERSION,
  quorum,
  type SignCheckpoint,
  type SignerSet,
  SUITE_KECCAK,
  SUITE_SM,
  type Suite,
  secp256k1,
  sm2,
  sm3,
  sortSigners,
  stateKey,
  varBytes,
} from "@ropenet/protocol";
import { readBridgeKeys } from "../../bridge-keys.ts";
import { bridgeKeysOf, readEpoch } from "../../epochs.ts";
import {
  type Context,
  readRecord,
  type StateView,
  type TransactionContext,
  writeRecord,
} from "../../module.ts";
import type { PacketOutlet } from "../../slices.ts";

import { CheckpointsError } from "./errors.ts";

export const SUITES: readonly Suite[] = [SUITE_KECCAK, SUITE_SM];

export const signatureCodec: Codec<Uint8Array> = varBytes(65);
/** Signatures older than this many checkpoints are of no use to anybody: gateways only go forward. */
const KEPT_CHECKPOINTS = 256;

export function latestOf(state: StateView, suite: Suite): LatestCheckpointRecord {
  return (
    readRecord(state, stateKey.latestCheckpoint(suite), latestCheckpointRecordCodec) ?? {
      dueHeight: 0n,
      dueTimeMs: 0n,
      completeHeight: 0n,
    }
  );
}

/** The one statement about `height` that validators sign for a suite. */
export function canonicalCheckpoint(
  context: Context,
  outlet: PacketOutlet,
  suite: Suite,
  at: { readonly height: bigint; readonly timeMs: bigint; readonly stateRoot: Uint8Array },
): Checkpoint {
  return {
    version: PROTOCOL_VERSION,
    suite,
    ropeChainId: context.parameters.chainId,
    epoch: readBridgeKeys(context.state).epoch,
    ...at,
    outboxesRoot: outboxesTree(suite, outlet.summaries(context, suite)).root,
  };
}

/** The keys that sign for an epoch; of the running one if none is named. */
export function keysOf(state: StateView, epoch?: bigint): BridgeKeysRecord {
  const running = readBridgeKeys(state);
  if (epoch === undefined || epoch === running.epoch) return running;
  const record = readEpoch(state, epoch);
  return record ? bridgeKeysOf(record) : { epoch, validators: [] };
}

/** The set whose signatures gateways of a suite accept in an epoch. */
export function signerSet(
  { epoch, validators }: BridgeKeysRecord,
  parameters: ParametersRecord,
  suite: Suite,
): SignerSet {
  return {
    ropeChainId: parameters.chainId,
    suite,
    epoch,
    signers: sortSigners(
      validators.map((keys) => ({ key: signerKey(suite, keys), power: keys.power })),
    ),
  };
}

export function signerKey(suite: Suite, keys: BridgeKeys): Uint8Array {
  return suite === SUITE_KECCAK ? accountToB32(keys.ethereumAddress) : sm3(keys.sm2PublicKey);
}

export function isSignedBy(
  keys: Pick<BridgeKeys, "ethereumAddress" | "sm2PublicKey">,
  suite: Suite,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (suite === SUITE_KECCAK) {
    const signer = secp256k1.recoverAddress(digest, signature);
    return signer !== undefined && equalBytes(signer, keys.ethereumAddress);
  }
  return signature.length === 64 && sm2.verify(signature, digest, keys.sm2PublicKey);
}

/** At the start of h + 1: what was due at h becomes the canonical record, now that its state root is known. */
export function formCheckpoint(context: Context, outlet: PacketOutlet, suite: Suite): boolean {
  const { state, height, timeMs } = context;
  const latest = latestOf(state, suite);
  if (latest.dueHeight === 0n || latest.dueHeight !== height - 1n) return false;
  const checkpoint = canonicalCheckpoint(context, outlet, suite, {
    height: latest.dueHeight,
    timeMs: latest.dueTimeMs,
    stateRoot: context.previousStateRoot,
  });
  state.set(stateKey.checkpoint(suite, latest.dueHeight), encode(checkpointCodec, checkpoint));
  const digest = checkpointDigest(checkpoint);
  const key = stateKey.canonicalDigest(suite, latest.dueHeight);
  writeRecord(state, key, canonicalDigestRecordCodec, { digest, timeMs });
  return true;
}

/** Checkpoints of a suite that are kept, oldest first. */
export function keptCheckpoints(state: StateView, suite: Suite): readonly Checkpoint[] {
  const top = (1n << 64n) - 1n;
  const from = stateKey.checkpoint(suite, 0n);
  return state
    .range(from, stateKey.checkpoint(suite, top), KEPT_CHECKPOINTS + 1)
    .map(([, value]) => decodeOwn(checkpointCodec, value));
}

export function dropOldest(state: StateView, suite: Suite, kept: readonly Checkpoint[]): void {
  const [oldest] = kept;
  if (!oldest || kept.length <= KEPT_CHECKPOINTS) return;
  const { height, epoch } = oldest;
  state.delete(stateKey.checkpoint(suite, height));
  for (const { validator } of keysOf(state, epoch).validators) {
    state.delete(stateKey.checkpointSignature(suite, height, validator));
  }
}

/** Marks the running block's height as due for both suites. */
/** Whether somebody waits for a checkpoint that is not due yet. */
export function isRequested(state: StateView): boolean {
  return state.get(stateKey.checkpointRequest()) !== undefined;
}

export function requestCheckpoint(state: StateView): void {
  if (!isRequested(state)) state.set(stateKey.checkpointRequest(), Uint8Array.of(1));
}

export function markDue(context: Context): void {
  for (const suite of SUITES) {
    writeRecord(context.state, stateKey.latestCheckpoint(suite), latestCheckpointRecordCodec, {
      ...latestOf(context.state, suite),
      dueHeight: context.height,
      dueTimeMs: context.timeMs,
    });
  }
}

export interface CollectedSignature {
  readonly index: number;
  readonly signature: Uint8Array;
}

/** The signatures among `keys` that lie under `keyOf`, by the signer's place in the set, ascending. */
export function collectUnder(
  state: StateView,
  parameters: ParametersRecord,
  suite: Suite,
  keys: BridgeKeysRecord,
  keyOf: (validator: Uint8Array) => Uint8Array,
): {
  readonly signatures: readonly CollectedSignature[];
  readonly power: bigint;
  readonly total: bigint;
} {
  const { signers } = signerSet(keys, parameters, suite);
  const signatures: CollectedSignature[] = [];
  let power = 0n;
  let total = 0n;
  for (const own of keys.validators) {
    total += own.power;
    const signature = readRecord(state, keyOf(own.validator), signatureCodec);
    if (!signature) continue;
    power += own.power;
    const index = signers.findIndex(({ key }) => equalBytes(key, signerKey(suite, own)));
    signatures.push({ index, signature });
  }
  return {
    signatures: signatures.toSorted((left, right) => left.index - right.index),
    power,
    total,
  };
}

/** Signatures of a checkpoint so far. */
export function collectSignatures(
  state: StateView,
  parameters: ParametersRecord,
  { suite, height, epoch }: Pick<Checkpoint, "suite" | "height" | "epoch">,
): ReturnType<typeof collectUnder> {
  return collectUnder(state, parameters, suite as Suite, keysOf(state, epoch), (validator) =>
    stateKey.checkpointSignature(suite, height, validator),
  );
}

/** One validator's signature; with more than 2/3 of the power the checkpoint is complete. */
export function signCheckpoint(context: TransactionContext, body: SignCheckpoint): void {
  const { state, sender, parameters } = context;
  const { height, signature } = body;
  const suite = SUITES.find((known) => known === body.suite);
  const stored = suite && readRecord(state, stateKey.checkpoint(suite, height), checkpointCodec);
  if (!suite || !stored)
    throw new CheckpointsError({ code: "checkpoint/unknown", suite: body.suite, height });
  const keys = keysOf(state, stored.epoch).validators.find(({ validator }) =>
    equalBytes(validator, sender),
  );
  if (!keys) throw new CheckpointsError({ code: "checkpoint/not-a-validator", account: sender });
  const key = stateKey.checkpointSignature(suite, height, sender);
  if (state.get(key))
    throw new CheckpointsError({ code: "checkpoint/already-signed", height, suite });
  if (!isSignedBy(keys, suite, checkpointDigest(stored), signature)) {
    throw new CheckpointsError({ code: "checkpoint/bad-signature", height, suite });
  }
  writeRecord(state, key, signatureCodec, signature);
  const { power, total } = collectSignatures(state, parameters, stored);
  const latest = latestOf(state, suite);
  if (power >= quorum(total) && height > latest.completeHeight) {
    writeRecord(state, stateKey.latestCheckpoint(suite), latestCheckpointRecordCodec, {
      ...latest,
      completeHeight: height,
    });
    context.emit("checkpoints.complete", { suite: String(suite), height: String(height) });
  }
}
