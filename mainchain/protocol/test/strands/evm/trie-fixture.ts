import { createMerkleProof, MerklePatriciaTrie } from "@ethereumjs/mpt";
import fc from "fast-check";
import { encodeRlp } from "../../../src/strands/evm/rlp.ts";

export const word = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(32);
  for (let index = 31, rest = value; index >= 0; index -= 1, rest >>= 8n) {
    bytes[index] = Number(rest & 0xffn);
  }
  return bytes;
};

/** The bytes of an integer without leading zeros. */
export const minimal = (value: bigint): Uint8Array => {
  const bytes = word(value);
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : bytes.slice(first);
};

export interface Trie {
  readonly root: Uint8Array;
  prove(key: Uint8Array): Promise<Uint8Array[]>;
}

/** Nodes embedded in their parent do not stand alone in what Ethereum nodes answer; the library lists them. */
const standalone = (nodes: readonly Uint8Array[]): Uint8Array[] =>
  nodes.filter((node, index) => index === 0 || node.length >= 32);

export async function buildTrie(
  entries: Iterable<readonly [Uint8Array, Uint8Array]>,
  useKeyHashing: boolean,
): Promise<Trie> {
  const trie = new MerklePatriciaTrie({ useKeyHashing });
  for (const [key, value] of entries) await trie.put(key, value);
  return {
    root: Uint8Array.from(trie.root()),
    prove: async (key) => standalone(await createMerkleProof(trie, key)).map((n) => n.slice()),
  };
}

export const storageTrie = (slots: ReadonlyMap<bigint, bigint>): Promise<Trie> =>
  buildTrie(
    [...slots].map(([slot, value]) => [word(slot), encodeRlp(minimal(value))] as const),
    true,
  );

/** One way to spoil a proof; `at` and `salt` are free, so that every place and byte is reached. */
export interface Mutation {
  readonly kind: "drop" | "repeat" | "insert" | "flip" | "truncate" | "extend" | "swap";
  readonly at: number;
  readonly salt: number;
}

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("drop", "repeat", "insert", "flip", "truncate", "extend", "swap"),
  at: fc.nat(),
  salt: fc.nat(),
});

export function mutate(
  proof: readonly Uint8Array[],
  { kind, at, salt }: Mutation,
): Uint8Array[] | undefined {
  const nodes: Uint8Array[] = proof.map((node) => node.slice());
  const index = at % nodes.length;
  const node = nodes[index] as Uint8Array;
  switch (kind) {
    case "drop":
      nodes.splice(index, 1);
      return nodes;
    case "repeat":
      nodes.splice(index, 0, node.slice());
      return nodes;
    case "insert":
      nodes.splice(
        at % (nodes.length + 1),
        0,
        encodeRlp([Uint8Array.of(0x20), word(BigInt(salt))]),
      );
      return nodes;
    case "flip":
      node[salt % node.length] = (node[salt % node.length] as number) ^ (1 << (at % 8));
      return nodes;
    case "truncate":
      nodes[index] = node.slice(0, salt % node.length);
      return nodes;
    case "extend":
      nodes[index] = Uint8Array.from([...node, salt & 0xff]);
      return nodes;
    case "swap":
      if (nodes.length < 2) return undefined;
      return nodes.toReversed();
  }
}
