import { CodedError, equalBytes, utf8ToBytes, verifyStateProof } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createBlockState } from "../../src/state/block-state.ts";
import { createCommittedValues } from "../../src/state/committed-values.ts";
import { chunksFrom } from "../../src/state/key-space.ts";
import { type Head, prepareCommit, proveAt } from "../../src/state/state-store.ts";
import { StateTrie } from "../../src/state/state-trie.ts";
import { KEPT_VERSIONS } from "../../src/state/sweep.ts";
import { MemoryStore } from "../kit/memory-store.ts";

const KEYS = 60;
const keyOf = (n: number): Uint8Array => utf8ToBytes(`key/${n}`);

/** Every version changes one key of a few; the others stay as the first version left them. */
function grow(
  versions: number,
  writesSame: (version: number) => boolean = () => false,
): { readonly store: MemoryStore; readonly roots: Uint8Array[] } {
  const store = new MemoryStore();
  const values = createCommittedValues(store);
  const parts = { reader: store, trie: new StateTrie(store), values };
  const roots: Uint8Array[] = [];
  let head: Head | undefined;
  for (let version = 0; version <= versions; version += 1) {
    const state = createBlockState(store, values);
    if (version === 0) for (let n = 0; n < KEYS; n += 1) state.set(keyOf(n), Uint8Array.of(n));
    else state.set(keyOf(version % 3), utf8ToBytes(String(version)));
    if (version > 0 && writesSame(version)) state.set(keyOf(17), Uint8Array.of(17));
    const at = { height: BigInt(version), timeMs: 0n };
    const { head: next, batch, tree, changes } = prepareCommit(parts, head, state, at);
    parts.trie.adopt(tree);
    values.update(changes);
    store.write(batch);
    head = next;
    roots.push(next.stateRoot);
  }
  return { store, roots };
}

const versionsStored = (store: MemoryStore): number =>
  [...store.range(chunksFrom(0), chunksFrom(2 ** 40))].length;

describe("the sweep over old nodes", { timeout: 60_000 }, () => {
  const kept = Number(KEPT_VERSIONS);
  const last = 3 * kept + 500;
  const { store, roots } = grow(last);

  it("leaves every proof of the kept versions whole, of what changed and of what never did", () => {
    for (let height = last - kept; height <= last; height += 97) {
      for (const n of [0, 2, 17, 59]) {
        const { stateRoot, value, proof } = proveAt(store, keyOf(n), BigInt(height));
        expect(equalBytes(stateRoot, roots[height] as Uint8Array)).toBe(true);
        if (n > 2) expect(value).toEqual(Uint8Array.of(n));
        verifyStateProof(stateRoot, keyOf(n), value, proof);
      }
    }
  });

  it("is not deceived by writes that change nothing", () => {
    // With 60 leaves a pass is over within 60 versions of its beginning.
    const { store: deceived } = grow(kept + 5_500, (version) => version % 5_000 < 62);
    for (let height = 5_500; height <= kept + 5_500; height += 500) {
      expect(proveAt(deceived, keyOf(17), BigInt(height)).value).toEqual(Uint8Array.of(17));
    }
  });

  it("deletes what no kept version leads to", () => {
    expect(versionsStored(store)).toBeLessThan(2.2 * kept);
    expect(() => proveAt(store, keyOf(1), BigInt(last - kept - 1))).toThrow(CodedError);
  });
});
