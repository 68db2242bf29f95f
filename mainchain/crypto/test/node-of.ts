import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first Node on the path with this major version; the console's own is newer. */
export function nodeOf(major: number): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .filter((file) => existsSync(file))
    .find((file) =>
      execFileSync(file, ["-p", "process.versions.node"], { encoding: "utf8" }).startsWith(
        `${major}.`,
      ),
    );
}
