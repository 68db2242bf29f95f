import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { FORGERY_CATALOGUE, type Trial } from "../kit/forgery-catalogue.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function sources(folder: string, ending: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), "utf8"))
    .join("\n");
}

/** The lines of docs/protocol.md §8, in its own words. */
function linesOfTheProtocol(): readonly string[] {
  const text = readFileSync(join(root, "docs/protocol.md"), "utf8");
  const section = /## 8\. Forgery catalogue[^\n]*\n(.*?)\n## 9/s.exec(text)?.[1] ?? "";
  return section
    .trim()
    .replace(/\.$/, "")
    .split(" · ")
    .map((line) => line.trim());
}

const names = (trial: Trial): readonly string[] => ("tried" in trial ? trial.tried : []);

describe("the forgery catalogue", () => {
  const forge = sources("adapters/evm/forge-tests", ".t.sol");
  const rope = sources("mainchain/runtime/test", ".test.ts");

  test("has every line of the protocol, each with what became of it at both ends", () => {
    expect(FORGERY_CATALOGUE.map(({ forgery }) => forgery)).toEqual(linesOfTheProtocol());
  });

  test.each(FORGERY_CATALOGUE)("$forgery: its trials are tests that run", (line) => {
    for (const name of names(line.gateway)) expect(forge).toContain(`function ${name}(`);
    for (const name of names(line.rope)) expect(rope).toContain(`"${name}`);
  });

  afterAll(() => {
    const left = FORGERY_CATALOGUE.flatMap(({ forgery, gateway, rope: onRope }) =>
      Object.entries({ gateway, rope: onRope }).flatMap(([end, trial]) =>
        "open" in trial ? [`  ${end}: ${forgery} – ${trial.open}`] : [],
      ),
    );
    const total = FORGERY_CATALOGUE.length;
    process.stdout.write(
      `forgery catalogue: ${total} lines, still open: ${left.length}\n${left.join("\n")}\n`,
    );
  });
});
