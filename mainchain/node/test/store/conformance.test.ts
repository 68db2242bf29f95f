import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bytesToHex,
  compareBytes,
  LocalFault,
  utf8ToBytes,
  type WriteBatch,
} from "@ropenet/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../src/store/key-value-store.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import { placeBelow, readBelow } from "../../src/store/prefixed.ts";
import { sealStore } from "../../src/store/sealed-store.ts";
import { createSealer } from "../../src/store/sealer.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";

const key = (text: string) => utf8ToBytes(text);
const put = (name: string, value: string) => ({ key: key(name), value: key(value) });
const names = (entries: Iterable<readonly [Uint8Array, Uint8Array]>) =>
  [...entries].map(([found]) => new TextDecoder().decode(found));

const stores = {
  memory: () => createMemoryStore(),
  sqlite: (directory: string) => openSqliteStore(directory),
  sealed: (directory: string) =>
    sealStore(openSqliteStore(directory), createSealer(new Uint8Array(32))),
};

describe.each(Object.entries(stores))("the %s store", (_, open) => {
  let directory: string;
  let store: KeyValueStore;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "rope-store-"));
    store = open(directory);
  });
  afterEach(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });

  it("returns what was written, and undefined for what was not", () => {
    store.write([put("a", "1"), put("b", "")]);
    expect(store.get(key("a"))).toEqual(key("1"));
    expect(store.get(key("b"))).toEqual(new Uint8Array(0));
    expect(store.get(key("c"))).toBeUndefined();
  });

  it("keeps the later of two writes of one batch", () => {
    store.write([put("a", "1"), { key: key("a"), value: undefined }, put("a", "2")]);
    expect(store.get(key("a"))).toEqual(key("2"));
    store.write([put("a", "3"), { key: key("a"), value: undefined }]);
    expect(store.get(key("a"))).toBeUndefined();
  });

  it("ranges from the first key to before the last, ascending, up to the limit", () => {
    store.write([put("b", "2"), put("a", "1"), put("ba", "3"), put("c", "4"), put("aa", "5")]);
    expect(names(store.range(key("a"), key("c")))).toEqual(["a", "aa", "b", "ba"]);
    expect(names(store.range(key("aa"), key("c"), 2))).toEqual(["aa", "b"]);
    expect(names(store.range(key("c"), key("a")))).toEqual([]);
    expect(names(store.range(key("a"), key("z"), 0))).toEqual([]);
  });

  it("ranges past one page", () => {
    const many = Array.from({ length: 700 }, (_unused, index) =>
      put(`k${String(index).padStart(4, "0")}`, String(index)),
    );
    store.write(many);
    expect(names(store.range(key("k"), key("l")))).toHaveLength(700);
    expect(names(store.range(key("k"), key("l"), 300)).at(-1)).toBe("k0299");
  });

  it("does not alias what it is given or what it gives", () => {
    const value = key("value");
    store.write([{ key: key("a"), value }]);
    value[0] = 0;
    const read = store.get(key("a"));
    expect(read).toEqual(key("value"));
    if (read) read[0] = 0;
    expect(store.get(key("a"))).toEqual(key("value"));
  });

  it("agrees with a sorted map on any sequence of batches", () => {
    const small = fc.uint8Array({ minLength: 1, maxLength: 3 });
    const operation = fc.record({ key: small, value: fc.option(small, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(fc.array(operation, { maxLength: 8 }), { maxLength: 8 }), (batches) => {
        store.write(
          [...store.range(Uint8Array.of(0), new Uint8Array(4).fill(255))].map(([old]) => ({
            key: old,
            value: undefined,
          })),
        );
        const model = new Map<string, { key: Uint8Array; value: Uint8Array }>();
        for (const batch of batches) {
          store.write(batch as WriteBatch);
          for (const one of batch) {
            if (one.value === undefined) model.delete(bytesToHex(one.key));
            else model.set(bytesToHex(one.key), { key: one.key, value: one.value });
          }
        }
        const expected = [...model.values()].sort((a, b) => compareBytes(a.key, b.key));
        const seen = [...store.range(Uint8Array.of(0), new Uint8Array(4).fill(255))];
        expect(seen.map(([k, v]) => [bytesToHex(k), bytesToHex(v)])).toEqual(
          expected.map((one) => [bytesToHex(one.key), bytesToHex(one.value)]),
        );
      }),
      { numRuns: 30 },
    );
  });

  it("gives a prefix the look of a store of its own", () => {
    store.write(placeBelow([put("a", "1"), put("b", "2")], key("x/")));
    const below = readBelow(store, key("x/"));
    expect(below.get(key("a"))).toEqual(key("1"));
    expect(names(below.range(key("a"), key("z")))).toEqual(["a", "b"]);
    expect(store.get(key("a"))).toBeUndefined();
  });
});

describe("the sqlite store on disk", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "rope-store-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("has what it had after closing and opening again", () => {
    const first = openSqliteStore(directory);
    first.write([put("a", "1")]);
    first.close();
    const second = openSqliteStore(directory);
    expect(second.get(key("a"))).toEqual(key("1"));
    second.close();
  });

  it("writes nothing of a batch that fails in the middle", () => {
    const store = openSqliteStore(directory);
    const bad = { key: key("b"), value: 7 as unknown as Uint8Array };
    expect(() => store.write([put("a", "1"), { ...bad, value: null as never }])).toThrow();
    expect(store.get(key("a"))).toBeUndefined();
    store.write([put("a", "2")]);
    expect(store.get(key("a"))).toEqual(key("2"));
    store.close();
  });

  it("calls a file that went bad a fault of this machine, which no caller takes for a verdict", () => {
    const store = openSqliteStore(directory);
    store.write(Array.from({ length: 2_000 }, (_, index) => put(`k${index}`, "x".repeat(50))));
    store.close();
    const file = join(directory, "state.db");
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, bytes.length / 2));
    const again = openSqliteStore(directory);
    const read = () => [...again.range(key("k"), key("l"))];
    expect(read).toThrow(LocalFault);
    expect(read).toThrow(expect.objectContaining({ code: "store/failed" }));
    again.close();
  });

  it("refuses a folder that another open store holds", () => {
    const store = openSqliteStore(directory);
    store.write([put("a", "1")]);
    expect(() => openSqliteStore(directory)).toThrow(
      expect.objectContaining({ code: "store/locked" }),
    );
    store.close();
  });

  it("refuses a folder that cannot be one, under a code", () => {
    expect(() => openSqliteStore(join(import.meta.filename, "state"))).toThrow(
      expect.objectContaining({ code: "store/unusable" }),
    );
  });
});
