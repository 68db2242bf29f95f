import { describe, expect, it } from "vitest";
import type { CrashMoment, CrashStyle } from "./disk.ts";
import type { FaultEvent, Scenario } from "./scenario.ts";
import { run } from "./world.ts";

const VICTIM = 0;
const POINTS = 80;
const HEAL_MS = 700;

const load: readonly FaultEvent[] = [0, 100, 200, 300, 400].map((atMs, client) => ({
  kind: "transactions",
  atMs: atMs + 40,
  host: 1 + (client % 3),
  client: client % 4,
  count: 2,
}));

/** Four validators in the best of worlds, but for `events`. One is silent if the others shall need the victim. */
function quiet(silent: boolean, events: readonly FaultEvent[]): Scenario {
  return {
    seed: 5,
    application: "tally",
    signatures: "hashed",
    powers: [1, 1, 1, 1],
    byzantine: silent ? [{ validator: 3, kind: "silent" }] : [],
    timeouts: "short",
    byzantineForEver: true,
    healAtMs: HEAL_MS,
    schedule: [...load, ...events],
  };
}

function crashAt(after: number, moment: CrashMoment, style: CrashStyle): FaultEvent {
  const point = { after, moment, style };
  return { kind: "crash", atMs: 0, host: VICTIM, downMs: 30, point, trigger: "now" };
}

type Way = [CrashMoment, CrashStyle];

const POWER: readonly Way[] = [
  ["before", "power"],
  ["during", "power"],
];
const EVERY: Way[] = [...POWER, ["after", "power"], ["during", "process"]];

/** The first operations of the victim's disk, from the making of its files on. */
async function everyOperation(
  ways: readonly Way[],
  scenario: (crash: FaultEvent) => Scenario,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let point = 0; point < POINTS; point += 1) {
    for (const [moment, style] of ways) {
      const { violations, crashes } = await run(scenario(crashAt(point, moment, style)));
      for (const one of violations) {
        failures.push(`${moment} operation ${point} (${style}): ${one.kind} ${one.detail}`);
      }
      if (crashes === 0) failures.push(`operation ${point} never came`);
    }
  }
  return failures;
}

describe(`a validator that crashes at any of ${POINTS} operations of its disk comes back and harms nobody`, () => {
  it.each(EVERY)("%s it, by %s, while the others could go on alone", async (...way) => {
    expect(await everyOperation([way], (crash) => quiet(false, [crash]))).toEqual([]);
  });

  it("while nothing goes on without it", async () => {
    expect(await everyOperation(POWER, (crash) => quiet(true, [crash]))).toEqual([]);
  });

  it("and all lose power soon afterwards", async () => {
    const blackout: FaultEvent = { kind: "blackout", atMs: 350, downMs: 60 };
    expect(await everyOperation(POWER, (crash) => quiet(true, [crash, blackout]))).toEqual([]);
  });
});
