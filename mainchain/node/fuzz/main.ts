// npm run fuzz:node -- --cases N [--seed S] [--json FILE]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fuzzNode } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "20000" },
    seed: { type: "string" },
    json: { type: "string" },
  },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
process.stdout.write(`seed ${seed}\n`);
const report = await fuzzNode({
  cases: Number(values.cases),
  seed,
  maxFailures: 10,
  onProgress: (done) => process.stderr.write(`\r${done}`),
});
for (const [target, counts] of Object.entries(report.outcomes)) {
  const most = Object.entries(counts).toSorted(([, one], [, other]) => other - one);
  const line = most.slice(0, 6).map(([outcome, times]) => `${outcome} ${times}`);
  process.stdout.write(`${target.padEnd(12)} ${line.join(" · ")}\n`);
}
const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
process.stdout.write(
  `${report.cases} cases in ${(report.elapsedMs / 1_000).toFixed(1)} s, memory ${mib(report.memory.baseBytes)} → ${mib(report.memory.peakBytes)}, ${report.failures.length} failures\n`,
);
for (const { target, number, message } of report.failures) {
  process.stdout.write(`FAILED ${target} case ${number} of seed ${seed}: ${message}\n`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = report.failures.length === 0 ? 0 : 1;
