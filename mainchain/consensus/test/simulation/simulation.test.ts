import { describe, expect, it } from "vitest";
import { type Input, type State, step } from "../../src/index.ts";
import type { StepFunction } from "./environment.ts";
import { Random } from "./random.ts";
import { type Outcome, type Scenario, World } from "./world.ts";

const EQUAL_4 = [1, 1, 1, 1];
const EQUAL_7 = [1, 1, 1, 1, 1, 1, 1];

function scenario(seed: number, changes: Partial<Scenario>): Scenario {
  return {
    seed,
    powers: EQUAL_4,
    equivocators: [3],
    silent: [],
    heights: 3n,
    healAtMs: 3_000,
    dropRate: 0.25,
    crashRate: 0.01,
    step,
    ...changes,
  };
}

/** Random stakes; those of `faulty` as large as stays below one third. */
function unequalPowers(seed: number, size: number, faulty: readonly number[]): readonly number[] {
  const random = new Random(seed ^ 0x5eed);
  const powers = Array.from({ length: size }, () => 1 + random.below(40));
  const honest = powers.reduce((sum, power, at) => (faulty.includes(at) ? sum : sum + power), 0);
  // f < (h + f) / 3  ⇔  2f < h
  const budget = Math.floor((honest - 1) / 2);
  for (const at of faulty) powers[at] = Math.max(1, Math.floor(budget / faulty.length));
  return powers;
}

function runSeeds(
  seeds: number,
  make: (seed: number) => Scenario,
): { readonly outcomes: readonly Outcome[]; readonly failures: readonly string[] } {
  const outcomes: Outcome[] = [];
  const failures: string[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const outcome = new World(make(seed)).run();
    outcomes.push(outcome);
    for (const violation of outcome.violations) failures.push(`seed ${seed}: ${violation}`);
  }
  return { outcomes, failures };
}

function sum(outcomes: readonly Outcome[], field: "crashes" | "evidence"): number {
  return outcomes.reduce((total, outcome) => total + outcome[field], 0);
}

describe("a simulated network agrees, decides valid blocks only, and goes on once healed", () => {
  it("with 4 equal validators, one of them equivocating", () => {
    const { outcomes, failures } = runSeeds(100, (seed) => scenario(seed, {}));
    expect(failures).toEqual([]);
    // The schedule must hurt, or the run proves nothing.
    expect(sum(outcomes, "crashes")).toBeGreaterThan(100);
    expect(sum(outcomes, "evidence")).toBeGreaterThan(50);
    expect(outcomes.filter(({ rounds }) => rounds > 2).length).toBeGreaterThan(50);
  });

  it("with 4 unequal stakes, the equivocator just below one third", () => {
    const { failures } = runSeeds(60, (seed) =>
      scenario(seed, { powers: unequalPowers(seed, 4, [3]) }),
    );
    expect(failures).toEqual([]);
  });

  it("with 4 validators, one silent for ever", () => {
    const { failures } = runSeeds(40, (seed) =>
      scenario(seed, { equivocators: [], silent: [seed % 4], dropRate: 0.4 }),
    );
    expect(failures).toEqual([]);
  });

  it("with 7 equal validators, one equivocating and one silent", () => {
    const { failures } = runSeeds(30, (seed) =>
      scenario(seed, { powers: EQUAL_7, equivocators: [6], silent: [2] }),
    );
    expect(failures).toEqual([]);
  });

  it("with 7 unequal stakes, two equivocators just below one third together", () => {
    const { failures } = runSeeds(30, (seed) =>
      scenario(seed, { powers: unequalPowers(seed, 7, [0, 4]), equivocators: [0, 4] }),
    );
    expect(failures).toEqual([]);
  });
});

describe("the simulation finds planted faults", () => {
  const broken = (change: (state: State, input: Input) => State): StepFunction => {
    return (state, input) => step(change(state, input), input);
  };
  const withHeight = (
    state: State,
    change: (height: NonNullable<State["current"]>) => Partial<NonNullable<State["current"]>>,
  ): State =>
    state.current ? { ...state, current: { ...state.current, ...change(state.current) } } : state;

  const search = (stepFunction: StepFunction, changes: Partial<Scenario> = {}): readonly string[] =>
    runSeeds(150, (seed) =>
      scenario(seed, { dropRate: 0.35, heights: 2n, ...changes, step: stepFunction }),
    ).failures;

  it("and none in the rules as they are, under the same schedules", () => {
    expect(search(step)).toEqual([]);
  });

  it("a quorum one short", () => {
    const failures = search(
      broken((state) =>
        withHeight(state, ({ context }) => ({ context: { ...context, quorum: 2n } })),
      ),
    );
    expect(failures.join()).toContain("two blocks at one height");
  });

  it("locks forgotten", () => {
    const failures = search(broken((state) => withHeight(state, () => ({ locked: null }))));
    expect(failures.join()).toContain("two blocks at one height");
  });

  it("an unlock on the proposer's word, without the polka", () => {
    const failures = search(
      broken((state, input) =>
        withHeight(state, ({ locked }) => ({
          locked:
            input.kind === "proposal" && locked && input.proposal.polRound >= locked.round
              ? null
              : locked,
        })),
      ),
    );
    expect(failures.join()).toContain("two blocks at one height");
  });
});
