import fc from "fast-check";
import * as protocol from "../../src/index.ts";
import { b20, b32, list, text, u8, u16, u64, u128, varBytes } from "../arbitraries.ts";
import { type RecordRow, row } from "./row.ts";

const endorsement = fc.record({ office: text(32), account: b20, atMs: u64 });

/** Proposals, votes and halts. */
export const governanceRecords: Readonly<Record<string, RecordRow>> = {
  governanceParameters: row(
    protocol.governanceParametersRecordCodec,
    fc.record({
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
    }),
  ),
  proposal: row(
    protocol.proposalRecordCodec,
    fc.record({
      proposalId: u64,
      proposer: b20,
      title: text(128),
      textHash: b32,
      kind: u8,
      action: varBytes(200),
      deposit: u128,
      state: fc.constantFrom<protocol.ProposalState>(1, 2, 3, 4, 5, 6, 7),
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
    }),
  ),
  electorate: row(
    protocol.electorateRecordCodec,
    fc.record({ voters: list(fc.record({ validator: b20, power: u64 })) }),
  ),
  vote: row(
    protocol.voteRecordCodec,
    fc.record({ option: fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4), height: u64 }),
  ),
  halt: row(
    protocol.haltRecordCodec,
    fc.record({
      haltId: b32,
      index: u64,
      subjectKind: fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4),
      subject: b32,
      reason: u16,
      textHash: b32,
      departmental: fc.boolean(),
      orderedBy: b20,
      orderedAtMs: u64,
      untilMs: u64,
      state: fc.constantFrom<protocol.HaltState>(1, 2, 3),
      sinceHeight: u64,
      approvals: list(endorsement),
      lifts: list(endorsement),
      liftReason: u16,
      liftTextHash: b32,
      endedAtMs: u64,
      appeal: fc.option(
        fc.record({
          appellant: b20,
          textHash: b32,
          atMs: u64,
          decision: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
          verdicts: list(
            fc.record({
              office: text(32),
              account: b20,
              atMs: u64,
              decision: fc.constantFrom<1 | 2>(1, 2),
              reason: u16,
              textHash: b32,
            }),
          ),
        }),
      ),
    }),
  ),
};
