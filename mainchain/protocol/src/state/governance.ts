import { MAX_VALIDATORS } from "../chain/validator-set.ts";
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
import { MAX_ACTION_BYTES, type VoteOption } from "../messages/governance.ts";

/** What governance itself goes by. Absent = the default of the chain's profile. Source: docs/governance.md. */
export interface GovernanceParametersRecord {
  /** coins */
  readonly deposit: bigint;
  readonly maxOpen: number;
  /** a vote is over when both have passed */
  readonly votingBlocks: bigint;
  readonly votingMs: bigint;
  /** of the whole power: must take part */
  readonly quorumBasisPoints: number;
  /** of yes, no and veto together: yes must be more */
  readonly thresholdBasisPoints: number;
  /** of all votes cast: veto must not be more */
  readonly vetoBasisPoints: number;
  /** between the vote and what adds trust */
  readonly delayMs: bigint;
  /** between the execution of an upgrade's proposal and its height */
  readonly upgradeNoticeBlocks: bigint;
  /** offices that order or lift a halt together */
  readonly haltQuorum: number;
  /** other offices that decide an appeal together */
  readonly appealQuorum: number;
  readonly maxHaltMs: bigint;
  /** an order that has not found its quorum by then is void */
  readonly approvalMs: bigint;
}
export const governanceParametersRecordCodec: Codec<GovernanceParametersRecord> =
  struct<GovernanceParametersRecord>({
    deposit: u128,
    maxOpen: u16,
    votingBlocks: u64,
    votingMs: u64,
    quorumBasisPoints: u16,
    thresholdBasisPoints: u16,
    vetoBasisPoints: u16,
    delayMs: u64,
    upgradeNoticeBlocks: u64,
    haltQuorum: u8,
    appealQuorum: u8,
    maxHaltMs: u64,
    approvalMs: u64,
  });

const MINUTE_MS = 60_000n;
const DAY_MS = 24n * 60n * MINUTE_MS;

export const DEFAULT_GOVERNANCE_PARAMETERS: GovernanceParametersRecord = {
  deposit: 10_000n,
  maxOpen: 16,
  votingBlocks: 1_000n,
  votingMs: 3n * DAY_MS,
  quorumBasisPoints: 6_667,
  thresholdBasisPoints: 6_667,
  vetoBasisPoints: 3_333,
  delayMs: 2n * DAY_MS,
  upgradeNoticeBlocks: 1_000n,
  haltQuorum: 3,
  appealQuorum: 2,
  maxHaltMs: 7n * DAY_MS,
  approvalMs: DAY_MS,
};

/** Short enough to be seen from proposal to execution in a sitting. */
export const DEVELOPMENT_GOVERNANCE_PARAMETERS: GovernanceParametersRecord = {
  ...DEFAULT_GOVERNANCE_PARAMETERS,
  deposit: 1_000n,
  votingBlocks: 5n,
  votingMs: 10_000n,
  delayMs: 5_000n,
  upgradeNoticeBlocks: 5n,
  haltQuorum: 2,
  appealQuorum: 1,
};

export type ProposalState = 1 | 2 | 3 | 4 | 5 | 6 | 7;
export const PROPOSAL_STATE: {
  readonly voting: 1;
  /** waits for its delay */
  readonly passed: 2;
  readonly executed: 3;
  readonly rejected: 4;
  readonly vetoed: 5;
  readonly withoutQuorum: 6;
  /** passed, and could not be carried out */
  readonly failed: 7;
} = { voting: 1, passed: 2, executed: 3, rejected: 4, vetoed: 5, withoutQuorum: 6, failed: 7 };

export interface VoteTally {
  readonly yes: bigint;
  readonly no: bigint;
  readonly abstain: bigint;
  readonly veto: bigint;
}

/** Never deleted. */
export interface ProposalRecord extends VoteTally {
  /** 0, 1, 2, … */
  readonly proposalId: bigint;
  readonly proposer: Uint8Array;
  readonly title: string;
  readonly textHash: Uint8Array;
  readonly kind: number;
  readonly action: Uint8Array;
  readonly deposit: bigint;
  readonly state: ProposalState;
  readonly submittedHeight: bigint;
  readonly submittedMs: bigint;
  /** the epoch whose powers vote */
  readonly epoch: bigint;
  readonly totalPower: bigint;
  readonly endHeight: bigint;
  readonly endMs: bigint;
  /** 0 unless it has passed */
  readonly executeAtMs: bigint;
  readonly endedHeight: bigint;
  /** code of what kept it from being carried out */
  readonly failure: string;
}
export const proposalRecordCodec: Codec<ProposalRecord> = struct<ProposalRecord>({
  proposalId: u64,
  proposer: b20,
  title: text(128),
  textHash: b32,
  kind: u8,
  action: varBytes(MAX_ACTION_BYTES, u16),
  deposit: u128,
  state: choice<ProposalState>(1, 2, 3, 4, 5, 6, 7),
  submittedHeight: u64,
  submittedMs: u64,
  epoch: u64,
  totalPower: u64,
  endHeight: u64,
  endMs: u64,
  executeAtMs: u64,
  endedHeight: u64,
  failure: text(64),
  yes: u64,
  no: u64,
  abstain: u64,
  veto: u64,
});

export interface VotingPower {
  readonly validator: Uint8Array;
  readonly power: bigint;
}
/** Who may vote on a proposal; gone when it is closed. */
export interface ElectorateRecord {
  readonly voters: readonly VotingPower[];
}
export const electorateRecordCodec: Codec<ElectorateRecord> = struct<ElectorateRecord>({
  voters: list(struct<VotingPower>({ validator: b20, power: u64 }), MAX_VALIDATORS),
});

/** Kept: how everybody voted is public. */
export interface VoteRecord {
  readonly option: VoteOption;
  readonly height: bigint;
}
export const voteRecordCodec: Codec<VoteRecord> = struct<VoteRecord>({
  option: choice<VoteOption>(1, 2, 3, 4),
  height: u64,
});
