import {
  bytesToHex,
  compareBytes,
  type KeyValueReader,
  sm3,
  utf8ToBytes,
  verifyStateProof,
  type WriteBatch,
  ZERO_32,
} from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveKey } from "../../src/state/prove.ts";
import { StateTrie } from "../../src/state/state-trie.ts";
import type { NodeReference } from "../../src/state/trie-nodes.ts";
import type { Change } from "../../src/state/trie-update.ts";

function memory(): KeyValueReader & { write(batch: WriteBatch): void } {
  const map = new Map<string, readonly [Uint8Array, Uint8Array]>();
  return {
    get: (key) => map.get(bytesToHex(key))?.[1],
    *range(from, to) {
      for (const [key, value] of [...map.values()].toSorted(([a], [b]) => compareBytes(a, b))) {
        if (compareBytes(key, from) >= 0 && compareBytes(key, to) < 0) yield [key, value] as const;
      }
    },
    write(batch): void {
      for (const { key, value } of batch) {
        if (value) map.set(bytesToHex(key), [key, value]);
        else map.delete(bytesToHex(key));
      }
    },
  };
}

/** Commits one batch after the other; before each, an update that nobody adopts. */
function build(
  batches: readonly (readonly Change[])[],
  options: { readonly maxNodes?: number } = {},
): {
  store: KeyValueReader;
  roots: (NodeReference | undefined)[];
  hashes: Uint8Array[];
} {
  const store = memory();
  const roots: (NodeReference | undefined)[] = [];
  const hashes: Uint8Array[] = [];
  const trie = new StateTrie(store, options);
  for (const [version, changes] of batches.entries()) {
    trie.update(roots.at(-1), BigInt(version), (batches[version + 1] ?? []).slice(0, 3));
    const result = trie.update(roots.at(-1), BigInt(version), changes);
    trie.adopt(result);
    store.write(result.writes);
    roots.push(result.root);
    hashes.push(result.hash);
  }
  return { store, roots, hashes };
}

const keyOf = (n: number): Uint8Array => utf8ToBytes(`key/${n}`);
const set = (n: number, v: number): Change => ({ key: keyOf(n), value: Uint8Array.of(v) });
const drop = (n: number): Change => ({ key: keyOf(n), value: undefined });

const batch = fc
  .uniqueArray(fc.tuple(fc.nat(40), fc.option(fc.nat(255))), {
    selector: ([n]) => n,
    maxLength: 20,
  })
  .map((draws) => draws.map(([n, v]) => (v === null ? drop(n) : set(n, v))));

describe("StateTrie", () => {
  it("gives the empty tree 32 zero bytes", () => {
    expect(build([[]]).hashes[0]).toEqual(ZERO_32);
    expect(build([[set(1, 1)], [drop(1)]]).hashes[1]).toEqual(ZERO_32);
  });

  it("depends on the content alone, not on the batches that led there", () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 6 }), (batches) => {
        const content = new Map<string, Change>();
        for (const change of batches.flat()) {
          const id = bytesToHex(change.key);
          if (change.value) content.set(id, change);
          else content.delete(id);
        }
        const at = build(batches.length === 0 ? [[]] : batches).hashes.at(-1);
        expect(at).toEqual(build([[...content.values()].reverse()]).hashes[0]);
      }),
      { numRuns: 200 },
    );
  });

  it("is the same tree when next to nothing of it is kept in memory", () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 8 }), (batches) => {
        const kept = build(batches);
        const forgetful = build(batches, { maxNodes: 4 });
        expect(forgetful.hashes).toEqual(kept.hashes);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps no node that neither the committed tree nor its store needs", () => {
    const store = memory();
    const trie = new StateTrie(store);
    let root: NodeReference | undefined;
    for (let version = 0; version < 200; version += 1) {
      const changes = Array.from({ length: 30 }, (_, n) => set((n * 7 + version) % 40, version));
      trie.update(root, BigInt(version), [set(99, 1), ...changes.slice(0, 5)]);
      const next = trie.update(root, BigInt(version), changes);
      trie.adopt(next);
      store.write(next.writes);
      root = next.root;
    }
    // 40 leaves and the 39 nodes above them.
    expect(trie.size).toBe(79);
  });

  it("goes on from the store alone", () => {
    const all = Array.from({ length: 30 }, (_, n) => set(n, n));
    const { store, roots } = build([all]);
    const one = new StateTrie(store).update(roots[0], 1n, [drop(4), set(50, 1)]);
    const [, expected] = build([all, [drop(4), set(50, 1)]]).hashes;
    expect(one.hash).toEqual(expected);
  });

  it("proves presence and absence at every version, and nothing else", () => {
    fc.assert(
      fc.property(
        fc.array(batch, { minLength: 1, maxLength: 4 }),
        fc.nat(40),
        (batches, wanted) => {
          const { store, roots, hashes } = build(batches);
          const content = new Map<string, Uint8Array>();
          for (const [version, changes] of batches.entries()) {
            for (const { key, value } of changes) {
              if (value) content.set(bytesToHex(key), value);
              else content.delete(bytesToHex(key));
            }
            const key = keyOf(wanted);
            const { value, proof } = proveKey(store, roots[version], key);
            expect(value).toEqual(content.get(bytesToHex(key)));
            const root = hashes[version] ?? ZERO_32;
            verifyStateProof(root, key, value, proof);
            expect(() =>
              verifyStateProof(root, key, value ? undefined : Uint8Array.of(1), proof),
            ).toThrow();
            expect(() => verifyStateProof(root, key, Uint8Array.of(7, 7), proof)).toThrow();
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("refuses every proof with one byte changed, cut or added", () => {
    const { store, roots, hashes } = build([Array.from({ length: 30 }, (_, n) => set(n, n))]);
    const root = hashes[0] ?? ZERO_32;
    for (const wanted of [3, 17, 99]) {
      const { value, proof } = proveKey(store, roots[0], keyOf(wanted));
      for (let at = 0; at < proof.length; at += 1) {
        const changed = proof.slice();
        changed[at] = (changed[at] ?? 0) ^ 0x01;
        expect(() => verifyStateProof(root, keyOf(wanted), value, changed)).toThrow();
      }
      expect(() => verifyStateProof(root, keyOf(wanted), value, proof.slice(0, -1))).toThrow();
      expect(() =>
        verifyStateProof(root, keyOf(wanted), value, Uint8Array.of(...proof, 0)),
      ).toThrow();
    }
    expect(sm3(keyOf(3))).toHaveLength(32);
  });
});
