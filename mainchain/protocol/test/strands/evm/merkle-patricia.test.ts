import { keccak256 } from "@ropenet/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { walkTrie } from "../../../src/strands/evm/merkle-patricia.ts";
import { decodeRlp, encodeRlp, type RlpItem } from "../../../src/strands/evm/rlp.ts";
import { codeOf } from "../../coded.ts";
import { buildTrie, mutate, mutation, word } from "./trie-fixture.ts";

const none = new Uint8Array(0);
const value = Uint8Array.of(5);

/** Hex-prefix of `path` with the flag of a leaf or an extension. */
function prefix(path: readonly number[], isLeaf: boolean): Uint8Array {
  const flag = (isLeaf ? 2 : 0) + (path.length % 2);
  const nibbles = path.length % 2 === 1 ? [flag, ...path] : [flag, 0, ...path];
  return Uint8Array.from({ length: nibbles.length / 2 }, (_, index) => {
    const high = nibbles[2 * index] ?? 0;
    return high * 16 + (nibbles[2 * index + 1] ?? 0);
  });
}

const zeros = (length: number): number[] => new Array<number>(length).fill(0);
const leaf = (length: number): RlpItem[] => [prefix(zeros(length), true), value];
const branch = (...children: readonly (readonly [number, RlpItem])[]): RlpItem[] => {
  const items: RlpItem[] = Array.from({ length: 17 }, () => none);
  for (const [index, child] of children) items[index] = child;
  return items;
};
const other: readonly [number, RlpItem] = [9, word(1n)];

/** Walks to the key of zeros; `items` are the nodes, root first. */
function walk(...nodes: readonly RlpItem[]): () => Uint8Array | undefined {
  const proof = nodes.map(encodeRlp);
  return () => walkTrie(keccak256(proof[0] ?? none), word(0n), proof);
}

const hashOf = (item: RlpItem): Uint8Array => keccak256(encodeRlp(item));

describe("walkTrie", () => {
  test("agrees with the library on keys that share long prefixes, embedded nodes included", async () => {
    const key = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(255)).map(([head, middle, tail]) => {
      const bytes = new Uint8Array(32);
      [bytes[0], bytes[28], bytes[31]] = [head, middle, tail];
      return bytes;
    });
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 3 });
    const entries = fc.uniqueArray(fc.tuple(key, bytes), {
      minLength: 1,
      maxLength: 60,
      selector: ([k]) => String(k),
    });
    await fc.assert(
      fc.asyncProperty(
        entries,
        key,
        fc.array(mutation, { maxLength: 10 }),
        async (all, asked, changes) => {
          const trie = await buildTrie(all, false);
          const proof = await trie.prove(asked);
          const expected = all.find(([k]) => String(k) === String(asked))?.[1];
          expect(walkTrie(trie.root, asked, proof)).toEqual(expected);
          for (const change of changes) {
            const spoiled = mutate(proof, change);
            if (spoiled) {
              expect(codeOf(() => walkTrie(trie.root, asked, spoiled))).toMatch(/^proof\//);
            }
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  test("walks branch, extension and embedded leaf", () => {
    const tail = branch([0, leaf(1)], other);
    const extension = [prefix(zeros(61), false), hashOf(tail)];
    expect(walk(branch([0, hashOf(extension)], other), extension, tail)()).toEqual(value);
  });

  test.each<readonly [string, () => unknown]>([
    ["a leaf shorter than the key", walk(leaf(62))],
    ["a leaf longer than the key", walk(leaf(66))],
    ["a hex-prefix flag above 3", walk([Uint8Array.of(0x40, ...new Uint8Array(32)), value])],
    ["a padded even path", walk([Uint8Array.of(0x21, ...new Uint8Array(32)), value])],
    ["a list for a path", walk([[], value])],
    ["an empty path", walk([none, value])],
    ["a leaf without a value", walk([prefix(zeros(64), true), none])],
    ["a leaf with a list for a value", walk([prefix(zeros(64), true), [value]])],
    ["an extension without a path", walk([prefix([], false), word(1n)])],
    ["an extension to the end of the key", walk([prefix(zeros(64), false), word(1n)])],
    ["a branch with a value", walk([...branch([0, leaf(63)], other).slice(0, 16), value])],
    ["a branch with a list for a value", walk([...branch([1, word(1n)], other).slice(0, 16), []])],
    ["a branch with one child", walk(branch(other))],
    ["a branch whose child is an empty list", walk(branch([0, []], other, [3, word(2n)]))],
    ["a child that is neither node nor hash", walk(branch([0, value], other))],
    ["three items", walk([prefix(zeros(64), true), value, value])],
    ["a string for a node", walk(new Uint8Array(40).fill(1))],
    ["a large node embedded", walk(branch([0, leaf(63)], other))],
  ])("refuses %s", (_name, attempt) => {
    expect(codeOf(attempt)).toBe("proof/bad-node");
  });

  test("refuses an extension that leads to an extension", () => {
    const inner = [prefix(zeros(40), false), word(1n)];
    expect(codeOf(walk([prefix(zeros(5), false), hashOf(inner)], inner))).toBe("proof/bad-node");
  });

  test("refuses a small node that is hashed instead of embedded", () => {
    const end = branch([0, leaf(0)], other);
    const small = leaf(1);
    const last = branch([0, hashOf(small)], [3, leaf(1)]);
    const extension = (child: RlpItem, length: number): RlpItem => [
      prefix(zeros(length), false),
      hashOf(child),
    ];
    expect(codeOf(walk(extension(last, 62), last, small))).toBe("proof/bad-node");
    expect(walk(extension(end, 63), end)()).toEqual(value);
  });

  test("refuses a node above 1 KiB", () => {
    expect(codeOf(walk([prefix(zeros(64), true), new Uint8Array(1100).fill(1)]))).toBe(
      "proof/bad-rlp",
    );
  });
});

describe("decodeRlp", () => {
  test("accepts exactly one byte string for each item", () => {
    const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
      item: fc.oneof(
        { depthSize: "small" },
        fc.uint8Array({ maxLength: 70 }),
        fc.array(tie("item"), { maxLength: 5 }),
      ),
    }));
    fc.assert(
      fc.property(item, (tree) => {
        const bytes = encodeRlp(tree);
        if (bytes.length <= 1024) expect(decodeRlp(bytes)).toEqual(tree);
      }),
    );
  });

  test("never accepts bytes that the encoder would not produce", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        let item: RlpItem;
        try {
          item = decodeRlp(bytes);
        } catch {
          return;
        }
        expect(encodeRlp(item)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["nothing", []],
    ["a prefixed small byte", [0x81, 0x7f]],
    ["a long form for a short string", [0xb8, 0x01, 0xff]],
    ["a long form for a short list", [0xf8, 0x01, 0x80]],
    ["a length beyond the end", [0x83, 0x01]],
    ["a length of 64 bits", [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["trailing bytes", [0x80, 0x80]],
  ])("refuses %s", (_name, bytes) => {
    expect(codeOf(() => decodeRlp(Uint8Array.from(bytes)))).toBe("proof/bad-rlp");
  });

  test("refuses nesting that would exhaust the stack", () => {
    expect(codeOf(() => decodeRlp(new Uint8Array(100_000).fill(0xc1)))).toBe("proof/bad-rlp");
  });
});
