import { bytesToHex, readStorage } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "./accounts.ts";
import { PatriciaTrie, rlp, trimmed } from "./patricia.ts";

/** Roots of the same entries as @ethereumjs/mpt makes them. */
const roots: readonly (readonly [number, string])[] = [
  [0, "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"],
  [1, "925ae41899e7b766590c45159a34ed48ed3ec7e993feab137d04708777ae0f27"],
  [2, "f4817bbf79d25d9df7f0b2d2053a05cc2d462bbb61ef632fbd93d9dc31f0b177"],
  [3, "6e52d4367b98528d8506decbe0701f19a8337f44caadde1593bad323edd67153"],
  [16, "59072668f6ed6c81248525729937f445a0d73b203686a823b9a92287508d99de"],
  [100, "df260a9d2a3c40fc573b24e0a45bca3c7f3dad767419c266680cc8149d39044f"],
  [1000, "64faa2a840106a8dc9bca6d6ef2f634fd43c75678f48bd2f8be3243e6d28200f"],
];

const key = (index: number): Uint8Array => seed(`key/${index}`);

function value(index: number): Uint8Array {
  return index % 3 === 0 ? Uint8Array.of((index % 200) + 1) : seed(`value/${index}`);
}

function trieOf(count: number): PatriciaTrie {
  return new PatriciaTrie(
    Array.from({ length: count }, (_, index) => [key(index), rlp(value(index))] as const),
  );
}

describe.each(roots)("a trie of %i entries", (count, root) => {
  const trie = trieOf(count);

  it("has the root that Ethereum gives it", () => {
    expect(bytesToHex(trie.root)).toBe(root);
  });

  it("proves what it holds and what it does not, to the rope's own verifier", () => {
    const read = (slotKey: Uint8Array) =>
      readStorage({ storageRoot: trie.root, slotKey, proof: trie.prove(slotKey) });
    for (let index = 0; index < count; index += 7) {
      expect(trimmed(read(key(index)))).toEqual(trimmed(value(index)));
    }
    expect(read(seed("absent"))).toEqual(new Uint8Array(32));
  });
});
