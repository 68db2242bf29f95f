import { equalBytes, NIL_BLOCK_ID, type SignedVote, VOTE_TYPE } from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { powerOf, votesOf } from "../../src/votes/ballot.ts";
import { assembleCommit } from "../../src/votes/commit.ts";
import {
  addVote,
  ballotOf,
  EMPTY_KEEPER,
  hasPolka,
  type VoteKeeper,
} from "../../src/votes/vote-keeper.ts";
import { blockId, contextOf, voteOf } from "../fixtures.ts";

const X = blockId(88);
const Y = blockId(89);

interface Cast {
  readonly index: number;
  readonly round: number;
  readonly value: number;
  readonly precommit: boolean;
}

const cast = fc.record<Cast>({
  index: fc.nat(4),
  round: fc.nat(1),
  value: fc.nat(2),
  precommit: fc.boolean(),
});
const powersArbitrary = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 5, maxLength: 5 });

function signed({ index, round, value, precommit }: Cast): SignedVote {
  const type = precommit ? VOTE_TYPE.precommit : VOTE_TYPE.prevote;
  return voteOf(type, index, round, value === 0 ? null : blockId(value));
}

function keep(powers: readonly number[], casts: readonly Cast[]): VoteKeeper {
  const context = contextOf(powers);
  return casts.reduce(
    (keeper, one) => addVote(context, keeper, one.index, signed(one)).keeper,
    EMPTY_KEEPER,
  );
}

const groups = [0, 1].flatMap((round) => [
  { round, type: VOTE_TYPE.prevote, precommit: false },
  { round, type: VOTE_TYPE.precommit, precommit: true },
]);

describe("the vote keeper", () => {
  it("counts each validator once in a round's total, whatever it sends", () => {
    fc.assert(
      fc.property(powersArbitrary, fc.array(cast, { maxLength: 60 }), (powers, casts) => {
        const keeper = keep(powers, casts);
        for (const { round, type, precommit } of groups) {
          const voters = new Set(
            casts
              .filter((one) => one.round === round && one.precommit === precommit)
              .map((one) => one.index),
          );
          const expected = [...voters].reduce((sum, index) => sum + (powers[index] ?? 0), 0);
          expect(ballotOf(keeper, round, type).power).toBe(BigInt(expected));
        }
      }),
    );
  });

  it("counts each validator at most once per value, and never for a value it did not sign", () => {
    fc.assert(
      fc.property(powersArbitrary, fc.array(cast, { maxLength: 60 }), (powers, casts) => {
        const keeper = keep(powers, casts);
        for (const { round, type, precommit } of groups) {
          for (const value of [0, 1, 2]) {
            const signers = new Set(
              casts
                .filter(
                  (one) =>
                    one.round === round && one.precommit === precommit && one.value === value,
                )
                .map((one) => one.index),
            );
            const most = [...signers].reduce((sum, index) => sum + (powers[index] ?? 0), 0);
            const ballot = ballotOf(keeper, round, type);
            const id = value === 0 ? NIL_BLOCK_ID : blockId(value);
            expect(powerOf(ballot, id)).toBeLessThanOrEqual(BigInt(most));
            const kept = votesOf(ballot).filter((vote) => equalBytes(vote.blockId, id));
            const keptPower = kept.reduce(
              (sum, vote) => sum + (powers[(vote.validator[0] ?? 0) - 1] ?? 0),
              0,
            );
            expect(powerOf(ballot, id)).toBe(BigInt(keptPower));
          }
        }
      }),
    );
  });

  it("gives the same tallies in every order, where nobody equivocates", () => {
    const honest = fc.uniqueArray(cast, {
      selector: ({ index, round, precommit }) => `${index}/${round}/${precommit}`,
    });
    const shuffled = honest.chain((casts) =>
      fc.tuple(fc.constant(casts), fc.shuffledSubarray(casts, { minLength: casts.length })),
    );
    fc.assert(
      fc.property(powersArbitrary, shuffled, (powers, [casts, reordered]) => {
        const one = keep(powers, casts);
        const other = keep(powers, [...reordered, ...casts]);
        expect(other.accused.size).toBe(0);
        for (const { round, type } of groups) {
          expect(ballotOf(other, round, type).powerByValue).toEqual(
            ballotOf(one, round, type).powerByValue,
          );
          expect(votesOf(ballotOf(other, round, type))).toEqual(
            votesOf(ballotOf(one, round, type)),
          );
        }
      }),
    );
  });

  it("accuses exactly those who signed two values of one round and type, each once", () => {
    fc.assert(
      fc.property(powersArbitrary, fc.array(cast, { maxLength: 40 }), (powers, casts) => {
        const context = contextOf(powers);
        const reports: number[] = [];
        let keeper = EMPTY_KEEPER;
        for (const one of casts) {
          const change = addVote(context, keeper, one.index, signed(one));
          keeper = change.keeper;
          if (!change.evidence) continue;
          const { first, second } = change.evidence;
          reports.push(one.index);
          expect([first.type, first.round, first.validator]).toEqual([
            second.type,
            second.round,
            second.validator,
          ]);
          expect(equalBytes(first.blockId, second.blockId)).toBe(false);
        }
        const guilty = [0, 1, 2, 3, 4].filter((index) =>
          groups.some(
            ({ round, precommit }) =>
              new Set(
                casts
                  .filter(
                    (one) =>
                      one.index === index && one.round === round && one.precommit === precommit,
                  )
                  .map((one) => one.value),
              ).size > 1,
          ),
        );
        expect(reports.toSorted()).toEqual(guilty);
      }),
    );
  });

  it("needs strictly more than two thirds for a polka", () => {
    const context = contextOf([3, 3, 3]);
    const two = [0, 1].map((index) => ({ index, round: 0, value: 1, precommit: false }));
    expect(hasPolka(context, keep([3, 3, 3], two), 0, blockId(1))).toBe(false);
    const three = [...two, { index: 2, round: 0, value: 1, precommit: false }];
    expect(hasPolka(context, keep([3, 3, 3], three), 0, blockId(1))).toBe(true);
  });

  it("counts a contradicting vote for a value once more than a third of the power stands behind it", () => {
    const context = contextOf([1, 1, 1, 1]);
    const add = (keeper: VoteKeeper, index: number, block: Uint8Array): VoteKeeper =>
      addVote(context, keeper, index, voteOf(VOTE_TYPE.prevote, index, 0, block)).keeper;
    let keeper = add(add(EMPTY_KEEPER, 3, Y), 0, X);
    keeper = add(keeper, 3, X);
    expect(powerOf(ballotOf(keeper, 0, VOTE_TYPE.prevote), X)).toBe(1n);
    keeper = add(keeper, 1, X);
    expect(hasPolka(context, keeper, 0, X)).toBe(false);
    keeper = add(keeper, 3, X);
    expect(hasPolka(context, keeper, 0, X)).toBe(true);
    expect(ballotOf(keeper, 0, VOTE_TYPE.prevote).power).toBe(3n);
    expect(add(keeper, 3, X)).toBe(keeper);
  });

  it("bounds what an equivocator can make it hold", () => {
    const context = contextOf([1, 1, 1, 1]);
    let keeper = EMPTY_KEEPER;
    for (let value = 1; value < 200; value += 1) {
      keeper = addVote(context, keeper, 3, voteOf(VOTE_TYPE.prevote, 3, 0, blockId(value))).keeper;
    }
    expect(votesOf(ballotOf(keeper, 0, VOTE_TYPE.prevote))).toHaveLength(1);
  });
});

describe("assembleCommit", () => {
  it("takes the precommits for the block alone, in the order of the bitmap", () => {
    const powers = Array(9).fill(1);
    const context = contextOf(powers);
    let keeper = EMPTY_KEEPER;
    for (const index of [8, 1, 5, 0, 7, 3, 6]) {
      keeper = addVote(context, keeper, index, voteOf(VOTE_TYPE.precommit, index, 2, X)).keeper;
    }
    keeper = addVote(context, keeper, 2, voteOf(VOTE_TYPE.precommit, 2, 2, null)).keeper;
    const commit = assembleCommit(context, keeper, 2, X);
    expect([...commit.bitmap]).toEqual([0b1110_1011, 0b1]);
    expect(commit.signatures.map((signature) => (signature[32] ?? 0) - 1)).toEqual([
      0, 1, 3, 5, 6, 7, 8,
    ]);
    expect(commit).toMatchObject({ height: context.height, round: 2, blockId: X });
  });
});
