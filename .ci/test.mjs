// Runs every test project and closes with the line `N passed, N failed, N skipped` that CI reads.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "ropenet-test-"));
const report = join(folder, "report.json");
const { status } = spawnSync(
  "vitest",
  [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
let failed = 1;
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  failed = result.numFailedTests;
  const skipped = result.numPendingTests + result.numTodoTests;
  for (const file of result.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === "pending") console.log(`SKIPPED  ${test.fullName}`);
    }
  }
  console.log(`${result.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status === 0 && failed === 0 ? 0 : 1;
