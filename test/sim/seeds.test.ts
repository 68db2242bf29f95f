import { describe, expect, it } from "vitest";
import { scenarioOf } from "./scenario.ts";
import { search, shrink } from "./search.ts";
import { type Outcome, run } from "./world.ts";

const text = (value: unknown): string => JSON.stringify(value, null, 1);

const FIRST_SEEDS = [1, 81, 161, 241];

describe("validators above simulated wires, clocks and disks", () => {
  it.each(FIRST_SEEDS)(
    "agree, keep what they committed and go on once all is well: 80 seeds from %i on",
    async (from) => {
      const outcomes: Outcome[] = [];
      const found = await search({ from, seeds: 80, onOutcome: (one) => outcomes.push(one) });
      const [first] = found;
      const smallest = first && (await shrink(first));
      expect(found.length, `seed ${first?.scenario.seed}: ${text(smallest)}`).toBe(0);
      // The schedules must hurt, or the run proves nothing.
      const sum = (count: (one: Outcome) => number): number =>
        outcomes.reduce((total, one) => total + count(one), 0);
      expect(sum(({ crashes }) => crashes)).toBeGreaterThan(80);
      expect(sum(({ height }) => Number(height))).toBeGreaterThan(400);
      expect(outcomes.filter(({ rounds }) => rounds >= 2).length).toBeGreaterThan(15);
    },
  );

  it("do the same again for the same seed, on the rope's own application too", async () => {
    for (const application of ["tally", "runtime"] as const) {
      const scenario = scenarioOf(7, { application, signatures: "memoised" });
      const [once, again] = [await run(scenario), await run(scenario)];
      expect(again).toEqual(once);
      const other = await run(scenarioOf(8, { application, signatures: "memoised" }));
      expect(other.trace).not.toBe(once.trace);
    }
  });

  it("do the same whether signatures are checked once or by every node", async () => {
    const once = await run(scenarioOf(12, { application: "tally", signatures: "memoised" }));
    const everywhere = await run(scenarioOf(12, { application: "tally", signatures: "sm2" }));
    expect(everywhere).toEqual(once);
  });
});
