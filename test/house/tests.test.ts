import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Rooms whose code is tried by others only: by the relayer's tests and from end to end. */
const UNTRIED: readonly string[] = ["adapters/sdk"];

/** Every room whose tests vitest.config.ts runs, as its text names them. */
const rooms = [
  ...readFileSync(join(root, "vitest.config.ts"), "utf8").matchAll(/^ {2}"([a-z/-]+)",$/gm),
].map((match) => match[1] ?? "");

it("finds the rooms", () => {
  expect(rooms.length).toBeGreaterThan(10);
});

it.each(rooms)("%s has tests of its own, or is named as untried", (name) => {
  const folder = join(root, name, "test");
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  expect(files.some((file) => file.endsWith(".test.ts"))).toBe(!UNTRIED.includes(name));
});
