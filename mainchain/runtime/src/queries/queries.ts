import {
  type AccountRecord,
  accountRecordCodec,
  type Checkpoint,
  CodedError,
  chainRecordCodec,
  checkpointCodec,
  checkpointDigest,
  decodeOwn,
  equalBytes,
  type Handover,
  handoverDigest,
  type KeyValueReader,
  type OutboxProof,
  outboxEntryRecordCodec,
  outboxesTree,
  outboxRecordCodec,
  parametersRecordCodec,
  type SignerSet,
  type Suite,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { readBridgeKeys } from "../bridge-keys.ts";
import { type Context, readRecord, type StateView } from "../module.ts";
import { isAdmitted } from "../modules/chains/admitted.ts";
import { collectHandover, readHandover } from "../modules/checkpoints/handovers.ts";
import {
  type CollectedSignature,
  canonicalCheckpoint,
  collectSignatures,
  keysOf,
  latestOf,
  SUITES,
  signerSet,
} from "../modules/checkpoints/keeper.ts";
import { emptyOutbox, outboxSiblings } from "../modules/packets/outbox.ts";
import { findValidator } from "../modules/staking/records.ts";
import type { ChainDirectory, PacketOutlet } from "../slices.ts";
import { createBlockState } from "../state/block-state.ts";
import { indexKey } from "../state/key-space.ts";
import { proveAt, readHead } from "../state/state-store.ts";

export type QueryErrorInfo =
  | { readonly code: "query/no-genesis" }
  | { readonly code: "query/unknown-gateway"; readonly gateway: Uint8Array }
  | { readonly code: "query/unknown-leaf"; readonly index: bigint; readonly count: bigint }
  | {
      readonly code: "query/unknown-checkpoint";
      readonly suite: number;
      readonly height: bigint;
    }
  | { readonly code: "query/unknown-handover"; readonly suite: number; readonly fromEpoch: bigint };

export class QueryError extends CodedError<QueryErrorInfo> {}

/** A checkpoint with the signatures that are on chain; complete once they carry more than 2/3 of the power. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly signerSet: SignerSet;
  readonly signatures: readonly CollectedSignature[];
}

/** What a validator owes its signature to. */
export interface CheckpointToSign {
  readonly suite: Suite;
  readonly height: bigint;
  readonly digest: Uint8Array;
}

/** A handover with the signatures that are on chain; gateways take it once it is complete. */
export interface SignedHandover {
  readonly handover: Handover;
  readonly complete: boolean;
  readonly currentSet: SignerSet;
  readonly nextSet: SignerSet;
  readonly signatures: readonly CollectedSignature[];
}

/** What a validator of an epoch that ends owes its signature to. */
export interface HandoverToSign {
  readonly suite: Suite;
  readonly fromEpoch: bigint;
  readonly digest: Uint8Array;
}

/** Reads of the committed state that need more than one key; proofs of single keys come from `Application.prove`. */
export interface Queries {
  account(address: Uint8Array): AccountRecord;
  /** entries with `from` ≤ key < `to`, ascending */
  range(
    from: Uint8Array,
    to: Uint8Array,
    limit: number,
  ): readonly (readonly [Uint8Array, Uint8Array])[];
  /**
   * The path of leaf `index` of a gateway's outbox under the checkpoint of `checkpointHeight`.
   * @throws {QueryError} `query/unknown-gateway`, `query/unknown-leaf`; {CodedError} `state/height-…`
   */
  outboxProof(gateway: Uint8Array, index: bigint, checkpointHeight: bigint): OutboxProof;
  /** Without a height: the newest complete one. @throws {QueryError} `query/unknown-checkpoint` */
  checkpoint(suite: Suite, height?: bigint): SignedCheckpoint;
  /** The newest due checkpoint of each suite that `validator` has not signed on chain; empty for others. */
  checkpointsToSign(validator: Uint8Array): readonly CheckpointToSign[];
  /** @throws {QueryError} `query/unknown-handover` */
  handover(suite: Suite, fromEpoch: bigint): SignedHandover;
  /** What the running epoch owes the announced one and `validator` has not signed on chain. */
  handoversToSign(validator: Uint8Array): readonly HandoverToSign[];
  /** Whether `address` is a validator or may become one: peers let it in before it is in a set. */
  isCandidate(address: Uint8Array): boolean;
}

export interface QueryParts {
  readonly reader: KeyValueReader;
  readonly directory: ChainDirectory;
  readonly outlet: PacketOutlet;
}

class CommittedQueries implements Queries {
  readonly #parts: QueryParts;

  constructor(parts: QueryParts) {
    this.#parts = parts;
  }

  account(address: Uint8Array): AccountRecord {
    return (
      readRecord(this.#state(), stateKey.account(address), accountRecordCodec) ?? {
        nonce: 0n,
        balance: 0n,
      }
    );
  }

  range(
    from: Uint8Array,
    to: Uint8Array,
    limit: number,
  ): readonly (readonly [Uint8Array, Uint8Array])[] {
    return this.#state().range(from, to, limit);
  }

  outboxProof(gateway: Uint8Array, index: bigint, checkpointHeight: bigint): OutboxProof {
    const { reader } = this.#parts;
    const context = this.#context();
    const chain = readRecord(context.state, stateKey.chain(gateway), chainRecordCodec);
    if (!chain) throw new QueryError({ code: "query/unknown-gateway", gateway });
    const suite = chain.suite as Suite;
    const entry = readRecord(
      context.state,
      stateKey.outboxEntry(gateway, index),
      outboxEntryRecordCodec,
    );
    const summaries = this.#parts.directory
      .listAdmitted(context)
      .filter((one) => one.suite === suite)
      .flatMap((one) => {
        // A chain that was approved later has no leaf in this checkpoint.
        const { value: then } = proveAt(reader, stateKey.chain(one.gateway), checkpointHeight);
        if (!(then && isAdmitted(decodeOwn(chainRecordCodec, then)))) return [];
        const { value } = proveAt(reader, stateKey.outbox(one.gateway), checkpointHeight);
        const { count, root } = value ? decodeOwn(outboxRecordCodec, value) : emptyOutbox(suite);
        return [{ gatewayUid: one.gateway, count, root }];
      });
    const count = summaries.find(({ gatewayUid }) => equalBytes(gatewayUid, gateway))?.count ?? 0n;
    if (!entry || index >= count) {
      throw new QueryError({ code: "query/unknown-leaf", index, count });
    }
    const tree = outboxesTree(suite, summaries);
    const outboxesIndex = tree.sorted.findIndex(({ gatewayUid }) =>
      equalBytes(gatewayUid, gateway),
    );
    return {
      leafIndex: index,
      leafType: entry.leafType,
      siblings: outboxSiblings((key) => reader.get(indexKey(key)), gateway, suite, index, count),
      outboxCount: count,
      outboxesIndex,
      outboxesCount: tree.sorted.length,
      outboxesSiblings: tree.path(outboxesIndex),
      checkpointHeight,
    };
  }

  checkpoint(suite: Suite, height?: bigint): SignedCheckpoint {
    const { state, parameters } = this.#context();
    const at = height ?? latestOf(state, suite).completeHeight;
    const checkpoint = readRecord(state, stateKey.checkpoint(suite, at), checkpointCodec);
    if (!checkpoint) throw new QueryError({ code: "query/unknown-checkpoint", suite, height: at });
    return {
      checkpoint,
      signerSet: signerSet(keysOf(state, checkpoint.epoch), parameters, suite),
      signatures: collectSignatures(state, parameters, checkpoint).signatures,
    };
  }

  checkpointsToSign(validator: Uint8Array): readonly CheckpointToSign[] {
    const context = this.#context();
    const { state } = context;
    const known = readBridgeKeys(state).validators.some((keys) =>
      equalBytes(keys.validator, validator),
    );
    if (!known) return [];
    return SUITES.flatMap((suite) => {
      const { dueHeight, dueTimeMs } = latestOf(state, suite);
      if (dueHeight === 0n) return [];
      if (state.get(stateKey.checkpointSignature(suite, dueHeight, validator))) return [];
      // Its record comes with the next block; what it will say is known now.
      const checkpoint =
        dueHeight === context.height
          ? canonicalCheckpoint(context, this.#parts.outlet, suite, {
              height: dueHeight,
              timeMs: dueTimeMs,
              stateRoot: context.stateRoot,
            })
          : readRecord(state, stateKey.checkpoint(suite, dueHeight), checkpointCodec);
      if (!checkpoint) return [];
      const signs = keysOf(state, checkpoint.epoch).validators.some((keys) =>
        equalBytes(keys.validator, validator),
      );
      return signs ? [{ suite, height: dueHeight, digest: checkpointDigest(checkpoint) }] : [];
    });
  }

  handover(suite: Suite, fromEpoch: bigint): SignedHandover {
    const { state, parameters } = this.#context();
    const stored = readHandover(state, suite, fromEpoch);
    if (!stored) throw new QueryError({ code: "query/unknown-handover", suite, fromEpoch });
    const { handover, complete } = stored;
    return {
      handover,
      complete,
      currentSet: signerSet(keysOf(state, handover.fromEpoch), parameters, suite),
      nextSet: signerSet(keysOf(state, handover.toEpoch), parameters, suite),
      signatures: collectHandover(state, parameters, handover).signatures,
    };
  }

  handoversToSign(validator: Uint8Array): readonly HandoverToSign[] {
    const state = this.#state();
    const { epoch: fromEpoch, validators } = readBridgeKeys(state);
    if (!validators.some((keys) => equalBytes(keys.validator, validator))) return [];
    return SUITES.flatMap((suite) => {
      const stored = readHandover(state, suite, fromEpoch);
      if (!stored || state.get(stateKey.handoverSignature(suite, fromEpoch, validator))) return [];
      return [{ suite, fromEpoch, digest: handoverDigest(stored.handover) }];
    });
  }

  isCandidate(address: Uint8Array): boolean {
    const record = findValidator(this.#state(), address);
    return record !== undefined && !record.tombstoned && !record.revoked;
  }

  #state(): StateView {
    return createBlockState(this.#parts.reader);
  }

  /** The committed state, as modules look at a running block. */
  #context(): Context & { readonly stateRoot: Uint8Array } {
    const head = readHead(this.#parts.reader);
    const state = this.#state();
    const parameters = readRecord(state, stateKey.parameters(), parametersRecordCodec);
    if (!head || !parameters) throw new QueryError({ code: "query/no-genesis" });
    const { height, timeMs, stateRoot } = head;
    return {
      state,
      parameters,
      height,
      timeMs,
      stateRoot,
      previousStateRoot: ZERO_32,
      emit: () => undefined,
    };
  }
}

export function createQueries(parts: QueryParts): Queries {
  return new CommittedQueries(parts);
}
