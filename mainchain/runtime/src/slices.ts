import type {
  Acknowledgement,
  AssetPayload,
  ChainRecord,
  CredentialPayload,
  HoldRecord,
  OutboxSummary,
  Packet,
  ProofAnchor,
  Suite,
  TrieNodes,
} from "@ropenet/protocol";
import type { Context, TransactionContext } from "./module.ts";

/** What modules need of each other; each is given its slice in app.ts (ibc-go's expected keepers). */

/** Proven storage of one strand's gateway at one height. */
export interface ProvenStorage {
  readonly chain: ChainRecord;
  readonly height: bigint;
  readonly timeMs: bigint;
  /**
   * The word at a storage position of the gateway (docs/protocol.md §9, EVM slots); zero if proven absent.
   * @throws CodedError `proof/…`
   */
  read(position: Uint8Array, proof: TrieNodes): Uint8Array;
}

/** Owned by chains. */
export interface StrandVerifier {
  /** @throws CodedError `chain/unknown`, `chain/not-active`, `client/…`, `proof/…`; charges for the proof first */
  open(context: TransactionContext, anchor: ProofAnchor): ProvenStorage;
}

/** Owned by chains. */
export interface ChainDirectory {
  find(context: Context, gateway: Uint8Array): ChainRecord | undefined;
  /** @throws CodedError `chain/unknown`, `chain/not-active` */
  assertActive(context: Context, gateway: Uint8Array): ChainRecord;
  ropeGateway(context: Context): Uint8Array;
  list(context: Context): readonly ChainRecord[];
}

/** Owned by identity. */
export interface Offices {
  holds(context: Context, office: string, account: Uint8Array): boolean;
  /** @throws CodedError `identity/not-in-office` */
  assertOffice(context: TransactionContext, office: string): void;
  /** @throws CodedError `identity/not-a-member`, `identity/member-suspended` */
  assertMember(context: Context, account: Uint8Array): void;
}

/** Owned by supervision. */
export interface Holds {
  /** the standing hold that matches any of these subjects now, if there is one */
  match(
    context: Context,
    subjects: {
      readonly transferId: Uint8Array;
      readonly accounts: readonly Uint8Array[];
      readonly assetId: Uint8Array;
      readonly gateways: readonly Uint8Array[];
    },
  ): HoldRecord | undefined;
  find(context: Context, holdId: Uint8Array): HoldRecord | undefined;
}

/** Owned by transfers; supervision calls it when a hold is lifted. */
export interface QueuedTransfers {
  /** @throws CodedError `hold/too-late` if the transfer has been forwarded or has ended */
  assertHoldable(context: Context, transferId: Uint8Array): void;
  releaseHeld(context: Context, holdId: Uint8Array, decision: 1 | 2): void;
}

/** Owned by packets. */
export interface PacketOutlet {
  /** Emits leg 2 (or a rope-born packet) to an active strand and returns it. */
  send(
    context: Context,
    packet: {
      readonly kind: number;
      readonly lane: number;
      readonly destination: ChainRecord;
      readonly transferId: Uint8Array;
      readonly sender: Uint8Array;
      readonly recipient: Uint8Array;
      readonly timeoutMs: bigint;
      readonly gasLimit: number;
      readonly payload: Uint8Array;
    },
  ): Packet;
  /** Replaces the PENDING receipt of a leg-1 packet by its terminal one and puts the acknowledgement in the outbox. */
  finish(
    context: Context,
    leg1: Packet,
    status: number,
    failure: number,
    payee: Uint8Array,
  ): Acknowledgement;
  /** Per gateway of a suite, for the checkpoint. */
  summaries(context: Context, suite: Suite): readonly OutboxSummary[];
}

/** What a packet kind does; transfers (asset) and data credential register one each. */
export interface PacketHandler {
  /** A proven packet of an active strand, first seen, in time. Returns a failure code (0 = taken: the receipt is PENDING until `finish`). Throws only to refuse the transaction (quarantine writes no receipt: return "quarantined"). */
  receive(
    context: TransactionContext,
    arrival: {
      readonly packet: Packet;
      readonly payload: Uint8Array;
      /** hash of the packet under its leg's suite = transfer id */
      readonly packetHash: Uint8Array;
      readonly chain: ChainRecord;
      readonly late: boolean;
    },
  ): ReceiveOutcome;
  /** The terminal receipt of a packet that this handler sent. */
  acknowledge(
    context: TransactionContext,
    transferId: Uint8Array,
    sequence: bigint,
    chain: ChainRecord,
    acknowledgement: Acknowledgement,
  ): void;
}

export type ReceiveOutcome =
  /** receipt stays PENDING, finished later */
  | { readonly kind: "pending" }
  /** terminal now */
  | { readonly kind: "ended"; readonly status: number; readonly failure: number }
  /** no receipt at all: (asset, strand) is frozen and alerted */
  | { readonly kind: "quarantined" };

/** Owned by asset. */
export interface AssetBook {
  isEncumbered(context: Context, assetId: Uint8Array, tokenId: Uint8Array): boolean;
  /** Moves `amount` off an account of the rope. @throws CodedError `asset/insufficient` … */
  debit(
    context: Context,
    assetId: Uint8Array,
    tokenId: Uint8Array,
    account: Uint8Array,
    amount: bigint,
  ): void;
  credit(
    context: Context,
    assetId: Uint8Array,
    tokenId: Uint8Array,
    account: Uint8Array,
    amount: bigint,
  ): void;
  /** Location of a unique asset; zero while under way. */
  locate(context: Context, assetId: Uint8Array, tokenId: Uint8Array, gateway: Uint8Array): void;
}

export type { AssetPayload, CredentialPayload };
