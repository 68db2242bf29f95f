import {
  PARAMETER_SET,
  PROPOSAL_STATE,
  stateKey,
  supplyRecordCodec,
  VOTE,
  type VoteOption,
} from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEPOSITS } from "../../../src/modules/governance/proposals.ts";
import { outcome } from "../../../src/modules/governance/tally.ts";
import { seed } from "../../kit/accounts.ts";
import { alice, bob, PARAMETERS, relayer } from "../../kit/genesis.ts";
import {
  createGoverned,
  endVote,
  pass,
  proposal,
  read,
  vote,
  voters,
} from "../../kit/governance-bench.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan, RopeBench } from "../../kit/rope-bench.ts";

const DEPOSIT = 1_000n;
const { executed, failed, passed, rejected, vetoed, voting, withoutQuorum } = PROPOSAL_STATE;
const [first, second, third, fourth] = voters as [
  (typeof voters)[number],
  (typeof voters)[number],
  (typeof voters)[number],
  (typeof voters)[number],
];

const fee = proposal("set-parameter", { set: PARAMETER_SET.chain, name: "baseFee", value: 2n });
const burnt = (rope: RopeBench): bigint => rope.must(stateKey.supply(), supplyRecordCodec).burnt;
const deposits = (rope: RopeBench): bigint => rope.account({ address: DEPOSITS }).balance;

describe("a proposal", () => {
  it("takes its deposit, and fixes who votes and for how long", () => {
    const rope = createGoverned();
    const before = rope.account(alice).balance;
    rope.do(fee);
    expect(read(rope)).toMatchObject({
      ...{ proposalId: 0n, state: voting, deposit: DEPOSIT, totalPower: 1_000n },
      ...{ endHeight: rope.height + 5n, endMs: rope.timeMs + 10_000n },
    });
    expect(before - rope.account(alice).balance).toBeGreaterThanOrEqual(DEPOSIT);
    expect(deposits(rope)).toBe(DEPOSIT);
  });

  it.each([
    ["without a title", { title: "" }, "governance/bad-field"],
    ["of an unknown kind", { kind: 200 }, "governance/unknown-action"],
    ["whose action is cut off", { action: new Uint8Array(3) }, "governance/bad-action"],
  ])("%s is refused: %s", (_, change, code) => {
    const rope = createGoverned();
    const body = { title: "t", textHash: seed("x"), kind: 1, action: new Uint8Array(0), ...change };
    expectRefused(rope, code, plan(alice, "governance/propose", body));
  });

  it("for an office that does not exist is refused", () => {
    const rope = createGoverned();
    const office = proposal("give-office", { office: "emperor", account: bob.address });
    expectRefused(rope, "governance/bad-action", office);
  });

  it("is refused from somebody without the deposit, and when too many are open", () => {
    const rope = createGoverned();
    const poor = relayer;
    const { balance } = rope.account(poor);
    rope.do(plan(poor, "accounts/transfer", { to: bob.address, amount: balance - 100_000n }));
    rope.do(...Array.from({ length: 16 }, () => fee));
    expectRefused(rope, "governance/too-many-open", fee);
  });
});

describe("a vote", () => {
  it("is a validator's of the set at the proposal, and the last one counts", () => {
    const rope = createGoverned();
    expectRefused(rope, "governance/unknown-proposal", vote(first, VOTE.yes));
    rope.do(fee);
    expectRefused(rope, "governance/no-vote", vote(bob, VOTE.yes));
    rope.do(vote(first, VOTE.no), vote(second, VOTE.yes), vote(third, VOTE.yes));
    rope.do(vote(first, VOTE.yes), vote(fourth, VOTE.abstain));
    endVote(rope);
    expect(read(rope)).toMatchObject({ yes: 800n, no: 0n, abstain: 200n, veto: 0n, state: passed });
    expectRefused(rope, "governance/not-voting", vote(first, VOTE.no));
  });

  it("waits for its height and for its time, whichever is later", () => {
    const rope = createGoverned();
    rope.do(fee);
    const { endMs, endHeight } = read(rope);
    rope.at(endMs);
    expect(read(rope).state).toBe(voting);
    while (rope.height < endHeight) rope.do();
    expect(read(rope).state).toBe(withoutQuorum);
  });

  it.each<readonly [string, readonly (VoteOption | 0)[], number, boolean]>([
    ["two thirds of the power take part and yes has them", [1, 1, 1, 0], passed, true],
    ["too few take part", [1, 1, 0, 0], withoutQuorum, false],
    ["no has more than a third", [1, 1, 2, 2], rejected, true],
    ["veto has more than a third", [1, 1, 4, 4], vetoed, false],
    ["everybody abstains", [3, 3, 3, 3], rejected, true],
  ])("when %s ends as it must, and so does the deposit", (_, options, state, comesBack) => {
    const rope = createGoverned();
    rope.do(fee);
    const before = rope.account(alice).balance;
    rope.do(
      ...options.flatMap((option, index) => {
        const from = voters[index];
        return option === 0 || !from ? [] : [vote(from, option)];
      }),
    );
    endVote(rope);
    expect(read(rope).state).toBe(state);
    expect(deposits(rope)).toBe(0n);
    expect(rope.account(alice).balance - before).toBe(comesBack ? DEPOSIT : 0n);
    expect(burnt(rope)).toBe(comesBack ? 0n : DEPOSIT);
  });
});

describe("what has passed", () => {
  it("waits for its delay, and is carried out by a block that carries nothing", () => {
    const rope = createGoverned();
    rope.do(fee);
    rope.do(...voters.map((voter) => vote(voter, VOTE.yes)));
    endVote(rope);
    const { executeAtMs, state } = read(rope);
    expect({ state, executeAtMs }).toEqual({ state: passed, executeAtMs: rope.timeMs + 5_000n });
    rope.at(executeAtMs - 1n);
    expect(read(rope).state).toBe(passed);
    expect(rope.runtime.application.wantsBlock?.(executeAtMs, rope.last as never)).toBe(true);
    rope.at(executeAtMs);
    expect(read(rope)).toMatchObject({ state: executed, endedHeight: rope.height, failure: "" });
  });

  it("and cannot be carried out has failed, with the code of why, and changed nothing", () => {
    const rope = createGoverned();
    const account = alice.address;
    const ended = pass(rope, proposal("take-office", { office: "archive", account }));
    expect(ended).toMatchObject({ state: failed, failure: "identity/not-in-office" });
    expect(deposits(rope)).toBe(0n);
  });
});

it("the parameters of a chain that is no development profile take days", () => {
  const rope = RopeBench.create([], {
    parameters: { ...PARAMETERS, developmentProfile: false },
  });
  rope.do(fee);
  expect(read(rope)).toMatchObject({ deposit: 10_000n, endMs: rope.timeMs + 3n * 86_400_000n });
});

describe("the outcome", () => {
  const rules = { quorumBasisPoints: 6_667, thresholdBasisPoints: 6_667, vetoBasisPoints: 3_333 };
  const power = fc.bigInt({ min: 0n, max: 10n ** 12n });

  it("needs two thirds of all power and of those who decide, whatever the numbers", () => {
    fc.assert(
      fc.property(power, power, power, power, power, (yes, no, abstain, veto, absent) => {
        const total = yes + no + abstain + veto + absent;
        const state = outcome({ yes, no, abstain, veto }, total, rules);
        if (state !== passed) return;
        expect(3n * (total - absent)).toBeGreaterThanOrEqual(2n * total);
        expect(3n * yes).toBeGreaterThan(2n * (yes + no + veto));
        expect(3n * veto).toBeLessThanOrEqual(yes + no + abstain + veto);
      }),
    );
  });

  it("is never worse for one more yes of somebody who was absent", () => {
    fc.assert(
      fc.property(power, power, power, power, (yes, no, veto, absent) => {
        const total = yes + no + veto + absent;
        const before = outcome({ yes, no, abstain: 0n, veto }, total, rules);
        const after = outcome({ yes: yes + absent, no, abstain: 0n, veto }, total, rules);
        if (before === passed) expect(after).toBe(passed);
      }),
    );
  });
});
