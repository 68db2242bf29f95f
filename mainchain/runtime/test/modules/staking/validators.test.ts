import { b20, bridgeKeyOf, entityOf, stateKey, utf8ToBytes } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { account } from "../../kit/accounts.ts";
import { GENESIS_MS, officer, RICH, type TestValidator, validators } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan } from "../../kit/rope-bench.ts";
import {
  application,
  candidate,
  certificateFor,
  delegate,
  epochOf,
  powerOf,
  progressOf,
  recordOf,
  rotate,
  STAKING,
  settle,
  stakingRope,
} from "../../kit/staking-bench.ts";

const newcomer = candidate("new", 150n);
const other = candidate("other", 150n);
const [v0] = validators as readonly [TestValidator];
const DAY_MS = 86_400_000n;

describe("staking/create-validator", () => {
  it("admits by certificate, takes the stake, and joins with the next epoch", () => {
    const rope = stakingRope({}, [newcomer]);
    const { transactions } = rope.do(application(newcomer, "新加入者（虚构）"));
    const record = recordOf(rope, newcomer);
    expect(record).toMatchObject({
      tokens: 150n,
      shares: 150n,
      entity: entityOf("新加入者（虚构）"),
    });
    const fee = transactions[0]?.feePaid ?? 0n;
    expect(rope.account(newcomer.consensus).balance).toBe(RICH - 150n - fee);
    expect(powerOf(rope, newcomer)).toBeUndefined();
    expect(rope.runtime.queries.isCandidate(newcomer.consensus.address)).toBe(true);
    rotate(rope, validators);
    expect(powerOf(rope, newcomer)).toBe(150n);
    expect(epochOf(rope).members).toHaveLength(5);
  });

  const key = newcomer.consensus.publicKey;
  const stranger = account("another authority");
  const foreign = { certificate: certificateFor(other.consensus.publicKey, "甲") };
  const issuedByStranger = {
    certificate: certificateFor(key, "甲", { issuerKey: stranger.secretKey }),
  };
  const expired = {
    certificate: certificateFor(key, "甲", { notAfter: Number(GENESIS_MS / 1000n) - 1 }),
  };
  const forSigning = { certificate: certificateFor(key, "甲", { keyUsage: ["keyAgreement"] }) };
  const refusals: readonly (readonly [string, string, Parameters<typeof application>[2]])[] = [
    ["a certificate of another key", "admission/wrong-key", foreign],
    ["a certificate by somebody who is not listed", "admission/refused", issuedByStranger],
    ["a certificate that has run out", "admission/refused", expired],
    ["a certificate for something else", "admission/refused", forSigning],
    ["no certificate", "admission/malformed", { certificate: utf8ToBytes("trust me") }],
    [
      "a certificate of nobody",
      "admission/no-organization",
      { certificate: certificateFor(key, "") },
    ],
    ["another account's key", "staking/wrong-key", { publicKey: other.consensus.publicKey }],
    ["too little of its own", "staking/too-little-self-stake", { selfStake: 99n }],
    ["more than it has", "accounts/insufficient", { selfStake: RICH + 1n }],
    ["a commission above its maximum", "staking/bad-commission", { commissionBasisPoints: 2_001 }],
    ["a maximum above everything", "staking/bad-commission", { maxCommissionBasisPoints: 10_001 }],
    [
      "a suite-1 key without proof",
      "staking/bridge-key-not-proven",
      { ethereumAddress: other.ethereum.address },
    ],
    [
      "a suite-2 key without proof",
      "staking/bridge-key-not-proven",
      { bridgePublicKey: other.bridge.publicKey },
    ],
  ];
  it.each(refusals)("refuses %s: %s", (_, code, changes) => {
    const rope = stakingRope({}, [newcomer]);
    expectRefused(rope, code, application(newcomer, "甲", changes));
  });

  it("refuses a validator twice, and a bridge key of somebody else, though it is proven", () => {
    const rope = stakingRope({}, [newcomer, other]);
    rope.do(application(newcomer, "甲"));
    expectRefused(rope, "staking/validator-exists", application(newcomer, "甲"));
    const shared: TestValidator = { ...other, ethereum: v0.ethereum };
    expectRefused(rope, "staking/bridge-key-taken", application(shared, "乙"));
    const sharedSm: TestValidator = { ...other, bridge: newcomer.bridge };
    expectRefused(rope, "staking/bridge-key-taken", application(sharedSm, "乙"));
    const owner = stateKey.bridgeKeyOwner(2, bridgeKeyOf(2, newcomer.bridge.publicKey));
    expect(rope.must(owner, b20)).toEqual(newcomer.consensus.address);
  });
});

it("two validators of one legal entity share its cap, strictly below a third", () => {
  const rope = stakingRope({}, [newcomer, other]);
  rope.do(application(newcomer, "one entity"), application(other, "one entity"));
  rope.do(delegate(officer.standards, newcomer, 700n), delegate(officer.standards, other, 800n));
  settle(rope, [...validators, newcomer, other]);
  const { members } = epochOf(rope);
  const total = members.reduce((sum, { power }) => sum + power, 0n);
  const own = (powerOf(rope, newcomer) ?? 0n) + (powerOf(rope, other) ?? 0n);
  expect(own * 3n).toBeLessThan(total);
  expect((own + 2n) * 3n).toBeGreaterThan(total);
  expect(recordOf(rope, newcomer).tokens + recordOf(rope, other).tokens).toBe(1_800n);
});

it("whose certificate ends leaves with the next epoch; a new one of the same entity keeps it", () => {
  const soon = Number(GENESIS_MS / 1000n) + 60;
  const certificate = certificateFor(newcomer.consensus.publicKey, "甲", { notAfter: soon });
  const rope = stakingRope({}, [newcomer, other]);
  rope.do(application(newcomer, "甲", { certificate }), application(other, "乙"));
  rotate(rope, validators);
  const renew = (organization: string) =>
    plan(newcomer.consensus, "staking/renew-admission", {
      certificate: certificateFor(newcomer.consensus.publicKey, organization),
    });
  expectRefused(rope, "staking/other-entity", renew("丙"));
  const fork = rope.fork();
  fork.do(renew("甲"));
  for (const chain of [rope, fork]) chain.at(GENESIS_MS + 61_000n);
  rotate(rope, [...validators, newcomer, other]);
  expect(powerOf(rope, newcomer)).toBeUndefined();
  while (fork.height % STAKING.epochBlocks !== 0n) fork.do();
  expect(progressOf(fork).announced).toBe(false);
  expect(powerOf(fork, newcomer)).toBe(150n);
});

it("revoked by the admission office, it goes, and may not come back by itself", () => {
  const rope = stakingRope({}, [newcomer]);
  rope.do(application(newcomer, "甲"));
  rotate(rope, validators);
  const revoke = { validator: newcomer.consensus.address, reason: 3 };
  const stranger = plan(officer.standards, "staking/revoke-admission", revoke);
  expectRefused(rope, "identity/not-in-office", stranger);
  rope.do(plan(officer.admission, "staking/revoke-admission", revoke));
  rotate(rope, [...validators, newcomer]);
  expect(powerOf(rope, newcomer)).toBeUndefined();
});

describe("staking/set-commission", () => {
  const set = (basisPoints: number) =>
    plan(newcomer.consensus, "staking/set-commission", { basisPoints });

  it("changes once a day, by no more than was promised, up to what was promised", () => {
    const rope = stakingRope({}, [newcomer]);
    rope.do(application(newcomer, "甲"));
    expectRefused(rope, "staking/commission-too-soon", set(1_001));
    rope.at(rope.timeMs + DAY_MS);
    expectRefused(rope, "staking/bad-commission", set(1_101));
    expectRefused(rope, "staking/bad-commission", set(899));
    rope.do(set(1_100));
    expect(recordOf(rope, newcomer).commissionBasisPoints).toBe(1_100);
    expectRefused(rope, "staking/commission-too-soon", set(1_101));
    for (let day = 0; day < 9; day += 1) {
      rope.at(rope.timeMs + DAY_MS);
      rope.do(set(1_200 + 100 * day));
    }
    rope.at(rope.timeMs + DAY_MS);
    expectRefused(rope, "staking/bad-commission", set(2_001));
  });
});
