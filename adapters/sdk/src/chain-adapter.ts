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

/** Events of one source with everything that their destination needs to believe them. */
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
 * What a chain makes of an event of its counterparty: `taken` for good; `open`, to be delivered; `kept-out`: proven to
 * it, and left without an answer until people or time change that (a quarantined packet).
 */
export type Standing = "open" | "taken" | "kept-out";

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
   * Everything the gateway emitted for `counterparty` at heights `fromHeight`..`toHeight`, ascending.
   * `toHeight` must be finalised. Events that have been answered already may be left out.
   */
  scan(
    range: {
      readonly fromHeight: bigint;
      readonly toHeight: bigint;
      readonly counterparty: Uint8Array;
    },
    signal: AbortSignal,
  ): Promise<readonly OutboundEvent[]>;

  /**
   * Proves events at one finalised height that is at or above all of theirs.
   * @throws {AdapterError} `wait-until` while no such height is provable yet (attestations, checkpoint)
   */
  prove(events: readonly OutboundEvent[], signal: AbortSignal): Promise<ProvenBatch>;

  /** The newest that can be proven to `counterparty`, with nothing in it: keeps its client of this chain alive. */
  readonly proveNewest?: (counterparty: Uint8Array, signal: AbortSignal) => Promise<ProvenBatch>;

  /** When what this chain believes of `counterparty` was brought, or was made, in ms since 1970; 0 = nothing yet. */
  readonly believedTimeMs?: (counterparty: Uint8Array, signal: AbortSignal) => Promise<bigint>;

  /** One per event of the counterparty, from the newest state. */
  standings(events: readonly OutboundEvent[], signal: AbortSignal): Promise<readonly Standing[]>;

  /** Updates the client if needed and delivers; the items that were taken before are no error. */
  submit(batch: ProvenBatch, signal: AbortSignal): Promise<SubmitResult>;

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
