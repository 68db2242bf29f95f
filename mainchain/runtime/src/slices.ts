import type {
  Acknowledgement,
  AssetRecord,
  BridgeKeys,
  ChainRecord,
  ControlSubject,
  EpochRecord,
  HaltRecord,
  HoldRecord,
  OutboxSummary,
  Packet,
  ProofAnchor,
  RecoverClient,
  RepresentationRecord,
  StakingParametersRecord,
  StatementKind,
  Suite,
  TrieNodes,
  ValidatorRecord,
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
  /**
   * Of a chain that is active or suspended: what happened there stays provable.
   * @throws CodedError `chain/unknown`, `chain/not-open`, `client/…`, `proof/…`; charges for the proof first
   */
  open(context: TransactionContext, anchor: ProofAnchor): ProvenStorage;
}

/** Owned by chains. */
export interface ChainDirectory {
  find(context: Context, gateway: Uint8Array): ChainRecord | undefined;
  /** @throws CodedError `chain/unknown`, `chain/not-active` */
  assertActive(context: Context, gateway: Uint8Array): ChainRecord;
  ropeGateway(context: Context): Uint8Array;
  /** those that were ever approved, in that order */
  listAdmitted(context: Context): readonly ChainRecord[];
  /** newest proven height of a strand (0 = none yet); the rope's own is the running one */
  latestHeight(context: Context, gateway: Uint8Array): bigint;
}

/** Owned by identity. */
export interface Offices {
  holds(context: Context, office: string, account: Uint8Array): boolean;
  /** @throws CodedError `identity/not-in-office` */
  assertOffice(context: TransactionContext, office: string): void;
  /** @throws CodedError `identity/not-a-member`, `identity/member-suspended` */
  assertMember(context: Context, account: Uint8Array): void;
}

/** Owned by identity: what governance changes. */
export interface OfficeRoll {
  /** @throws CodedError `identity/unknown-office`, `identity/in-office` */
  give(context: Context, office: string, account: Uint8Array): void;
  /** @throws CodedError `identity/not-in-office` */
  take(context: Context, office: string, account: Uint8Array): void;
}

/** Owned by chains. */
export interface ClientRecovery {
  /** Checks all before it writes. @throws CodedError `chain/…`, `client/…`, `attestation/…` */
  recover(context: Context, recovery: RecoverClient): void;
}

/** Owned by transfers. */
export interface FrozenBooks {
  /** @throws CodedError `transfers/not-frozen` */
  unfreeze(context: Context, assetId: Uint8Array, gateway: Uint8Array): void;
}

/** Owned by data credential. */
export interface Quarantines {
  /** @throws CodedError `credential/…` */
  lift(context: Context, credentialId: Uint8Array, gateway: Uint8Array): void;
}

/** Owned by staking. */
export interface StakingRules {
  /** @throws CodedError `staking/bad-parameters` if the whole would break its rules */
  change(context: Context, parameters: StakingParametersRecord): void;
}

/** Owned by staking: coins that are no more. */
export interface Supply {
  burn(context: Context, amount: bigint): void;
}

/** Owned by asset: the answer of a halt on the strands themselves. */
export interface AssetFreezer {
  /** Tells every gateway that has the asset, over the control lane. */
  setFrozen(context: Context, assetId: Uint8Array, frozen: boolean): void;
}

/** Owned by control: what is halted now. */
export interface Halts {
  find(context: Context, kind: ControlSubject, subject: Uint8Array): HaltRecord | undefined;
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
  /** The rope as the first strand: a leg-1 packet of its own, with its PENDING receipt. Returns it with its hash. */
  originate(
    context: Context,
    packet: {
      readonly kind: number;
      readonly lane: number;
      readonly sender: Uint8Array;
      readonly recipient: Uint8Array;
      readonly timeoutMs: bigint;
      readonly gasLimit: number;
      readonly payload: Uint8Array;
    },
  ): { readonly packet: Packet; readonly packetHash: Uint8Array };
  /** Replaces the PENDING receipt of a leg-1 packet by its terminal one and puts the acknowledgement in the outbox of the strand that sent it. */
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
  acknowledge(context: TransactionContext, answer: PacketAnswer): void;
}

export interface PacketAnswer {
  /** as it was sent */
  readonly transferId: Uint8Array;
  readonly chain: ChainRecord;
  readonly acknowledgement: Acknowledgement;
  /** height of the strand at which the receipt was proven: it happened there or before */
  readonly provenHeight: bigint;
}

export type ReceiveOutcome =
  /** receipt stays PENDING, finished later */
  | { readonly kind: "pending" }
  /** terminal now */
  | { readonly kind: "ended"; readonly status: number; readonly failure: number }
  /** nothing at all is written: it may be brought again when what is in flight to its strand is answered */
  | { readonly kind: "early" }
  /** no receipt at all: (asset, strand) is frozen and alerted */
  | { readonly kind: "quarantined" };

/** Owned by asset. */
export interface AssetDirectory {
  find(context: Context, assetId: Uint8Array): AssetRecord | undefined;
  /** How an asset exists on a gateway; undefined = not at all. */
  representation(
    context: Context,
    assetId: Uint8Array,
    gateway: Uint8Array,
  ): RepresentationRecord | undefined;
}

/** Owned by asset: what rope accounts hold, and where unique assets are. */
export interface Holdings {
  /** @throws CodedError `asset/insufficient`, `asset/not-holder`, `asset/encumbered` */
  debit(
    context: Context,
    asset: AssetRecord,
    tokenId: Uint8Array,
    account: Uint8Array,
    amount: bigint,
  ): void;
  /** For a unique asset, `settleTitle` at the rope must follow or precede in the same step. */
  credit(context: Context, asset: AssetRecord, account: Uint8Array, amount: bigint): void;
  /** Where a unique asset is: at its origin until it has moved; zero location while under way, towards a strand. */
  placeOf(
    context: Context,
    asset: AssetRecord,
    tokenId: Uint8Array,
  ): { readonly location: Uint8Array; readonly towards: Uint8Array };
  /**
   * Under way: nowhere, and what was known of its liens no longer holds. `towards` = the strand to which leg 2 is
   * out, zero while it waits.
   */
  departTitle(context: Context, asset: AssetRecord, tokenId: Uint8Array, towards: Uint8Array): void;
  /**
   * `holder` = rope account if it arrives there, otherwise 20 zero bytes; `height` of the gateway, before which a
   * proof of a lien may tell of an earlier stay
   */
  settleTitle(
    context: Context,
    asset: AssetRecord,
    tokenId: Uint8Array,
    place: {
      readonly gateway: Uint8Array;
      readonly holder: Uint8Array;
      readonly height: bigint;
    },
  ): void;
}

/** Owned by transfers. */
export interface BooksOpener {
  /** Empty books, so that a regulator who walks the asset index finds a record for each. */
  open(context: Context, assetId: Uint8Array): void;
}

/** Owned by accounts: native coins. */
export interface Coins {
  /** @throws CodedError `accounts/insufficient` */
  take(context: Context, account: Uint8Array, amount: bigint): void;
  give(context: Context, account: Uint8Array, amount: bigint): void;
}

/** Owned by distribution; staking calls it *before* it changes what rewards are divided by. */
export interface Rewards {
  open(context: Context, validator: Uint8Array): void;
  /** Credits what has accrued, under the record's shares and commission as they are. */
  settle(context: Context, validator: ValidatorRecord): void;
  /** Power for which it is rewarded from now on. */
  setPower(context: Context, validator: ValidatorRecord, power: bigint): void;
  /** Pays a delegator with `shares` what it has earned, and returns it. */
  payDelegator(
    context: Context,
    validator: ValidatorRecord,
    delegator: Uint8Array,
    shares: bigint,
  ): bigint;
  payCommission(context: Context, validator: ValidatorRecord): bigint;
}

/** Owned by staking. */
export interface Penalties {
  find(context: Context, validator: Uint8Array): ValidatorRecord | undefined;
  /**
   * Burns a part of what was bonded at the offence: of what has left since and is unbonding, and of what is left.
   * Returns what was burnt.
   */
  slash(
    context: Context,
    validator: Uint8Array,
    offence: {
      readonly height: bigint;
      /** the epoch in whose name it was committed, where that is not the height's */
      readonly epoch?: bigint;
      readonly basisPoints: number;
    },
  ): bigint;
  /** Out of the next set, and without rewards from now on. */
  jail(context: Context, validator: Uint8Array, untilMs: bigint): void;
  tombstone(context: Context, validator: Uint8Array): void;
}

/** Owned by checkpoints: what the signers of an epoch owe the next one. */
export interface Handovers {
  announce(context: Context, current: EpochRecord, next: EpochRecord): void;
  /** for every suite */
  areComplete(context: Context, fromEpoch: bigint): boolean;
  /** The epoch has changed: gateways should hear of it soon. */
  started(context: Context): void;
  /** Nobody can follow from this epoch any more. */
  forget(context: Context, epoch: EpochRecord): void;
}

/** Owned by checkpoints: what the chain itself has said to gateways. */
export interface Statements {
  /** @throws CodedError `checkpoint/malformed`, `checkpoint/bad-signature`, `checkpoint/forgotten` */
  judge(
    context: Context,
    signed: {
      readonly kind: StatementKind;
      readonly statement: Uint8Array;
      readonly signature: Uint8Array;
      readonly keys: Pick<BridgeKeys, "ethereumAddress" | "sm2PublicKey">;
    },
  ): {
    readonly canonical: boolean;
    readonly suite: Suite;
    readonly height: bigint;
    readonly epoch: bigint;
  };
}

/** Owned by slashing: who signed a checkpoint in every suite while there was time, and who did not. */
export interface CheckpointAttendance {
  note(
    context: Context,
    attendance: { readonly signed: readonly Uint8Array[]; readonly missed: readonly Uint8Array[] },
  ): void;
}
