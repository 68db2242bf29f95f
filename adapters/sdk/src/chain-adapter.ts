import type {
  Acknowledgement,
  OutboxProof,
  Packet,
  ProofAnchor,
  SignerSet,
  Suite,
  TrieNodes,
  UpdateClient,
} from "@ropenet/protocol";

/** Something a gateway committed to and that its counterparty has to hear of. */
export type OutboundEvent =
  | {
      readonly kind: "packet";
      readonly packet: Packet;
      readonly payload: Uint8Array;
      /** height on the chain that emitted it */
      readonly height: bigint;
      /** hex without 0x, for people */
      readonly transactionHash: string;
      /** leaf of the rope's outbox; undefined on strands */
      readonly leafIndex: bigint | undefined;
    }
  | {
      /**
       * Names the packet it answers only by hash: a gateway that must be shown its own packet again
       * (EVM keeps no more than the commitment) has its adapter find it in its own history.
       */
      readonly kind: "acknowledgement";
      readonly acknowledgement: Acknowledgement;
      readonly height: bigint;
      readonly transactionHash: string;
      readonly leafIndex: bigint | undefined;
    };

/** The checkpoint under which leaves of the rope are proven. */
export interface SignedCheckpoint {
  /** protocol encoding, 122 bytes */
  readonly checkpoint: Uint8Array;
  readonly height: bigint;
  readonly set: SignerSet;
  /** index into `set.signers`, ascending */
  readonly signatures: readonly { readonly index: number; readonly signature: Uint8Array }[];
}

/** How the signers of one epoch hand over to those of the next, with more than two thirds of their power. */
export interface SignedHandover {
  /** protocol encoding, 98 bytes */
  readonly handover: Uint8Array;
  readonly fromEpoch: bigint;
  readonly currentSet: SignerSet;
  readonly nextSet: SignerSet;
  /** index into `currentSet.signers`, ascending */
  readonly signatures: readonly { readonly index: number; readonly signature: Uint8Array }[];
}

/**
 * Events of one source with everything that their destination needs to believe them. One without items brings the
 * destination's client of the source on, and nothing else.
 */
export type ProvenBatch =
  | {
      readonly kind: "evm";
      readonly source: Uint8Array;
      /** brings the rope's client to `anchor.height`, unless it is there already */
      readonly update: UpdateClient;
      readonly anchor: ProofAnchor;
      readonly items: readonly { readonly event: OutboundEvent; readonly proof: TrieNodes }[];
    }
  | {
      readonly kind: "rope";
      readonly source: Uint8Array;
      readonly update: SignedCheckpoint;
      readonly items: readonly { readonly event: OutboundEvent; readonly proof: OutboxProof }[];
    };

/** `kept-out`: seen and left undone, see `Standing` */
export type ItemOutcome = "delivered" | "already-delivered" | "kept-out";

/**
 * What a chain makes of an event of its counterparty: `taken` for good; `settling`: taken by its newest state, which
 * may still be reverted; `open`, to be delivered; `kept-out`: left without an answer until people or time change that
 * (a quarantined packet, a packet of a suspended chain).
 */
export type Standing = "open" | "settling" | "taken" | "kept-out";

/** How old a chain's client of its counterparty is. Past its trusting period no relayer can bring it on again. */
export interface ClientAge {
  /** ms since 1970, what its trust counts from */
  readonly updatedAtMs: bigint;
  /** ms since 1970, by the clock that ends its trust */
  readonly nowMs: bigint;
  readonly trustingPeriodMs: bigint;
}

export interface SubmitResult {
  /** one per item of the batch */
  readonly outcomes: readonly ItemOutcome[];
  readonly transactionHashes: readonly string[];
  /** in the destination's smallest coin unit */
  readonly feePaid: bigint;
}

/** A transaction as the chain's own node tells it; for people to look at, never believed. */
export interface SeenTransaction {
  readonly height: bigint;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly from: string;
  readonly to: string | null;
  readonly gasUsed: bigint;
  readonly logs: number;
}

/**
 * One chain as a relayer sees it: the rope, an EVM strand, later Substrate and Fabric strands.
 * Everything is re-readable: `scan` over finalised heights plus the destination's `standings`
 * make a relayer restartable from nothing. docs/adr/0004 holds the table "method × chain kind".
 */
export interface ChainAdapter {
  readonly name: string;
  /** 32 bytes */
  readonly gateway: Uint8Array;
  readonly suite: Suite;

  /** The newest height that cannot be reverted, under the chain's own rule. */
  finalised(signal: AbortSignal): Promise<{ readonly height: bigint; readonly timeMs: bigint }>;

  /**
   * What the gateway emitted for `counterparty` at heights `fromHeight`..`toHeight`, in the chain's order and the same
   * in every scan: all of it, or the first `limit` events. `toHeight` must be finalised.
   */
  scan(
    range: {
      readonly fromHeight: bigint;
      readonly toHeight: bigint;
      readonly counterparty: Uint8Array;
      /** no limit without it */
      readonly limit?: number;
    },
    signal: AbortSignal,
  ): Promise<readonly OutboundEvent[]>;

  /**
   * Proves events at one finalised height that is at or above all of theirs.
   * @throws {AdapterError} `wait-until` while no such height is provable yet (attestations, checkpoint)
   */
  prove(events: readonly OutboundEvent[], signal: AbortSignal): Promise<ProvenBatch>;

  /**
   * The newest provable height, as a batch without items for `counterparty`.
   * @throws {AdapterError} `wait-until` while no height is provable yet
   */
  proveTip(counterparty: Uint8Array, signal: AbortSignal): Promise<ProvenBatch>;

  /** One per event of the counterparty. */
  standings(events: readonly OutboundEvent[], signal: AbortSignal): Promise<readonly Standing[]>;

  /** Updates the client if needed and delivers; the items that were taken before are no error. */
  submit(batch: ProvenBatch, signal: AbortSignal): Promise<SubmitResult>;

  /** Of this chain's client of `counterparty`; undefined while it has none that can be brought on. */
  clientAge(counterparty: Uint8Array, signal: AbortSignal): Promise<ClientAge | undefined>;

  /** On a chain whose signers change, as the rope's do: the epoch that signs now. */
  readonly runningEpoch?: (signal: AbortSignal) => Promise<bigint>;

  /** The complete handovers of such a chain from `fromEpoch` on, one per epoch, ascending, at most 16. */
  readonly handovers?: (
    suite: Suite,
    fromEpoch: bigint,
    signal: AbortSignal,
  ) => Promise<readonly SignedHandover[]>;

  /** On a chain that follows such signers: the epoch whose set it believes. */
  readonly believedEpoch?: (signal: AbortSignal) => Promise<bigint>;

  /** Takes its gateway from set to set; a handover that somebody else brought is no error. Returns those it took. */
  readonly acceptHandovers?: (
    handovers: readonly SignedHandover[],
    signal: AbortSignal,
  ) => Promise<number>;

  /** On strands. @param hash in hex; undefined if the node knows none of that hash */
  readonly transaction?: (
    hash: string,
    signal: AbortSignal,
  ) => Promise<SeenTransaction | undefined>;

  /** The paying account, for people and meters. */
  balance(
    signal: AbortSignal,
  ): Promise<{ readonly account: string; readonly amount: bigint; readonly unit: string }>;

  close(): Promise<void>;
}
