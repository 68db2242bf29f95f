import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSignJournal } from "../../src/attestor/sign-journal.ts";
import { temporaryFolder } from "../kit/test-strand.ts";

const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

describe("the sign journal", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file = "";
  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder.path, "key.signed");
  });
  afterEach(() => folder.remove());

  it("refuses a second header for a height, before and after a restart", () => {
    const journal = openSignJournal(file);
    journal.record(7n, hash(1));
    journal.record(7n, hash(1));
    expect(() => journal.record(7n, hash(2))).toThrow("attestor/contradiction");
    journal.close();
    const again = openSignJournal(file);
    expect(again.highWater).toBe(7n);
    expect(() => again.record(7n, hash(2))).toThrow("attestor/contradiction");
    again.record(6n, hash(3));
    expect(again.highWater).toBe(7n);
    again.close();
  });

  it("forgets only a torn last record", () => {
    const journal = openSignJournal(file);
    journal.record(1n, hash(1));
    journal.record(2n, hash(2));
    journal.close();
    const { size } = statSync(file);
    truncateSync(file, size - 5);
    const torn = openSignJournal(file);
    expect(torn.highWater).toBe(1n);
    torn.record(2n, hash(3));
    torn.close();
    expect(openSignJournal(file).signedAt(2n)).toEqual(hash(3));
  });

  it("refuses to open a file that was damaged in the middle", () => {
    const journal = openSignJournal(file);
    for (const height of [1n, 2n, 3n]) journal.record(height, hash(Number(height)));
    journal.close();
    const bytes = readFileSync(file);
    bytes[10] = 0xff;
    writeFileSync(file, bytes);
    expect(() => openSignJournal(file)).toThrow("attestor/bad-journal");
    appendFileSync(file, Buffer.alloc(48));
    expect(() => openSignJournal(file)).toThrow("attestor/bad-journal");
  });
});
