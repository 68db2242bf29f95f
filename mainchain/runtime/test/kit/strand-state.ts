import {
  type AttestedHeader,
  bytesToHex,
  concatBytes,
  encode,
  hexToBytes,
  keccak256,
  type ProofAnchor,
  type TrieNodes,
  u64,
  utf8ToBytes,
} from "@ropenet/protocol";
import { seed } from "./accounts.ts";
import { PatriciaTrie, rlp, trimmed } from "./patricia.ts";

interface Sealed {
  readonly header: AttestedHeader;
  readonly state: PatriciaTrie;
  readonly storage: PatriciaTrie;
}

export interface GatewayAccount {
  readonly gateway: Uint8Array;
  /** 20 bytes */
  readonly address: Uint8Array;
  readonly codeHash: Uint8Array;
}

/** Strand blocks come every two seconds. */
const BLOCK_MS = 2_000n;
const NEIGHBOURS = 6;

/** Other accounts of the chain, so that the gateway's proof goes through branches. */
function neighbours(name: string): readonly (readonly [Uint8Array, Uint8Array])[] {
  return Array.from({ length: NEIGHBOURS }, (_, index) => {
    const address = seed(`${name}/neighbour/${index}`).slice(12);
    const balance = trimmed(seed(`${name}/balance/${index}`));
    const hashes = [new PatriciaTrie([]).root, keccak256(new Uint8Array(0))];
    return [address, rlp([Uint8Array.of(index + 1), balance, ...hashes])] as const;
  });
}

/** The state of an EVM chain with one gateway: block by block, every block proven as eth_getProof does. */
export class StrandState {
  readonly name: string;
  readonly startMs: bigint;
  account: GatewayAccount;
  /** what a storage trie holds: the RLP of the word, by the slot in hex */
  readonly #slots: Map<string, Uint8Array>;
  readonly #sealed: Map<bigint, Sealed>;
  #height = 0n;

  constructor(name: string, startMs: bigint, account: GatewayAccount, from?: StrandState) {
    this.name = name;
    this.startMs = startMs;
    this.account = account;
    this.#slots = new Map(from ? from.#slots : []);
    this.#sealed = new Map(from ? from.#sealed : []);
    this.#height = from ? from.#height : 0n;
  }

  fork(): StrandState {
    return new StrandState(this.name, this.startMs, this.account, this);
  }

  get height(): bigint {
    return this.#height;
  }

  /** A word of the gateway's storage; zero frees the slot. */
  set(slot: Uint8Array, word: Uint8Array): void {
    const value = trimmed(word);
    if (value.length === 0) this.#slots.delete(bytesToHex(slot));
    else this.setRaw(slot, rlp(value));
  }

  /** The leaf's very bytes: what no honest chain would store. */
  setRaw(slot: Uint8Array, value: Uint8Array): void {
    this.#slots.set(bytesToHex(slot), value);
  }

  has(slot: Uint8Array): boolean {
    return this.#slots.has(bytesToHex(slot));
  }

  clear(): void {
    this.#slots.clear();
  }

  /** The next block, with all that was set before it. */
  seal(): AttestedHeader {
    this.#height += 1n;
    return this.resealed(this.#height);
  }

  /** The same height again: on a chain that forks, with another state. */
  resealed(height: bigint): AttestedHeader {
    const { gateway: _, address, codeHash } = this.account;
    const storage = new PatriciaTrie(
      [...this.#slots].map(([slot, value]) => [hexToBytes(slot), value] as const),
    );
    const gateway = rlp([Uint8Array.of(1), new Uint8Array(0), storage.root, codeHash]);
    const state = new PatriciaTrie([...neighbours(this.name), [address, gateway]]);
    const header: AttestedHeader = {
      height,
      headerHash: keccak256(concatBytes(utf8ToBytes(this.name), encode(u64, height), state.root)),
      stateRoot: state.root,
      timeMs: this.startMs + height * BLOCK_MS,
    };
    this.#sealed.set(height, { header, state, storage });
    return header;
  }

  #at(height: bigint): Sealed {
    const sealed = this.#sealed.get(height);
    if (!sealed) throw new Error(`${this.name} has no block ${height}`);
    return sealed;
  }

  header(height: bigint = this.#height): AttestedHeader {
    return this.#at(height).header;
  }

  /** With the proof of the gateway's account, or of another `address` in its place. */
  anchor(height: bigint = this.#height, address: Uint8Array = this.account.address): ProofAnchor {
    const { gateway } = this.account;
    return { gateway, height, accountProof: this.#at(height).state.prove(address) };
  }

  prove(slot: Uint8Array, height: bigint = this.#height): TrieNodes {
    return this.#at(height).storage.prove(slot);
  }
}
