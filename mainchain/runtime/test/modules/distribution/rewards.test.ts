import {
  type Block,
  DEFAULT_STAKING_PARAMETERS,
  type RewardPoolRecord,
  rewardPoolRecordCodec,
  sm3,
  stakingParametersRecordCodec,
  stateKey,
  utf8ToBytes,
  type ValidatorRecord,
} from "@ropenet/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Context, writeRecord } from "../../../src/module.ts";
import { rewardsHeld } from "../../../src/modules/distribution/invariants.ts";
import {
  collect,
  createRewards,
  openPool,
  owed,
  readPool,
  readRewards,
} from "../../../src/modules/distribution/keeper.ts";
import { createBlockState } from "../../../src/state/block-state.ts";
import { alice, bob, PARAMETERS, type TestValidator, validators } from "../../kit/genesis.ts";
import { MemoryStore } from "../../kit/memory-store.ts";
import { plan } from "../../kit/rope-bench.ts";
import { delegate, stakingRope, undelegate } from "../../kit/staking-bench.ts";

const VALIDATORS = 3;
const DELEGATORS = 4;
/** Fractions of the model: fine enough that its own rounding is nothing. */
const ONE = 1n << 200n;
const address = (label: string): Uint8Array => sm3(utf8ToBytes(label)).slice(12);
const validator = (index: number): Uint8Array => address(`validator ${index}`);
const delegator = (index: number): Uint8Array => address(`delegator ${index}`);

type Step =
  | { readonly kind: "income"; readonly fees: bigint; readonly passMs: bigint }
  | { readonly kind: "shares"; readonly v: number; readonly d: number; readonly to: bigint }
  | { readonly kind: "power"; readonly v: number; readonly power: bigint }
  | { readonly kind: "commission"; readonly v: number; readonly rate: number }
  | { readonly kind: "withdraw"; readonly v: number; readonly d: number }
  | { readonly kind: "collect-commission"; readonly v: number };

const v = fc.nat(VALIDATORS - 1);
const d = fc.nat(DELEGATORS - 1);
const amount = fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, 1n << 70n));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("income" as const),
      fees: amount,
      passMs: fc.bigInt(0n, 10_000_000n),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("shares" as const), v, d, to: amount }) },
  fc.record({ kind: fc.constant("power" as const), v, power: fc.bigInt(0n, 1n << 50n) }),
  fc.record({ kind: fc.constant("commission" as const), v, rate: fc.nat(10_000) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), v, d }) },
  fc.record({ kind: fc.constant("collect-commission" as const), v }),
);

/** Everybody's part of every income at once, in fractions: what the lazy books must come to. */
class NaiveModel {
  readonly powers: bigint[] = Array.from({ length: VALIDATORS }, () => 0n);
  readonly rates: number[] = Array.from({ length: VALIDATORS }, () => 0);
  readonly shares: bigint[][] = Array.from({ length: VALIDATORS }, () =>
    Array.from({ length: DELEGATORS }, () => 0n),
  );
  readonly earned: bigint[][] = Array.from({ length: VALIDATORS }, () =>
    Array.from({ length: DELEGATORS }, () => 0n),
  );
  readonly commissions: bigint[] = Array.from({ length: VALIDATORS }, () => 0n);

  income(coins: bigint): void {
    const total = this.powers.reduce((sum, power) => sum + power, 0n);
    if (total === 0n) return;
    for (let index = 0; index < VALIDATORS; index += 1) {
      const own = this.shares[index] as bigint[];
      const all = own.reduce((sum, shares) => sum + shares, 0n);
      if (all === 0n) continue;
      const part = (coins * ONE * (this.powers[index] ?? 0n)) / total;
      const commission = (part * BigInt(this.rates[index] ?? 0)) / 10_000n;
      this.commissions[index] = (this.commissions[index] ?? 0n) + commission;
      for (let who = 0; who < DELEGATORS; who += 1) {
        const earned = ((part - commission) * (own[who] ?? 0n)) / all;
        (this.earned[index] as bigint[])[who] = (this.earned[index]?.[who] ?? 0n) + earned;
      }
    }
  }
}

/** The books themselves, over a state in memory. */
class Books {
  readonly state = createBlockState(new MemoryStore());
  readonly balances = new Map<string, bigint>();
  readonly paid: bigint[][] = Array.from({ length: VALIDATORS }, () =>
    Array.from({ length: DELEGATORS }, () => 0n),
  );
  readonly paidCommission: bigint[] = Array.from({ length: VALIDATORS }, () => 0n);
  readonly records: ValidatorRecord[];
  readonly rewards = createRewards({ take: () => undefined, give: () => undefined });
  timeMs = 0n;

  constructor() {
    const key = stateKey.stakingParameters();
    writeRecord(this.state, key, stakingParametersRecordCodec, DEFAULT_STAKING_PARAMETERS);
    openPool(this.state, 0n);
    this.records = Array.from({ length: VALIDATORS }, (_, index) => {
      this.rewards.open(this.context(), validator(index));
      return { address: validator(index), shares: 0n, commissionBasisPoints: 0 } as ValidatorRecord;
    });
  }

  context(): Context {
    const { state, timeMs } = this;
    return {
      ...{ state, timeMs, parameters: PARAMETERS, height: 1n },
      previousStateRoot: new Uint8Array(32),
      emit: () => undefined,
    };
  }

  record(index: number): ValidatorRecord {
    return this.records[index] as ValidatorRecord;
  }

  change(index: number, change: Partial<ValidatorRecord>): void {
    this.records[index] = { ...this.record(index), ...change };
  }

  pay(index: number, who: number, shares: bigint): void {
    const amount = this.rewards.payDelegator(
      this.context(),
      this.record(index),
      delegator(who),
      shares,
    );
    (this.paid[index] as bigint[])[who] = (this.paid[index]?.[who] ?? 0n) + amount;
  }

  income(fees: bigint): bigint {
    const before = this.pool().issued;
    const block = { transactions: [new Uint8Array(1)] } as unknown as Block;
    collect(this.context(), { block, fees });
    return fees + this.pool().issued - before;
  }

  pool(): RewardPoolRecord {
    return readPool(this.state);
  }
}

function play(books: Books, model: NaiveModel, one: Step): void {
  switch (one.kind) {
    case "income":
      books.timeMs += one.passMs;
      model.income(books.income(one.fees));
      return;
    case "shares": {
      const held = model.shares[one.v]?.[one.d] ?? 0n;
      books.pay(one.v, one.d, held);
      (model.shares[one.v] as bigint[])[one.d] = one.to;
      books.change(one.v, { shares: books.record(one.v).shares - held + one.to });
      return;
    }
    case "power":
      books.rewards.setPower(books.context(), books.record(one.v), one.power);
      model.powers[one.v] = one.power;
      return;
    case "commission":
      books.rewards.settle(books.context(), books.record(one.v));
      books.change(one.v, { commissionBasisPoints: one.rate });
      model.rates[one.v] = one.rate;
      return;
    case "withdraw":
      books.pay(one.v, one.d, model.shares[one.v]?.[one.d] ?? 0n);
      return;
    case "collect-commission":
      books.paidCommission[one.v] =
        (books.paidCommission[one.v] ?? 0n) +
        books.rewards.payCommission(books.context(), books.record(one.v));
  }
}

it("lazy books pay what naive ones do, never more, and less only by rounding", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const books = new Books();
      const model = new NaiveModel();
      for (const one of steps) {
        play(books, model, one);
        expect(rewardsHeld.check(books.context())).toEqual([]);
      }
      // Each division loses less than a coin, and there are a few per step.
      const slack = BigInt(4 * steps.length + 4) * ONE;
      for (let index = 0; index < VALIDATORS; index += 1) {
        const record = books.record(index);
        books.rewards.settle(books.context(), record);
        const commission =
          (books.paidCommission[index] ?? 0n) + readRewards(books.state, record.address).commission;
        const due = model.commissions[index] ?? 0n;
        expect(commission * ONE).toBeLessThanOrEqual(due);
        expect(due - commission * ONE).toBeLessThan(slack);
        for (let who = 0; who < DELEGATORS; who += 1) {
          const shares = model.shares[index]?.[who] ?? 0n;
          const open = owed(books.state, record.address, delegator(who), shares);
          const got = ((books.paid[index]?.[who] ?? 0n) + open) * ONE;
          const earned = model.earned[index]?.[who] ?? 0n;
          // What the commission loses by rounding down is the delegators'.
          expect(got).toBeLessThanOrEqual(earned + slack);
          expect(earned - got).toBeLessThan(slack);
        }
      }
      const { remaining, credited, issued, fees, withdrawn } = books.pool();
      expect(remaining + credited + withdrawn).toBe(issued + fees);
      expect(rewardsHeld.check(books.context())).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

const [v0, v1] = validators as readonly [TestValidator, TestValidator];
const withdraw = (from: typeof alice, from0: TestValidator) =>
  plan(from, "staking/withdraw-rewards", { validator: from0.consensus.address });

it("on the chain: fees and issuance come to those who delegated, in proportion", () => {
  const rope = stakingRope({ issuancePerDay: 86_400_000n });
  rope.do(delegate(alice, v0, 300n));
  const start = rope.must(stateKey.rewardPool(), rewardPoolRecordCodec);
  // A second issues 1,000 coins; each block here is a second after the one before.
  const { transactions } = rope.do(delegate(bob, v1, 10n));
  const pool = rope.must(stateKey.rewardPool(), rewardPoolRecordCodec);
  expect(pool.issued - start.issued).toBe(1_000n);
  expect(pool.fees - start.fees).toBe(transactions[0]?.feePaid);
  const before = rope.account(alice).balance;
  const taken = rope.do(withdraw(alice, v0));
  const [result] = taken.transactions;
  const paid = BigInt(result?.events[0]?.attributes["amount"] ?? "0");
  expect(rope.account(alice).balance - before).toBe(paid - (result?.feePaid ?? 0n));
  // v0 has 300 of 1,000 power; half of its shares are alice's; the block of the withdrawal is not in it, that of the delegation is.
  const income = pool.issued + pool.fees;
  expect(paid).toBeGreaterThanOrEqual((income * 3n) / 20n - 2n);
  expect(paid).toBeLessThanOrEqual((income * 3n) / 20n);
  const again = rope.do(withdraw(alice, v0)).transactions[0]?.events[0]?.attributes["amount"];
  expect(BigInt(again ?? "0")).toBeGreaterThan(0n);
  rope.do(undelegate(alice, v0, 300n));
  const last = rope.block([withdraw(alice, v0)]).transactions[0];
  expect(last?.code).toBe("staking/no-delegation");
});

it("an empty block issues nothing: it must not ask for the next", () => {
  const rope = stakingRope();
  rope.do(delegate(alice, v0, 1n));
  const before = rope.value(stateKey.rewardPool());
  rope.do();
  expect(rope.value(stateKey.rewardPool())).toEqual(before);
});
