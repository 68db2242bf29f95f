import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PROGRAMS } from "./plan.ts";

/** What the console is made of: its own sources, and the verifier that it runs in the browser. */
const SOURCES: readonly string[] = [
  "src",
  "../../mainchain/protocol/src",
  "../../mainchain/crypto/src",
];

function newestMs(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((newest, { parentPath, name }) => {
      return Math.max(newest, statSync(join(parentPath, name)).mtimeMs);
    }, 0);
}

/** Builds the console unless its build is newer than its sources; the hub serves whatever lies in that folder. */
export function buildConsole(log: (line: string) => void): string {
  const { consoleFolder } = PROGRAMS;
  const build = join(consoleFolder, "build");
  const built = statSync(join(build, "index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (SOURCES.every((source) => newestMs(join(consoleFolder, source)) < built)) return build;
  log("构建控制台 building the console …");
  const { status, stderr } = spawnSync("npm", ["run", "-s", "build"], {
    cwd: consoleFolder,
    encoding: "utf8",
  });
  if (status !== 0) log(`控制台构建失败 console build failed: ${stderr.slice(-300)}`);
  return build;
}
