import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWal } from "../../src/engine/wal.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rope-wal-"));
  file = join(directory, "wal");
});
afterEach(() => rmSync(directory, { recursive: true }));

const records = [Uint8Array.of(1), new Uint8Array(1), new Uint8Array(5_000).fill(7)];

function written(): number {
  const wal = openWal(file);
  for (const record of records) wal.append(record);
  wal.sync();
  wal.close();
  return readFileSync(file).length;
}

function recovered(): readonly Uint8Array[] {
  const wal = openWal(file);
  wal.close();
  return wal.recovered;
}

describe("the write-ahead log", () => {
  it("gives back what was synced, in order", () => {
    written();
    expect(recovered()).toEqual(records);
  });

  it("drops a record torn at any byte and keeps those before it", () => {
    const whole = written();
    const lastFrame = 8 + 5_000;
    for (const cut of [1, 7, 8, 100, lastFrame - 1]) {
      rmSync(file);
      written();
      truncateSync(file, whole - cut);
      expect(recovered()).toEqual(records.slice(0, 2));
    }
  });

  it("drops a tail that does not check, and appends after the cut", () => {
    written();
    appendFileSync(file, Uint8Array.of(0, 0, 0, 2, 1, 2, 3, 4, 9, 9));
    const wal = openWal(file);
    expect(wal.recovered).toEqual(records);
    expect(wal.tornBytes).toBe(10);
    wal.append(Uint8Array.of(42));
    wal.sync();
    wal.close();
    expect(recovered()).toEqual([...records, Uint8Array.of(42)]);
  });

  it("takes zeros where pages were lost for no record", () => {
    for (const zeros of [8, 16, 5_000]) {
      rmSync(file, { force: true });
      written();
      appendFileSync(file, new Uint8Array(zeros));
      expect(recovered()).toEqual(records);
    }
  });

  it("stops at a flipped byte", () => {
    written();
    const bytes = readFileSync(file);
    bytes[8] = 99;
    writeFileSync(file, bytes);
    expect(recovered()).toEqual([]);
  });

  it("is empty after a reset", () => {
    const wal = openWal(file);
    wal.append(Uint8Array.of(1));
    wal.sync();
    wal.append(Uint8Array.of(2));
    wal.reset();
    wal.append(Uint8Array.of(3));
    wal.sync();
    wal.close();
    expect(recovered()).toEqual([Uint8Array.of(3)]);
  });

  it("does not believe a length beyond any record", () => {
    writeFileSync(file, new Uint8Array(64).fill(255));
    expect(recovered()).toEqual([]);
  });
});
