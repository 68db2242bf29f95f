import {
  accountToB32,
  type BridgeKeys,
  type Checkpoint,
  checkpointCodec,
  checkpointDigest,
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

const signatureCodec = varBytes(65);
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

/** The set whose signatures gateways of a suite accept. */
export function signerSet(state: StateView, parameters: ParametersRecord, suite: Suite): SignerSet {
  const { epoch, validators } = readBridgeKeys(state);
  return {
    ropeChainId: parameters.chainId,
    suite,
    epoch,
    signers: sortSigners(
      validators.map((keys) => ({ key: signerKey(suite, keys), power: keys.power })),
    ),
  };
}

function signerKey(suite: Suite, keys: BridgeKeys): Uint8Array {
  return suite === SUITE_KECCAK ? accountToB32(keys.ethereumAddress) : sm3(keys.sm2PublicKey);
}

function isSignedBy(
  keys: BridgeKeys,
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
export function formCheckpoint(context: Context, outlet: PacketOutlet, suite: Suite): void {
  const { state, height } = context;
  const latest = latestOf(state, suite);
  if (latest.dueHeight === 0n || latest.dueHeight !== height - 1n) return;
  const checkpoint = canonicalCheckpoint(context, outlet, suite, {
    height: latest.dueHeight,
    timeMs: latest.dueTimeMs,
    stateRoot: context.previousStateRoot,
  });
  state.set(stateKey.checkpoint(suite, latest.dueHeight), encode(checkpointCodec, checkpoint));
  dropOldest(state, suite);
}

function dropOldest(state: StateView, suite: Suite): void {
  const top = (1n << 64n) - 1n;
  const kept = state.range(
    stateKey.checkpoint(suite, 0n),
    stateKey.checkpoint(suite, top),
    KEPT_CHECKPOINTS + 1,
  );
  const [oldest] = kept;
  if (!oldest || kept.length <= KEPT_CHECKPOINTS) return;
  const height = new DataView(oldest[0].slice(-8).buffer).getBigUint64(0);
  state.delete(oldest[0]);
  for (const { validator } of readBridgeKeys(state).validators) {
    state.delete(stateKey.checkpointSignature(suite, height, validator));
  }
}

/** Marks the running block's height as due for both suites. */
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

/** Signatures so far, by the signer's place in the set, ascending. */
export function collectSignatures(
  state: StateView,
  parameters: ParametersRecord,
  suite: Suite,
  height: bigint,
): {
  readonly signatures: readonly CollectedSignature[];
  readonly power: bigint;
  readonly total: bigint;
} {
  const { signers } = signerSet(state, parameters, suite);
  const signatures: CollectedSignature[] = [];
  let power = 0n;
  let total = 0n;
  for (const keys of readBridgeKeys(state).validators) {
    total += keys.power;
    const signature = readRecord(
      state,
      stateKey.checkpointSignature(suite, height, keys.validator),
      signatureCodec,
    );
    if (!signature) continue;
    power += keys.power;
    const index = signers.findIndex(({ key }) => equalBytes(key, signerKey(suite, keys)));
    signatures.push({ index, signature });
  }
  return {
    signatures: signatures.toSorted((left, right) => left.index - right.index),
    power,
    total,
  };
}

/** One validator's signature; with more than 2/3 of the power the checkpoint is complete. */
export function signCheckpoint(context: TransactionContext, body: SignCheckpoint): void {
  const { state, sender, parameters } = context;
  const { height, signature } = body;
  const suite = SUITES.find((known) => known === body.suite);
  const stored = suite && readRecord(state, stateKey.checkpoint(suite, height), checkpointCodec);
  if (!suite || !stored)
    throw new CheckpointsError({ code: "checkpoint/unknown", suite: body.suite, height });
  const keys = readBridgeKeys(state).validators.find(({ validator }) =>
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
  const { power, total } = collectSignatures(state, parameters, suite, height);
  const latest = latestOf(state, suite);
  if (power >= quorum(total) && height > latest.completeHeight) {
    writeRecord(state, stateKey.latestCheckpoint(suite), latestCheckpointRecordCodec, {
      ...latest,
      completeHeight: height,
    });
    context.emit("checkpoints.complete", { suite: String(suite), height: String(height) });
  }
}
