import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { ApplicationKind } from "./chain.ts";
import { PLANTED_FAULTS, type PlantedFault } from "./faults.ts";
import type { ScenarioOptions } from "./scenario.ts";
import { type Found, search, shrink } from "./search.ts";
import type { SignatureScheme } from "./signatures.ts";
import type { Outcome } from "./world.ts";

const HELP = `Deterministic simulation of validators: the node's own code above simulated wires, clocks and disks.

  npm run sim -- [--seeds N] [--seed S] [--json FILE] [--faults NAME]

  --seeds N          how many seeds, from --seed on (default 300)
  --seed S           the first seed (default 1); with --seeds 1 a replay, with its trace
  --json FILE        write a report
  --faults NAME      plant a mistake into every honest node and look until it is found:
                     ${Object.keys(PLANTED_FAULTS).join(", ")}
  --application X    tally (small, fast) or runtime (the rope's own); default: runtime in every 25th seed
  --signatures X     sm2, memoised or hashed; default: memoised SM2 in every 20th seed, hashed in the others
  --no-shrink        print a failing schedule as it is
`;

const choose = <T extends string>(
  value: string | undefined,
  choices: readonly T[],
): T | undefined => {
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (!found) throw new Error(`one of ${choices.join(", ")}, not ${value}`);
  return found;
};

interface Totals {
  heights: number;
  crashes: number;
  events: number;
  simulatedMs: number;
  rounds: number;
  seeds: number;
}

function count(totals: Totals, outcome: Outcome): void {
  totals.seeds += 1;
  totals.heights += Number(outcome.height);
  totals.crashes += outcome.crashes;
  totals.events += outcome.events;
  totals.simulatedMs += outcome.simulatedMs;
  totals.rounds = Math.max(totals.rounds, outcome.rounds);
}

function describe(found: Found, fault: PlantedFault | undefined): string {
  const { scenario, violations } = found;
  const { schedule, ...rest } = scenario;
  const replay = `npm run sim -- --seed ${scenario.seed} --seeds 1${fault ? ` --faults ${fault}` : ""}`;
  return [
    `seed ${scenario.seed}: ${violations.map(({ kind }) => kind).join(", ")}   (${replay})`,
    ...violations.map(({ atMs, kind, detail }) => `  at ${atMs} ms ${kind}: ${detail}`),
    `  ${JSON.stringify(rest)}`,
    ...schedule.map((event) => `  ${JSON.stringify(event)}`),
  ].join("\n");
}

function figure(name: string, unit: string, value: number): object {
  const rounded = Math.round(value * 100) / 100;
  return { name, unit, median: rounded, min: rounded, max: rounded, runs: 1 };
}

function report(
  totals: Totals,
  elapsedMs: number,
  failures: readonly string[],
  ok: boolean,
): object {
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  return {
    name: "sim",
    commit: execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim(),
    machine: { cpus: cpus().length, node: process.version },
    ok,
    figures: [
      figure("sim.seeds", "seeds", totals.seeds),
      figure("sim.rate", "seeds/s", (totals.seeds * 1_000) / elapsedMs),
      figure("sim.cpu", "seeds per second of processor", totals.seeds / cpuSeconds),
      figure("sim.heights", "heights", totals.heights),
      figure("sim.crashes", "crashes", totals.crashes),
      figure("sim.events", "events", totals.events),
      figure("sim.time", "simulated seconds", totals.simulatedMs / 1_000),
      figure("sim.rounds", "highest round", totals.rounds),
    ],
    failures,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "300" },
      seed: { type: "string", default: "1" },
      json: { type: "string" },
      faults: { type: "string" },
      application: { type: "string" },
      signatures: { type: "string" },
      "no-shrink": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const fault = choose(values.faults, Object.keys(PLANTED_FAULTS) as PlantedFault[]);
  const application = choose<ApplicationKind>(values.application, ["tally", "runtime"]);
  const signatures = choose<SignatureScheme>(values.signatures, ["sm2", "memoised", "hashed"]);
  const options: ScenarioOptions = {
    ...(application && { application }),
    ...(signatures && { signatures }),
  };
  const totals: Totals = { heights: 0, crashes: 0, events: 0, simulatedMs: 0, rounds: 0, seeds: 0 };
  const started = performance.now();
  const seeds = Number(values.seeds);
  const found = await search({
    ...options,
    from: Number(values.seed),
    seeds,
    fault,
    untilFound: fault !== undefined,
    onOutcome(outcome): void {
      count(totals, outcome);
      if (seeds === 1) process.stdout.write(`trace ${outcome.trace}\n`);
      else if (totals.seeds % 500 === 0) {
        process.stderr.write(`${totals.seeds} seeds, ${totals.heights} heights\n`);
      }
    },
  });
  const elapsedMs = performance.now() - started;
  // A planted fault must be found; nothing may be found in the code as it is.
  const ok = found.length > 0 === (fault !== undefined);
  const failures: string[] = [];
  for (const one of found.slice(0, 5)) {
    const smallest = values["no-shrink"] ? one : await shrink(one, fault);
    const text = describe(smallest, fault);
    process.stdout.write(`${text}\n`);
    if (!fault) failures.push(text);
  }
  if (fault && found.length === 0) failures.push(`${fault} was not found in ${seeds} seeds`);
  const text = `${JSON.stringify(report(totals, elapsedMs, failures, ok), null, 2)}\n`;
  if (values.json) writeFileSync(values.json, text);
  process.stdout.write(text);
  if (!ok) process.exitCode = 1;
}

await main();
