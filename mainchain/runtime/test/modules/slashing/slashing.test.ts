import {
  type Block,
  blockIdOf,
  type Checkpoint,
  checkpointCodec,
  checkpointDigest,
  type DuplicateVote,
  decode,
  encode,
  equalBytes,
  type Handover,
  handoverCodec,
  handoverDigest,
  latestCheckpointRecordCodec,
  type MessageBodies,
  SUITE_KECCAK,
  SUITE_SM,
  type Suite,
  stateKey,
  supplyRecordCodec,
  unbondingPoolRecordCodec,
  validatorRewardsRecordCodec,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, CHAIN_ID, type TestValidator, validators } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, type RopeBench } from "../../kit/rope-bench.ts";
import { bridgeSignature, signCheckpoint } from "../../kit/signing.ts";
import {
  application,
  candidate,
  delegate,
  epochOf,
  powerOf,
  progressOf,
  recordOf,
  rotate,
  STAKING,
  settle,
  stakingRope,
  toBoundary,
  undelegate,
} from "../../kit/staking-bench.ts";

const [v0, v1, v2, v3] = validators as readonly [
  TestValidator,
  TestValidator,
  TestValidator,
  TestValidator,
];
const fifth = candidate("fifth", 150n);
const everybody = [...validators, fifth];

/** Five entities, so that one can go. */
function fiveEntities(changes: Partial<typeof STAKING> = {}): RopeBench {
  const rope = stakingRope(changes, [fifth]);
  rope.do(application(fifth, "fifth"));
  settle(rope, everybody);
  return rope;
}

const burnt = (rope: RopeBench): bigint => rope.must(stateKey.supply(), supplyRecordCodec).burnt;
const rewardPower = (rope: RopeBench, { consensus }: TestValidator): bigint =>
  rope.must(stateKey.validatorRewards(consensus.address), validatorRewardsRecordCodec).power;

/** As the engine hands it to the application: it has checked the signatures. */
function duplicateVote({ consensus }: TestValidator, height: bigint): DuplicateVote {
  const vote = (block: string) => ({
    ...{ type: 2 as const, height, round: 0, validator: consensus.address },
    ...{ blockId: seed(block), signature: new Uint8Array(64) },
  });
  return { first: vote("one"), second: vote("other") };
}

function commitWith(rope: RopeBench, parts: Partial<Block>, plans: readonly Plan[] = []) {
  return rope.commit({ ...rope.build(rope.sign(plans)), ...parts });
}

describe("a double vote", () => {
  it("burns 5 % of what was bonded at its height, and ends the validator for ever", () => {
    const rope = fiveEntities();
    const { height } = rope;
    rope.do();
    const { result } = commitWith(rope, { evidence: [duplicateVote(v0, height)] });
    expect(result.events.map(({ kind }) => kind)).toContain("slashing.double-vote");
    expect(recordOf(rope, v0)).toMatchObject({ tokens: 285n, shares: 300n, tombstoned: true });
    expect(burnt(rope)).toBe(15n);
    expect(rewardPower(rope, v0)).toBe(0n);
    // It keeps its power until the others have handed over.
    expect(powerOf(rope, v0)).toBe(300n);
    rotate(rope, everybody);
    expect(powerOf(rope, v0)).toBeUndefined();
    expectRefused(rope, "staking/tombstoned", plan(v0.consensus, "staking/unjail", {}));
    expectRefused(rope, "staking/tombstoned", delegate(alice, v0, 1n));
    expect(rope.runtime.queries.isCandidate(v0.consensus.address)).toBe(false);
  });

  it("is punished once, and not at all in a stranger", () => {
    const rope = fiveEntities();
    const evidence = [duplicateVote(v0, rope.height), duplicateVote(v0, rope.height - 1n)];
    commitWith(rope, { evidence: [...evidence, duplicateVote(candidate("nobody"), 1n)] });
    expect(burnt(rope)).toBe(15n);
  });

  it("reaches what was undelegated after it, and not what had left before", () => {
    const rope = fiveEntities();
    rope.do(delegate(alice, v0, 100n));
    rotate(rope, everybody);
    rope.do(undelegate(alice, v0, 40n));
    rotate(rope, everybody);
    expect(epochOf(rope).members.find(({ power }) => power === 360n)).toBeDefined();
    const offence = rope.height + 1n;
    rope.do();
    const cut = progressOf(rope).nextCut;
    rope.do(undelegate(alice, v0, 60n));
    rotate(rope, everybody);
    commitWith(rope, { evidence: [duplicateVote(v0, offence)] });
    // 5 % of 360: 3 of the 60 that were there then, 15 of what is left; nothing of the 40.
    expect(burnt(rope)).toBe(18n);
    expect(recordOf(rope, v0).tokens).toBe(285n);
    const pools = rope
      .records("staking/unbonding-pool/")
      .map(([, value]) => decode(unbondingPoolRecordCodec, value).tokens);
    expect(pools).toEqual([40n, 57n]);
    rope.at(rope.timeMs + STAKING.unbondingMs);
    for (let left = STAKING.unbondingBlocks; left > 0n; left -= 1n) rope.do();
    const claim = plan(alice, "staking/claim-unbonded", { validator: v0.consensus.address, cut });
    const { transactions } = rope.do(claim);
    expect(transactions[0]?.events[0]?.attributes["amount"]).toBe("57");
  });

  it("is measured by what stood behind it then, not by what was added since", () => {
    const rope = fiveEntities();
    const offence = rope.height;
    rope.do(delegate(alice, v0, 1_000n));
    commitWith(rope, { evidence: [duplicateVote(v0, offence)] });
    expect(burnt(rope)).toBe(15n);
  });
});

describe("downtime", () => {
  const touch = (): readonly Plan[] => [
    plan(alice, "accounts/transfer", { to: alice.address, amount: 1n }),
  ];
  /** Nobody signs checkpoints here, and that is another matter. */
  const votesOnly = { missedCheckpointLimit: 1_000 };

  /** A block with a transaction, whose commit lacks the precommits of `absent`. */
  function sample(rope: RopeBench, absent: readonly TestValidator[], plans = touch()): void {
    const { members } = epochOf(rope);
    const bitmap = new Uint8Array(Math.ceil(members.length / 8));
    for (const [index, { validator }] of members.entries()) {
      if (absent.some(({ consensus }) => equalBytes(consensus.address, validator))) continue;
      bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    }
    const lastCommit = {
      ...{ height: rope.height, round: 0, bitmap, signatures: [] },
      blockId: rope.last ? blockIdOf(rope.last) : new Uint8Array(32),
    };
    commitWith(rope, { lastCommit }, plans);
  }

  it("beyond the window's allowance jails, burns little, and ends by unjail after its time", () => {
    const rope = fiveEntities(votesOnly);
    for (let missed = 0; missed < 5; missed += 1) sample(rope, [v3]);
    expect(recordOf(rope, v3).jailedUntilMs).toBe(0n);
    sample(rope, [v3]);
    expect(recordOf(rope, v3)).toMatchObject({
      jailedUntilMs: rope.timeMs + 20_000n,
      tokens: 198n,
    });
    expect(burnt(rope)).toBe(2n);
    expect(rope.records("slashing/signing/")).toEqual([]);
    // No second punishment while it waits for the next set.
    for (let missed = 0; missed < 8; missed += 1) sample(rope, [v3]);
    expect(burnt(rope)).toBe(2n);
    rotate(rope, everybody);
    expect(powerOf(rope, v3)).toBeUndefined();
    const unjail = plan(v3.consensus, "staking/unjail", {});
    const early = rope.fork();
    expectRefused(early, "staking/still-jailed", unjail);
    rope.at(recordOf(rope, v3).jailedUntilMs, unjail);
    expectRefused(rope, "staking/not-jailed", unjail);
    rotate(rope, everybody);
    expect(powerOf(rope, v3)).toBe(198n);
    expect(rewardPower(rope, v3)).toBe(198n);
  });

  it("within the allowance is forgotten as the window moves on", () => {
    const rope = stakingRope(votesOnly);
    rope.do();
    for (let round = 0; round < 4; round += 1) {
      for (let missed = 0; missed < 5; missed += 1) sample(rope, [v1]);
      for (let signed = 0; signed < 5; signed += 1) sample(rope, []);
    }
    expect(recordOf(rope, v1).jailedUntilMs).toBe(0n);
    for (let signed = 0; signed < 10; signed += 1) sample(rope, []);
    expect(rope.records("slashing/signing/")).toEqual([]);
  });

  it("is not looked at in a block without transactions: an idle chain rests", () => {
    const rope = stakingRope(votesOnly);
    rope.do();
    rope.do();
    const { stateRoot } = rope;
    sample(rope, [v1], []);
    expect(rope.stateRoot).toEqual(stateRoot);
  });
});

describe("a bridge signature", () => {
  function formed(rope: RopeBench): Checkpoint {
    rope.at(rope.timeMs + 60_000n);
    const key = stateKey.latestCheckpoint(SUITE_KECCAK);
    const { dueHeight } = rope.must(key, latestCheckpointRecordCodec);
    rope.do();
    return rope.must(stateKey.checkpoint(SUITE_KECCAK, dueHeight), checkpointCodec);
  }

  function reportCheckpoint(
    by: TestValidator,
    checkpoint: Checkpoint,
    changes: Partial<MessageBodies["slashing/report-statement"]> = {},
  ): Plan {
    return plan(alice, "slashing/report-statement", {
      validator: by.consensus.address,
      kind: 1,
      statement: encode(checkpointCodec, checkpoint),
      signature: bridgeSignature(by, checkpoint.suite as Suite, checkpointDigest(checkpoint)),
      ...changes,
    });
  }

  const lies: readonly (readonly [string, (rope: RopeBench) => Checkpoint])[] = [
    ["another root at a height", (rope) => ({ ...formed(rope), stateRoot: seed("lie") })],
    [
      "another root in the other suite",
      (rope) => ({ ...formed(rope), suite: SUITE_SM, outboxesRoot: seed("lie") }),
    ],
    ["a height without a checkpoint", (rope) => ({ ...formed(rope), height: 2n })],
    ["a height that nobody has reached", (rope) => ({ ...formed(rope), height: 1_000_000n })],
    ["the height of the running block", (rope) => ({ ...formed(rope), height: rope.height + 1n })],
    ["an epoch that does not exist", (rope) => ({ ...formed(rope), epoch: 77n })],
  ];
  it.each(lies)("over %s costs 10 %% and the validator", (_, lie) => {
    const rope = fiveEntities();
    const checkpoint = lie(rope);
    rope.do(reportCheckpoint(v0, checkpoint));
    expect(recordOf(rope, v0)).toMatchObject({ tokens: 270n, tombstoned: true });
    expect(burnt(rope)).toBe(30n);
    const again = reportCheckpoint(v0, checkpoint);
    expectRefused(rope, "slashing/already-tombstoned", again);
  });

  it("over what the chain says costs nothing, as soon as it can be told, and later", () => {
    const rope = fiveEntities();
    const checkpoint = formed(rope);
    expectRefused(rope, "slashing/canonical", reportCheckpoint(v0, checkpoint));
    rope.do(delegate(alice, v1, 1n));
    rotate(rope, everybody);
    expectRefused(rope, "slashing/canonical", reportCheckpoint(v0, checkpoint));
  });

  it("cannot be invented by others, changed, or brought from another chain", () => {
    const rope = fiveEntities();
    const lie = { ...formed(rope), stateRoot: seed("lie") };
    const byAnother = reportCheckpoint(v1, lie, { validator: v0.consensus.address });
    expectRefused(rope, "checkpoint/bad-signature", byAnother);
    const changed = { statement: encode(checkpointCodec, { ...lie, height: 3n }) };
    expectRefused(rope, "checkpoint/bad-signature", reportCheckpoint(v0, lie, changed));
    const elsewhere = { ...lie, ropeChainId: seed("another rope") };
    expectRefused(rope, "checkpoint/malformed", reportCheckpoint(v0, elsewhere));
    const short = { statement: new Uint8Array(3) };
    expectRefused(rope, "checkpoint/malformed", reportCheckpoint(v0, lie, short));
    const nobody = { validator: seed("nobody").slice(12) };
    expectRefused(rope, "slashing/unknown-validator", reportCheckpoint(v0, lie, nobody));
  });

  it("over a false handover, or one that nobody announced, costs the same", () => {
    const rope = fiveEntities();
    const { epoch } = progressOf(rope);
    const handover: Handover = {
      ...{ version: 1, suite: SUITE_KECCAK, ropeChainId: CHAIN_ID, nextSetHash: seed("my set") },
      ...{ fromEpoch: epoch, toEpoch: epoch + 1n, height: rope.height, timeMs: rope.timeMs },
    };
    const report = (by: TestValidator, over: Handover): Plan =>
      plan(alice, "slashing/report-statement", {
        validator: by.consensus.address,
        kind: 2,
        statement: encode(handoverCodec, over),
        signature: bridgeSignature(by, SUITE_KECCAK, handoverDigest(over)),
      });
    rope.do(report(v0, handover));
    expect(recordOf(rope, v0)).toMatchObject({ tokens: 270n, tombstoned: true });
    rope.do(delegate(alice, v1, 50n));
    toBoundary(rope);
    const { handover: announced } = rope.runtime.queries.handover(SUITE_KECCAK, epoch);
    expectRefused(rope, "slashing/canonical", report(v1, announced));
    rope.do(report(v1, { ...announced, timeMs: announced.timeMs + 1n }));
    expect(recordOf(rope, v1).tombstoned).toBe(true);
  });

  it.each([
    ["a height of its time", 0n],
    ["a height that is far ahead", 1_000_000n],
  ])("of somebody who has left still costs what is unbonding: %s", (_, ahead) => {
    const rope = fiveEntities();
    const { epoch } = progressOf(rope);
    rope.do(undelegate(fifth.consensus, fifth, 150n));
    rotate(rope, everybody);
    expect(powerOf(rope, fifth)).toBeUndefined();
    rope.do();
    // In the name of the epoch in which its signature counted, for a gateway that has not heard of the next.
    const lie = { ...formed(rope), epoch, height: epochOf(rope, epoch).firstHeight + 1n + ahead };
    rope.do(reportCheckpoint(fifth, { ...lie, stateRoot: seed("lie") }));
    expect(burnt(rope)).toBe(15n);
  });

  it("that stays away too often jails, although its votes are there", () => {
    const rope = fiveEntities();
    const present = everybody.filter((one) => one !== v2);
    for (let beats = 0; beats < 14; beats += 1) {
      const checkpoint = formed(rope);
      const height = checkpoint.height;
      const other = rope.must(stateKey.checkpoint(SUITE_SM, height), checkpointCodec);
      // One suite of two is not enough.
      const halfway = signCheckpoint(v2, checkpoint);
      const all = present.flatMap((one) =>
        [checkpoint, other].map((each) => signCheckpoint(one, each)),
      );
      rope.do(...all, halfway);
    }
    expect(recordOf(rope, v2).jailedUntilMs).toBeGreaterThan(0n);
    expect(present.map((one) => recordOf(rope, one).jailedUntilMs)).toEqual([0n, 0n, 0n, 0n]);
    expect(burnt(rope)).toBe(0n);
  });
});
