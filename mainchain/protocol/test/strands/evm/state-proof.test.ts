import { keccak256 } from "@ropenet/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openAccount, readStorage } from "../../../src/index.ts";
import { EMPTY_TRIE_ROOT } from "../../../src/strands/evm/merkle-patricia.ts";
import { encodeRlp, type RlpItem } from "../../../src/strands/evm/rlp.ts";
import { codeOf } from "../../coded.ts";
import { buildTrie, minimal, mutate, mutation, storageTrie, word } from "./trie-fixture.ts";

const slotNumber = fc.bigInt({ min: 0n, max: 400n });
const slotValue = fc.oneof(
  fc.bigInt({ min: 1n, max: 255n }),
  fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }),
);
const storage = fc
  .uniqueArray(fc.tuple(slotNumber, slotValue), {
    minLength: 1,
    maxLength: 120,
    selector: ([slot]) => slot,
  })
  .map((entries) => new Map(entries));

const address = new Uint8Array(20).fill(0xa1);
const codeHash = keccak256(Uint8Array.of(0x60, 0x00));
const storageRoot = keccak256(Uint8Array.of(7));

describe("readStorage", () => {
  test("reads what an Ethereum trie holds, and zero where it holds nothing", async () => {
    await fc.assert(
      fc.asyncProperty(storage, slotNumber, async (slots, slot) => {
        const trie = await storageTrie(slots);
        const proof = await trie.prove(word(slot));
        const read = readStorage({ storageRoot: trie.root, slotKey: word(slot), proof });
        expect(read).toEqual(word(slots.get(slot) ?? 0n));
      }),
      { numRuns: 60 },
    );
  });

  test("refuses every proof that is not the one for the slot", async () => {
    await fc.assert(
      fc.asyncProperty(
        storage,
        slotNumber,
        fc.array(mutation, { minLength: 20, maxLength: 20 }),
        async (slots, slot, mutations) => {
          const trie = await storageTrie(slots);
          const proof = await trie.prove(word(slot));
          for (const change of mutations) {
            const spoiled = mutate(proof, change);
            if (!spoiled) continue;
            const claim = { storageRoot: trie.root, slotKey: word(slot), proof: spoiled };
            expect(codeOf(() => readStorage(claim))).toMatch(/^proof\//);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("never reads a wrong word from the proof of another slot", async () => {
    await fc.assert(
      fc.asyncProperty(storage, slotNumber, slotNumber, async (slots, slot, other) => {
        const trie = await storageTrie(slots);
        const proof = await trie.prove(word(other));
        const claim = { storageRoot: trie.root, slotKey: word(slot), proof };
        let read: Uint8Array | undefined;
        try {
          read = readStorage(claim);
        } catch {
          read = undefined;
        }
        // One path can prove two absences, or an absence and the leaf it ends at, but never two presences.
        if (read) expect(read).toEqual(word(slots.get(slot) ?? 0n));
        if (slots.has(slot) && slots.has(other) && slot !== other) expect(read).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test("refuses a proof under the root of another trie", async () => {
    const ours = await storageTrie(new Map([[1n, 5n]]));
    const theirs = await storageTrie(new Map([[1n, 6n]]));
    const proof = await theirs.prove(word(1n));
    expect(codeOf(() => readStorage({ storageRoot: ours.root, slotKey: word(1n), proof }))).toBe(
      "proof/wrong-node",
    );
  });

  test("answers only absence under the empty root, and only without nodes", () => {
    const claim = { storageRoot: EMPTY_TRIE_ROOT, slotKey: word(1n) };
    expect(readStorage({ ...claim, proof: [] })).toEqual(word(0n));
    expect(codeOf(() => readStorage({ ...claim, proof: [Uint8Array.of(0x80)] }))).toBe(
      "proof/unused-node",
    );
  });

  test("refuses an empty proof under a root that is not empty, the zero root included", () => {
    for (const root of [storageRoot, word(0n)]) {
      expect(codeOf(() => readStorage({ storageRoot: root, slotKey: word(1n), proof: [] }))).toBe(
        "proof/missing-node",
      );
    }
  });

  test("refuses a slot key or a root that is not 32 bytes", () => {
    const short = new Uint8Array(31);
    expect(codeOf(() => readStorage({ storageRoot: short, slotKey: word(1n), proof: [] }))).toBe(
      "proof/bad-length",
    );
    expect(codeOf(() => readStorage({ storageRoot, slotKey: short, proof: [] }))).toBe(
      "proof/bad-length",
    );
  });

  test.each([
    ["leading zeros", encodeRlp(Uint8Array.of(0, 5))],
    ["a stored zero", Uint8Array.of(0x80)],
    ["a zero byte", Uint8Array.of(0x00)],
    ["a single byte with a prefix", Uint8Array.of(0x81, 0x05)],
    ["more than 32 bytes", encodeRlp(new Uint8Array(33).fill(1))],
    ["a list", encodeRlp([Uint8Array.of(5)])],
    ["trailing bytes", Uint8Array.of(0x05, 0x05)],
    [
      "a length with a leading zero",
      Uint8Array.of(0xb9, 0x00, 0x38, ...new Uint8Array(56).fill(1)),
    ],
  ])("refuses a value with %s", async (_name, value) => {
    const trie = await buildTrie([[word(1n), value]], true);
    const proof = await trie.prove(word(1n));
    expect(codeOf(() => readStorage({ storageRoot: trie.root, slotKey: word(1n), proof }))).toMatch(
      /^proof\/bad-(value|rlp)$/,
    );
  });
});

describe("openAccount", () => {
  const account = (...items: readonly RlpItem[]): Uint8Array => encodeRlp(items);
  const sound = account(minimal(1n), minimal(10n ** 18n), storageRoot, codeHash);

  async function open(value: Uint8Array, target = address, expected = codeHash) {
    const neighbours = Array.from({ length: 40 }, (_, index) => {
      const neighbour = new Uint8Array(20).fill(index);
      return [
        neighbour,
        account(minimal(BigInt(index)), minimal(0n), storageRoot, codeHash),
      ] as const;
    });
    const trie = await buildTrie([...neighbours, [address, value]], true);
    const accountProof = await trie.prove(target);
    return () =>
      openAccount({ stateRoot: trie.root, address: target, codeHash: expected, accountProof });
  }

  test("returns the storage root of the contract", async () => {
    const opened = await open(sound);
    expect(opened()).toEqual({ storageRoot });
  });

  test("accepts nonce and balance zero", async () => {
    const opened = await open(account(minimal(0n), minimal(0n), storageRoot, codeHash));
    expect(opened()).toEqual({ storageRoot });
  });

  test("refuses another code hash", async () => {
    expect(codeOf(await open(sound, address, keccak256(Uint8Array.of(1))))).toBe(
      "proof/code-hash-mismatch",
    );
  });

  test("refuses the proof that there is no such account", async () => {
    expect(codeOf(await open(sound, new Uint8Array(20).fill(0xee)))).toBe("proof/account-absent");
  });

  test.each([
    ["three items", account(minimal(1n), minimal(1n), storageRoot)],
    ["five items", account(minimal(1n), minimal(1n), storageRoot, codeHash, minimal(1n))],
    [
      "a nonce with leading zeros",
      account(Uint8Array.of(0, 1), minimal(1n), storageRoot, codeHash),
    ],
    ["a balance with leading zeros", account(minimal(1n), Uint8Array.of(0), storageRoot, codeHash)],
    ["a nonce above 64 bits", account(minimal(2n ** 64n), minimal(1n), storageRoot, codeHash)],
    ["a short storage root", account(minimal(1n), minimal(1n), storageRoot.slice(1), codeHash)],
    ["a list for a code hash", account(minimal(1n), minimal(1n), storageRoot, [codeHash])],
    ["a list for a nonce", account([], minimal(1n), storageRoot, codeHash)],
    ["a string instead of a list", encodeRlp(new Uint8Array(40).fill(1))],
  ])("refuses an account with %s", async (_name, value) => {
    expect(codeOf(await open(value))).toBe("proof/bad-account");
  });

  test("refuses the empty state root", () => {
    const accountProof = [Uint8Array.of(0x80)];
    const claim = { stateRoot: EMPTY_TRIE_ROOT, address, codeHash, accountProof };
    expect(codeOf(() => openAccount(claim))).toBe("proof/empty-root");
  });

  test("refuses every mutated account proof", async () => {
    const others = Array.from(
      { length: 60 },
      (_, n) => [new Uint8Array(20).fill(n), sound] as const,
    );
    const trie = await buildTrie([...others, [address, sound]], true);
    const proof = await trie.prove(address);
    fc.assert(
      fc.property(mutation, (change) => {
        const accountProof = mutate(proof, change);
        if (!accountProof) return;
        const claim = { stateRoot: trie.root, address, codeHash, accountProof };
        expect(codeOf(() => openAccount(claim))).toMatch(/^proof\//);
      }),
      { numRuns: 300 },
    );
  });

  test("refuses an address or a code hash of another length", () => {
    const claim = { stateRoot: storageRoot, address, codeHash, accountProof: [] };
    expect(codeOf(() => openAccount({ ...claim, address: word(1n) }))).toBe("proof/bad-length");
    expect(codeOf(() => openAccount({ ...claim, codeHash: address }))).toBe("proof/bad-length");
  });
});
