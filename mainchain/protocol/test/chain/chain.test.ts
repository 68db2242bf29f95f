import { bytesToHex, sm2 } from "@ropenet/crypto";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Block,
  blockCodec,
  blockIdOf,
  type Commit,
  commitCodec,
  commitHash,
  decodeBlock,
  decodeTransaction,
  encode,
  encodeMessage,
  evidenceHash,
  type Genesis,
  genesisCodec,
  type Header,
  headerCodec,
  isNil,
  NIL_BLOCK_ID,
  proposalSignBytes,
  quorum,
  type SignedProposal,
  type SignedVote,
  signedProposalCodec,
  signedVoteCodec,
  signTransaction,
  type TransactionBody,
  transactionBodyCodec,
  transactionCodec,
  transactionId,
  transactionsRoot,
  validatorSetHash,
  verifyProposal,
  verifyTransactionSignature,
  verifyVote,
  voteSignBytes,
} from "../../src/index.ts";
import * as arbitrary from "../arbitraries.ts";
import { expectCanonical } from "../canonical.ts";
import { codeOf } from "../coded.ts";
import { chainId, headerFor, validatorsWith } from "./validators.ts";

const { b20, b32, list, publicKey, signature, text, u8, u16, u32, u64, u128, varBytes } = arbitrary;
const hex = (values: readonly Uint8Array[]): Set<string> => new Set(values.map(bytesToHex));
const secretKey = new Uint8Array(32).fill(5);

const header: Arbitrary<Header> = fc.record({
  protocolVersion: u16,
  chainId: b32,
  height: u64,
  timeMs: u64,
  lastBlockId: b32,
  lastCommitHash: b32,
  transactionsRoot: b32,
  stateRoot: b32,
  validatorsHash: b32,
  nextValidatorsHash: b32,
  evidenceHash: b32,
  proposer: b20,
});
const commit: Arbitrary<Commit> = fc.record({
  height: u64,
  round: u32,
  blockId: b32,
  bitmap: varBytes(32),
  signatures: list(signature),
});
const vote: Arbitrary<SignedVote> = fc.record({
  type: fc.constantFrom<1 | 2>(1, 2),
  height: u64,
  round: u32,
  blockId: b32,
  validator: b20,
  signature,
});
const proposal: Arbitrary<SignedProposal> = fc.record({
  height: u64,
  round: u32,
  polRound: fc.integer({ min: -1, max: 0xffff_fffe }),
  blockId: b32,
  proposer: b20,
  signature,
});
const body: Arbitrary<TransactionBody> = fc.record({
  version: u8,
  chainId: b32,
  publicKey,
  nonce: u64,
  feeLimit: u128,
  expiryHeight: u64,
  type: u16,
  message: varBytes(200),
});
const block: Arbitrary<Block> = fc.record({
  header,
  lastCommit: commit,
  evidence: list(fc.record({ first: vote, second: vote }), 2),
  transactions: list(varBytes(60)),
});
const genesis: Arbitrary<Genesis> = fc.record({
  timeMs: u64,
  parameters: fc.record({
    chainName: text(64),
    chainId: b32,
    protocolVersion: u16,
    checkpointIntervalMs: u64,
    checkpointHeartbeatMs: u64,
    minLegMs: u64,
    maxHoldMs: u64,
    baseFee: u128,
    developmentProfile: fc.boolean(),
    engine: fc.constantFrom(1, 2, 3),
  }),
  validators: list(
    fc.record({
      publicKey,
      entity: b32,
      stake: u64,
      ethereumAddress: b20,
      ethereumProof: arbitrary.bytes(65),
      bridgePublicKey: publicKey,
      bridgeProof: signature,
    }),
  ),
  accounts: list(fc.record({ address: b20, balance: u128 })),
  members: list(
    fc.record({ memberId: b32, kind: u8, name: text(128), codeCommitment: b32, account: b20 }),
  ),
  offices: list(fc.record({ office: text(32), account: b20 })),
  staking: fc.record({
    epochBlocks: u64,
    maxValidators: u16,
    minSelfStake: u128,
    powerUnit: u128,
    unbondingBlocks: u64,
    unbondingMs: u64,
    trustingPeriodMs: u64,
    evidenceWindowMs: u64,
    evidenceBlocks: u64,
    maxClockDriftMs: u64,
    signedWindow: u32,
    minSignedBasisPoints: u16,
    downtimeJailMs: u64,
    downtimeSlashBasisPoints: u16,
    doubleSignSlashBasisPoints: u16,
    falseStatementSlashBasisPoints: u16,
    missedCheckpointLimit: u16,
    issuancePerDay: u128,
  }),
  authorities: list(arbitrary.varBytes(64)),
});

describe("chain records", () => {
  test.each<readonly [string, () => void]>([
    ["a header", () => expectCanonical(headerCodec, header)],
    ["a commit", () => expectCanonical(commitCodec, commit)],
    ["a vote", () => expectCanonical(signedVoteCodec, vote)],
    ["a proposal", () => expectCanonical(signedProposalCodec, proposal)],
    ["a transaction body", () => expectCanonical(transactionBodyCodec, body)],
    ["a transaction", () => expectCanonical(transactionCodec, fc.record({ body, signature }))],
    ["a block", () => expectCanonical(blockCodec, block)],
    ["a genesis", () => expectCanonical(genesisCodec, genesis)],
  ])("have one encoding each: %s", (_name, check) => {
    check();
  });

  test("make a block id of every field of the header", () => {
    const one = headerFor(validatorsWith([1n]).set);
    const changed = Object.entries(one).map(([name, value]): Header => {
      if (value instanceof Uint8Array) return { ...one, [name]: value.map((byte) => byte ^ 1) };
      return { ...one, [name]: typeof value === "bigint" ? value + 1n : value + 1 };
    });
    expect(hex([one, ...changed].map(blockIdOf)).size).toBe(13);
  });

  test("hash commits and evidence by their bytes", () => {
    fc.assert(
      fc.property(
        commit,
        commit,
        list(fc.record({ first: vote, second: vote }), 2),
        (a, b, duplicates) => {
          const isSame = bytesToHex(encode(commitCodec, a)) === bytesToHex(encode(commitCodec, b));
          expect(hex([commitHash(a), commitHash(b)]).size).toBe(isSame ? 1 : 2);
          expect(hex([evidenceHash([]), evidenceHash(duplicates)]).size).toBe(
            duplicates.length === 0 ? 1 : 2,
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  test("refuse a block with trailing bytes", () => {
    const [one] = fc.sample(block, { seed: 7, numRuns: 1 });
    const bytes = encode(blockCodec, one as Block);
    expect(decodeBlock(bytes)).toEqual(one);
    expect(codeOf(() => decodeBlock(Uint8Array.from([...bytes, 0])))).toBe("codec/trailing-bytes");
  });
});

describe("transactionsRoot", () => {
  const [a, b, c] = [1, 2, 3].map((byte) => new Uint8Array(4).fill(byte)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];

  test("tells apart order, count, repetition and padding", () => {
    const lists = [
      [],
      [a],
      [a, b],
      [b, a],
      [a, b, c],
      // CVE-2012-2459: a repeated last leaf must not hash like the shorter list.
      [a, b, c, c],
      [a, b, b],
      [a, b, c, new Uint8Array(0)],
      [a, b, c, new Uint8Array(32)],
      [new Uint8Array(0)],
    ];
    expect(hex(lists.map(transactionsRoot)).size).toBe(lists.length);
  });

  test("does not take inner nodes for transactions", () => {
    fc.assert(
      fc.property(list(varBytes(8), 7), list(varBytes(8), 7), (left, right) => {
        const isSame =
          JSON.stringify(left.map(bytesToHex)) === JSON.stringify(right.map(bytesToHex));
        expect(hex([transactionsRoot(left), transactionsRoot(right)]).size).toBe(isSame ? 1 : 2);
      }),
    );
  });
});

describe("transactions", () => {
  const unsigned: TransactionBody = {
    version: 1,
    chainId,
    publicKey: sm2.getPublicKey(secretKey),
    nonce: 3n,
    feeLimit: 1_000n,
    expiryHeight: 99n,
    ...encodeMessage("accounts/transfer", { to: new Uint8Array(20).fill(1), amount: 5n }),
  };

  test("are decoded with the id and the sender that the body gives, and verify", () => {
    const decoded = decodeTransaction(signTransaction(unsigned, secretKey));
    expect(decoded.body).toEqual(unsigned);
    expect(decoded.id).toEqual(transactionId(unsigned));
    expect(decoded.sender.length).toBe(20);
    expect(verifyTransactionSignature(decoded)).toBe(true);
  });

  test("keep their id when signed again", () => {
    const [first, second] = [0, 1].map(() =>
      decodeTransaction(signTransaction(unsigned, secretKey)),
    );
    expect(first?.id).toEqual(second?.id);
    expect(first && verifyTransactionSignature(first)).toBe(true);
    expect(second && verifyTransactionSignature(second)).toBe(true);
  });

  test("do not verify with any byte changed", () => {
    const bytes = signTransaction(unsigned, secretKey);
    for (let at = 0; at < bytes.length; at += 11) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x04;
      let isGood = false;
      try {
        isGood = verifyTransactionSignature(decodeTransaction(changed));
      } catch {
        isGood = false;
      }
      expect(isGood).toBe(false);
    }
  });

  test("do not verify when signed by another key", () => {
    const stranger = new Uint8Array(32).fill(6);
    const forged = decodeTransaction(signTransaction(unsigned, stranger));
    expect(verifyTransactionSignature(forged)).toBe(false);
  });

  test("have an id of their own for every field", () => {
    const bodies: TransactionBody[] = [
      unsigned,
      { ...unsigned, version: 2 },
      { ...unsigned, chainId: new Uint8Array(32) },
      { ...unsigned, publicKey: sm2.getPublicKey(new Uint8Array(32).fill(6)) },
      { ...unsigned, nonce: 4n },
      { ...unsigned, feeLimit: 1n },
      { ...unsigned, expiryHeight: 100n },
      { ...unsigned, type: 0x0201 },
      { ...unsigned, message: new Uint8Array(0) },
    ];
    expect(hex(bodies.map(transactionId)).size).toBe(9);
  });
});

describe("votes and proposals", () => {
  const key = sm2.getPublicKey(secretKey);
  const unsigned = { type: 2 as const, height: 4n, round: 1, blockId: new Uint8Array(32).fill(2) };
  const validator = new Uint8Array(20);

  test("verify only for their own chain, height, round, type and block", () => {
    const good = sm2.sign(voteSignBytes(chainId, unsigned), secretKey);
    const signed: SignedVote = { ...unsigned, validator, signature: good };
    expect(verifyVote(chainId, signed, key)).toBe(true);
    expect(verifyVote(new Uint8Array(32), signed, key)).toBe(false);
    for (const over of [
      { type: 1 as const },
      { height: 5n },
      { round: 2 },
      { blockId: NIL_BLOCK_ID },
    ]) {
      expect(verifyVote(chainId, { ...signed, ...over }, key)).toBe(false);
    }
  });

  test("verify a proposal only with its proof-of-lock round", () => {
    const offer = { height: 4n, round: 3, polRound: -1, blockId: new Uint8Array(32).fill(2) };
    const good = sm2.sign(proposalSignBytes(chainId, offer), secretKey);
    const signed: SignedProposal = { ...offer, proposer: validator, signature: good };
    expect(verifyProposal(chainId, signed, key)).toBe(true);
    expect(verifyProposal(chainId, { ...signed, polRound: 0 }, key)).toBe(false);
    expect(verifyProposal(chainId, { ...signed, round: 2 }, key)).toBe(false);
  });

  test("never share sign bytes between a vote and a proposal", () => {
    const { height, round, blockId } = unsigned;
    const offer = proposalSignBytes(chainId, { height, round, polRound: -1, blockId });
    expect(hex([voteSignBytes(chainId, unsigned), offer]).size).toBe(2);
  });

  test("for nil name the zero block", () => {
    expect(isNil(NIL_BLOCK_ID)).toBe(true);
    expect(isNil(unsigned.blockId)).toBe(false);
  });

  test("refuse a proof-of-lock round below −1", () => {
    const [offer] = fc.sample(proposal, { seed: 7, numRuns: 1 });
    const bad = { ...(offer as SignedProposal), polRound: -2 };
    expect(codeOf(() => encode(signedProposalCodec, bad))).toBe("codec/out-of-range");
  });
});

describe("validator sets", () => {
  test("need the smallest power strictly above two thirds", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 72n }), (total) => {
        const needed = quorum(total);
        expect(3n * needed > 2n * total && 3n * (needed - 1n) <= 2n * total).toBe(true);
        expect(needed <= total).toBe(true);
      }),
    );
    expect(() => quorum(0n)).toThrow(RangeError);
  });

  test("hash to another value with another power, member or order", () => {
    const { set } = validatorsWith([1n, 2n, 3n]);
    const sets = [
      set,
      set.toReversed(),
      set.slice(1),
      set.map((one) => ({ ...one, power: one.power + 1n })),
      set.map((one) => ({ ...one, entity: new Uint8Array(32) })),
    ];
    expect(hex(sets.map(validatorSetHash)).size).toBe(5);
  });
});
