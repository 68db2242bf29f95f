import type { PlantedFault } from "./faults.ts";
import type { Violation } from "./observer.ts";
import { type Scenario, type ScenarioOptions, scenarioOf } from "./scenario.ts";
import { type Outcome, run } from "./world.ts";

export interface SearchOptions extends ScenarioOptions {
  readonly from: number;
  readonly seeds: number;
  readonly fault?: PlantedFault | undefined;
  /** leave off at the first violation */
  readonly untilFound?: boolean;
  readonly onOutcome?: (outcome: Outcome) => void;
}

export interface Found {
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
}

/** Runs one seed after the other; returns those in which something was seen that must never be. */
export async function search(options: SearchOptions): Promise<readonly Found[]> {
  const found: Found[] = [];
  // Refusals are errors with stacks, and there are many of them; a replay of one seed shows them.
  if (options.seeds > 1) Error.stackTraceLimit = 0;
  for (let seed = options.from; seed < options.from + options.seeds; seed += 1) {
    const scenario = scenarioOf(seed, options);
    const outcome = await run(scenario, options.fault);
    options.onOutcome?.(outcome);
    if (outcome.violations.length === 0) continue;
    found.push({ scenario, violations: outcome.violations });
    if (options.untilFound) break;
  }
  return found;
}

/**
 * The same scenario with as few events as still lead to a violation of the same kind: halves are dropped first, then
 * smaller parts, then single events (Zeller's ddmin).
 */
export async function shrink(
  { scenario, violations }: Found,
  fault?: PlantedFault,
): Promise<Found> {
  const [wanted] = violations;
  let best: Found = { scenario, violations };
  let parts = 2;
  while (best.scenario.schedule.length > 0) {
    const { schedule } = best.scenario;
    const size = Math.ceil(schedule.length / parts);
    const smaller = await firstFailing(best.scenario, size, wanted, fault);
    if (smaller) {
      best = smaller;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) break;
    else parts = Math.min(schedule.length, parts * 2);
  }
  return best;
}

async function firstFailing(
  scenario: Scenario,
  size: number,
  wanted: Violation | undefined,
  fault: PlantedFault | undefined,
): Promise<Found | undefined> {
  for (let from = 0; from < scenario.schedule.length; from += size) {
    const schedule = scenario.schedule.filter((_, at) => at < from || at >= from + size);
    const candidate = { ...scenario, schedule };
    const { violations } = await run(candidate, fault);
    if (violations.some(({ kind }) => kind === wanted?.kind)) {
      return { scenario: candidate, violations };
    }
  }
  return undefined;
}
