import {
  b20,
  b32,
  type Codec,
  choice,
  list,
  struct,
  text,
  u8,
  u16,
  u64,
  u128,
  varBytes,
} from "../codec/codec.ts";

/** 1 the chain's, 2 staking's, 3 governance's own */
export type ParameterSet = 1 | 2 | 3;
export const PARAMETER_SET: {
  readonly chain: 1;
  readonly staking: 2;
  readonly governance: 3;
} = { chain: 1, staking: 2, governance: 3 };

export interface SetParameter {
  readonly set: ParameterSet;
  /** as in the record, e.g. `minSelfStake` */
  readonly name: string;
  readonly value: bigint;
}

/** Every validator's program must know `name` before `height`. */
export interface ScheduleUpgrade {
  readonly name: string;
  readonly height: bigint;
}

/** A strand whose client is frozen or expired, or that was suspended, runs again. */
export interface RecoverClient {
  readonly gateway: Uint8Array;
  /** empty = those on record */
  readonly attestors: readonly Uint8Array[];
  /** 0 if `attestors` is empty */
  readonly threshold: number;
  /** headers above it are forgotten: whoever froze the client may have signed them */
  readonly keptHeight: bigint;
}

export interface UnfreezeBooks {
  readonly assetId: Uint8Array;
  readonly gateway: Uint8Array;
}

export interface LiftQuarantine {
  readonly credentialId: Uint8Array;
  readonly gateway: Uint8Array;
}

export interface OfficeChange {
  readonly office: string;
  readonly account: Uint8Array;
}

const officeChangeCodec: Codec<OfficeChange> = struct<OfficeChange>({
  office: text(32),
  account: b20,
});

export interface ProposalActions {
  "set-parameter": SetParameter;
  "schedule-upgrade": ScheduleUpgrade;
  "recover-client": RecoverClient;
  "unfreeze-books": UnfreezeBooks;
  "lift-quarantine": LiftQuarantine;
  "give-office": OfficeChange;
  "take-office": OfficeChange;
}
export type ProposalKind = keyof ProposalActions;

/** What governance can do. Numbers are never reused. */
export const PROPOSALS: {
  readonly [K in ProposalKind]: {
    readonly type: number;
    readonly codec: Codec<ProposalActions[K]>;
  };
} = {
  "set-parameter": {
    type: 1,
    codec: struct<SetParameter>({
      set: choice<ParameterSet>(1, 2, 3),
      name: text(64),
      value: u128,
    }),
  },
  "schedule-upgrade": {
    type: 2,
    codec: struct<ScheduleUpgrade>({ name: text(64), height: u64 }),
  },
  "recover-client": {
    type: 3,
    codec: struct<RecoverClient>({
      gateway: b32,
      attestors: list(b20, 64),
      threshold: u8,
      keptHeight: u64,
    }),
  },
  "unfreeze-books": {
    type: 4,
    codec: struct<UnfreezeBooks>({ assetId: b32, gateway: b32 }),
  },
  "lift-quarantine": {
    type: 5,
    codec: struct<LiftQuarantine>({ credentialId: b32, gateway: b32 }),
  },
  "give-office": { type: 6, codec: officeChangeCodec },
  "take-office": { type: 7, codec: officeChangeCodec },
};

/** Room for the largest action: 64 attestors. */
export const MAX_ACTION_BYTES = 1_536;

/** By anybody who has the deposit. It comes back unless the proposal is vetoed or too few take part. */
export interface Propose {
  readonly title: string;
  /** of the text that argues for it, kept elsewhere */
  readonly textHash: Uint8Array;
  /** @see PROPOSALS */
  readonly kind: number;
  readonly action: Uint8Array;
}
export const proposeCodec: Codec<Propose> = struct<Propose>({
  title: text(128),
  textHash: b32,
  kind: u8,
  action: varBytes(MAX_ACTION_BYTES, u16),
});

export type VoteOption = 1 | 2 | 3 | 4;
export const VOTE: {
  readonly yes: 1;
  readonly no: 2;
  readonly abstain: 3;
  readonly veto: 4;
} = { yes: 1, no: 2, abstain: 3, veto: 4 };

/** By a validator of the set that ran when the proposal came; the last vote counts. */
export interface CastVote {
  readonly proposalId: bigint;
  readonly option: VoteOption;
}
export const castVoteCodec: Codec<CastVote> = struct<CastVote>({
  proposalId: u64,
  option: choice<VoteOption>(1, 2, 3, 4),
});
