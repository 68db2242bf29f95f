import { equalBytes, keccak256 } from "@ropenet/crypto";
import { EMPTY_TRIE_ROOT, walkTrie } from "./merkle-patricia.ts";
import { ProofError } from "./proof-error.ts";
import { decodeRlp, isMinimalInteger } from "./rlp.ts";

function checkLength(value: Uint8Array, length: number, field: string): void {
  if (value.length !== length) {
    throw new ProofError({ code: "proof/bad-length", field, length: value.length });
  }
}

export interface AccountProof {
  readonly stateRoot: Uint8Array;
  /** 20 bytes */
  readonly address: Uint8Array;
  /** keccak-256 of the code that the rope pinned: an upgraded gateway is a different gateway */
  readonly codeHash: Uint8Array;
  /** RLP nodes of the state trie, root first */
  readonly accountProof: readonly Uint8Array[];
}

/**
 * The storage root of the contract at `address`, proven under `stateRoot` together with its code hash.
 * @throws {ProofError}
 */
export function openAccount(claim: AccountProof): { readonly storageRoot: Uint8Array } {
  checkLength(claim.stateRoot, 32, "stateRoot");
  checkLength(claim.address, 20, "address");
  checkLength(claim.codeHash, 32, "codeHash");
  if (equalBytes(claim.stateRoot, EMPTY_TRIE_ROOT))
    throw new ProofError({ code: "proof/empty-root" });
  const value = walkTrie(claim.stateRoot, keccak256(claim.address), claim.accountProof);
  if (!value) throw new ProofError({ code: "proof/account-absent" });
  const { storageRoot, codeHash } = decodeAccount(value);
  if (!equalBytes(codeHash, claim.codeHash)) {
    throw new ProofError({
      code: "proof/code-hash-mismatch",
      expected: claim.codeHash,
      actual: codeHash,
    });
  }
  return { storageRoot };
}

function decodeAccount(value: Uint8Array): {
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
} {
  const account = decodeRlp(value);
  if (account instanceof Uint8Array || account.length !== 4) {
    throw new ProofError({ code: "proof/bad-account" });
  }
  const [nonce = [], balance = [], storageRoot, codeHash] = account;
  const isWellFormed = isMinimalInteger(nonce, 8) && isMinimalInteger(balance, 32);
  if (!isWellFormed || !isHash(storageRoot) || !isHash(codeHash)) {
    throw new ProofError({ code: "proof/bad-account" });
  }
  return { storageRoot, codeHash };
}

function isHash(item: unknown): item is Uint8Array {
  return item instanceof Uint8Array && item.length === 32;
}

export interface StorageProof {
  /** from openAccount, never from the prover */
  readonly storageRoot: Uint8Array;
  /** 32 bytes, before the hashing that turns a slot into a trie path */
  readonly slotKey: Uint8Array;
  /** RLP nodes of the storage trie, root first; empty if and only if the storage is empty */
  readonly proof: readonly Uint8Array[];
}

/**
 * The 32-byte word in a storage slot; a slot that is proven absent holds zero.
 * @throws {ProofError}
 */
export function readStorage(claim: StorageProof): Uint8Array {
  checkLength(claim.storageRoot, 32, "storageRoot");
  checkLength(claim.slotKey, 32, "slotKey");
  if (equalBytes(claim.storageRoot, EMPTY_TRIE_ROOT)) {
    // The root alone says that every slot is zero, so a node could only pretend to say more.
    const unused = claim.proof.length;
    if (unused !== 0) throw new ProofError({ code: "proof/unused-node", unused });
    return new Uint8Array(32);
  }
  const value = walkTrie(claim.storageRoot, keccak256(claim.slotKey), claim.proof);
  return value ? decodeWord(value) : new Uint8Array(32);
}

function decodeWord(value: Uint8Array): Uint8Array {
  const word = decodeRlp(value);
  // Leading zeros would be a second encoding of the number; zero itself is not stored at all.
  if (!isMinimalInteger(word, 32) || word.length === 0) {
    throw new ProofError({ code: "proof/bad-value" });
  }
  const padded = new Uint8Array(32);
  padded.set(word, 32 - word.length);
  return padded;
}
