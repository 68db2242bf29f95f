import { describe, expect, it } from "vitest";
import type { PlantedFault } from "./faults.ts";
import type { ViolationKind } from "./observer.ts";
import { search, shrink } from "./search.ts";
import { run } from "./world.ts";

/** What gives each planted fault away. Seeds in which none is planted show nothing: seeds.test.ts. */
const SIGNS: Readonly<Record<PlantedFault, readonly ViolationKind[]>> = {
  "quorum-off-by-one": ["bad-commit", "two-blocks"],
  "lock-forgotten": ["broken-lock", "two-blocks"],
  "unlock-rule-dropped": ["stuck"],
  "unlock-without-polka": ["broken-lock", "two-blocks"],
  "wal-order-swapped": ["broken-lock", "two-blocks", "stuck"],
  "wal-never-synced": ["broken-lock", "two-blocks", "stuck"],
  "signer-without-memory": ["double-sign", "two-blocks"],
  "fault-taken-for-verdict": ["halted", "failed"],
};

const FAST = { application: "tally", signatures: "hashed" } as const;
const MOST_SEEDS = 1_000;

describe("the simulation finds", () => {
  it.each(Object.entries(SIGNS))(`%s within ${MOST_SEEDS} seeds`, async (name, signs) => {
    const fault = name as PlantedFault;
    const found = await search({ ...FAST, from: 1, seeds: MOST_SEEDS, fault, untilFound: true });
    expect(signs).toContain(found[0]?.violations[0]?.kind);
  });

  it("a schedule with few events that still shows the fault, and the same one each time", async () => {
    const fault = "signer-without-memory";
    const [found] = await search({ ...FAST, from: 1, seeds: MOST_SEEDS, fault, untilFound: true });
    if (!found) throw new Error("not found");
    const smallest = await shrink(found, fault);
    expect(smallest.scenario.schedule.length).toBeLessThan(found.scenario.schedule.length / 2);
    const { violations } = await run(smallest.scenario, fault);
    expect(violations).toEqual(smallest.violations);
    expect((await run(smallest.scenario)).violations).toEqual([]);
  });
});
