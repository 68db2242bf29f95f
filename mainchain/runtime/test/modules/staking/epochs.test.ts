import {
  bridgeKeysRecordCodec,
  checkpointCodec,
  handoverDigest,
  latestCheckpointRecordCodec,
  SUITE_KECCAK,
  SUITE_SM,
  signerSetHash,
  stateKey,
  validatorSetHash,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { alice, type TestValidator, validators } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan, type RopeBench } from "../../kit/rope-bench.ts";
import { bridgeSignature, signCheckpoint } from "../../kit/signing.ts";
import {
  delegate,
  epochOf,
  handoverPlans,
  powerOf,
  progressOf,
  rotate,
  STAKING,
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

/** A set that differs by one delegation has been announced. */
function announced(): RopeBench {
  const rope = stakingRope();
  rope.do(delegate(alice, v3, 60n));
  toBoundary(rope);
  return rope;
}

describe("at the end of an epoch", () => {
  it("nothing is announced while the set stays what it is, and an empty chain rests", () => {
    const rope = stakingRope();
    toBoundary(rope);
    expect(progressOf(rope)).toMatchObject({ epoch: 0n, announced: false });
    expect(rope.runtime.queries.handoversToSign(v0.consensus.address)).toEqual([]);
    rope.do();
    const { stateRoot } = rope;
    rope.do();
    expect(rope.stateRoot).toEqual(stateRoot);
  });

  it("the next set is announced, and owed by every validator of this one, for every suite", () => {
    const rope = announced();
    expect(progressOf(rope)).toMatchObject({ epoch: 0n, announced: true, ready: false });
    expect(powerOf(rope, v3)).toBe(200n);
    expect(epochOf(rope, 1n)).toMatchObject({ firstHeight: 0n, computedHeight: rope.height });
    for (const { consensus } of validators) {
      const owed = rope.runtime.queries.handoversToSign(consensus.address);
      expect(owed.map(({ suite, fromEpoch }) => [suite, fromEpoch])).toEqual([
        [SUITE_KECCAK, 0n],
        [SUITE_SM, 0n],
      ]);
    }
  });

  it("it does not follow before all suites have more than two thirds of the power", () => {
    const rope = announced();
    const plans = handoverPlans(rope, validators);
    const of = (validator: TestValidator, suite: 1 | 2) =>
      plans[2 * validators.indexOf(validator) + suite - 1] as (typeof plans)[number];
    // 570 of 1000 for one suite, everything for the other.
    rope.do(of(v0, 1), of(v1, 1));
    rope.do(of(v0, 2), of(v1, 2), of(v2, 2), of(v3, 2));
    for (let blocks = 0; blocks < 20; blocks += 1) rope.do();
    expect(progressOf(rope)).toMatchObject({ epoch: 0n, ready: false });
    rope.do(of(v2, 1));
    expect(progressOf(rope)).toMatchObject({ epoch: 0n, ready: true });
  });

  it("one header names it, and the height after is its own", () => {
    const rope = announced();
    const before = validatorSetHash(rope.runtime.application.validators());
    const last = rope.do(...handoverPlans(rope, validators));
    expect(last.header.nextValidatorsHash).toEqual(before);
    const naming = rope.do();
    expect(naming.header.validatorsHash).toEqual(before);
    expect(naming.header.nextValidatorsHash).not.toEqual(before);
    expect(naming.result.nextValidators.find(({ power }) => power === 260n)).toBeDefined();
    const first = rope.do();
    expect(first.header.validatorsHash).toEqual(naming.header.nextValidatorsHash);
    expect(first.header.nextValidatorsHash).toEqual(naming.header.nextValidatorsHash);
    expect(epochOf(rope)).toMatchObject({ epoch: 1n, firstHeight: first.header.height });
    const keys = rope.must(stateKey.bridgeKeys(), bridgeKeysRecordCodec);
    expect(keys.epoch).toBe(1n);
  });

  it("a header that keeps the old set, or names the new one too early, is refused", () => {
    const rope = announced();
    const [, ...rest] = handoverPlans(rope, validators);
    const [first] = handoverPlans(rope, validators);
    const { nextValidatorsHash } = rope.build([]).header;
    const next = (changes: { readonly nextValidatorsHash: Uint8Array }) => () =>
      rope.commit(rope.build([], changes));
    expect(next({ nextValidatorsHash: new Uint8Array(32) })).toThrow("nextValidatorsHash");
    rope.do(...(first ? [first] : []), ...rest);
    expect(next({ nextValidatorsHash })).toThrow("nextValidatorsHash");
    rope.do();
  });
});

describe("a handover", () => {
  it("names the hash of the set that gateways will accept, and its certificate can be asked for", () => {
    const rope = announced();
    rope.do(...handoverPlans(rope, [v0, v1, v3]));
    for (const suite of [SUITE_KECCAK, SUITE_SM] as const) {
      const { handover, complete, currentSet, nextSet, signatures } = rope.runtime.queries.handover(
        suite,
        0n,
      );
      expect(complete).toBe(true);
      expect(handover).toMatchObject({ suite, fromEpoch: 0n, toEpoch: 1n });
      expect(handover.nextSetHash).toEqual(signerSetHash(nextSet));
      expect(nextSet.epoch).toBe(1n);
      expect(nextSet.signers.map(({ power }) => power).toSorted()).toContain(260n);
      expect(currentSet.epoch).toBe(0n);
      expect(signatures).toHaveLength(3);
    }
    expect(() => rope.runtime.queries.handover(SUITE_SM, 1n)).toThrow("query/unknown-handover");
  });

  it("is not signed by others, twice, wrongly, or for an epoch that does not end", () => {
    const rope = announced();
    const { digest, suite } = rope.runtime.queries.handoversToSign(v0.consensus.address)[0] ?? {
      digest: new Uint8Array(32),
      suite: 1,
    };
    const good = { suite, fromEpoch: 0n, signature: bridgeSignature(v0, suite, digest) };
    const sign = (by: TestValidator, change: Partial<typeof good> = {}) =>
      plan(by.consensus, "checkpoints/sign-handover", { ...good, ...change });
    expectRefused(rope, "handover/unknown", sign(v0, { fromEpoch: 1n }));
    expectRefused(rope, "handover/bad-signature", sign(v1));
    const [stranger] = rope.sign([plan(alice, "checkpoints/sign-handover", good)]);
    const { application } = rope.runtime;
    const checked = application.checkTx(application.readTx(stranger as Uint8Array));
    expect(checked).toMatchObject({ ok: false, code: "tx/validators-only" });
    rope.do(sign(v0));
    expectRefused(rope, "handover/already-signed", sign(v0));
  });

  it("is the only one of its epoch, whatever happens meanwhile", () => {
    const rope = announced();
    const before = rope.runtime.queries.handover(SUITE_KECCAK, 0n).handover;
    rope.do(delegate(alice, v2, 1_000n));
    toBoundary(rope);
    toBoundary(rope);
    const after = rope.runtime.queries.handover(SUITE_KECCAK, 0n).handover;
    expect(handoverDigest(after)).toEqual(handoverDigest(before));
    rotate(rope, validators);
    rotate(rope, validators);
    expect(epochOf(rope).epoch).toBe(2n);
  });
});

describe("checkpoints", () => {
  it("carry the epoch of their height, and are signed by its set", () => {
    const rope = announced();
    rotate(rope, validators);
    rope.do(plan(alice, "checkpoints/request", {}));
    rope.at(rope.timeMs + 60_000n);
    const { dueHeight } = rope.must(
      stateKey.latestCheckpoint(SUITE_KECCAK),
      latestCheckpointRecordCodec,
    );
    rope.do();
    const checkpoint = rope.must(stateKey.checkpoint(SUITE_KECCAK, dueHeight), checkpointCodec);
    expect(checkpoint.epoch).toBe(1n);
    rope.do(...validators.map((validator) => signCheckpoint(validator, checkpoint)));
    const { signerSet, signatures } = rope.runtime.queries.checkpoint(SUITE_KECCAK);
    expect(signerSet.epoch).toBe(1n);
    expect(signatures).toHaveLength(4);
  });

  it("of the former epoch keep their own set", () => {
    const rope = stakingRope();
    rope.at(rope.timeMs + 60_000n);
    const { dueHeight } = rope.must(
      stateKey.latestCheckpoint(SUITE_KECCAK),
      latestCheckpointRecordCodec,
    );
    rope.do(delegate(alice, v3, 60n));
    const checkpoint = rope.must(stateKey.checkpoint(SUITE_KECCAK, dueHeight), checkpointCodec);
    rotate(rope, validators);
    rope.do(...validators.slice(0, 3).map((validator) => signCheckpoint(validator, checkpoint)));
    const { signerSet } = rope.runtime.queries.checkpoint(SUITE_KECCAK, dueHeight);
    expect(signerSet.epoch).toBe(0n);
    expect(signerSet.signers.map(({ power }) => power).toSorted()).toEqual([
      200n,
      230n,
      270n,
      300n,
    ]);
  });
});

it("an epoch that would leave fewer than four entities is refused, and the old set stays", () => {
  const rope = stakingRope();
  rope.do(undelegate(v3.consensus, v3, 200n));
  while ((rope.height + 1n) % STAKING.epochBlocks !== 0n) rope.do();
  const block = rope.do();
  expect(block.result.events).toEqual([
    { kind: "staking.epoch-refused", attributes: { epoch: "1", entities: "3" } },
  ]);
  expect(progressOf(rope)).toMatchObject({ epoch: 0n, announced: false, nextCut: 1n });
  expect(powerOf(rope, v3)).toBe(200n);
});

it("epochs that nobody can be punished for any more are forgotten, with their handovers", () => {
  const rope = announced();
  rotate(rope, validators);
  rope.do(delegate(alice, v2, 10n));
  rotate(rope, validators);
  rope.at(rope.timeMs + STAKING.unbondingMs);
  for (let blocks = 0n; blocks < STAKING.unbondingBlocks; blocks += 1n) rope.do();
  rope.do(delegate(alice, v1, 10n));
  rotate(rope, validators);
  expect(rope.value(stateKey.epoch(0n))).toBeUndefined();
  expect(rope.value(stateKey.epoch(1n))).toBeUndefined();
  expect(rope.records("checkpoints/handover/").length).toBe(2);
  expect(rope.value(stateKey.epoch(3n))).toBeDefined();
});
