import { expect, it } from "vitest";
import type { ApplicationKind } from "./chain.ts";
import type { FaultEvent, Scenario } from "./scenario.ts";
import { run } from "./world.ts";

const VICTIM = 0;

const load: readonly FaultEvent[] = [0, 100, 200, 300, 400].map((atMs, client) => ({
  kind: "transactions",
  atMs: atMs + 40,
  host: 1 + (client % 3),
  client: client % 4,
  count: 2,
}));

/** Four validators in the best of worlds, but for one read of one of them. Without it nothing goes on. */
function quiet(application: ApplicationKind, after: number): Scenario {
  return {
    seed: 5,
    application,
    signatures: "hashed",
    powers: [1, 1, 1, 1],
    byzantine: [{ validator: 3, kind: "silent" }],
    timeouts: "short",
    byzantineForEver: true,
    healAtMs: 700,
    schedule: [...load, { kind: "badRead", atMs: 30, host: VICTIM, downMs: 30, after }],
  };
}

it.each<[ApplicationKind, number, number]>([
  ["tally", 18, 1],
  ["runtime", 80, 4],
])(
  "on %s, a validator that cannot read one of the next %i rows of its store halts, comes back and harms nobody",
  async (application, reads, step) => {
    const failures: string[] = [];
    for (let after = 0; after < reads; after += step) {
      const { violations, crashes } = await run(quiet(application, after));
      for (const { kind, detail } of violations) failures.push(`read ${after}: ${kind} ${detail}`);
      if (crashes === 0) failures.push(`read ${after} never came`);
    }
    expect(failures).toEqual([]);
  },
);
