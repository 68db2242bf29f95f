import {
  type Block,
  type BlockResult,
  blockCodec,
  bytesToHex,
  type Commit,
  commitCodec,
  concatBytes,
  decode,
  decodeTransaction,
  encode,
  type Header,
  headerCodec,
  Reader,
  type TransactionEvent,
  u64,
  utf8ToBytes,
  type ValidatorSet,
  validatorSetCodec,
  validatorSetHash,
  type WriteBatch,
  type WriteOperation,
} from "@ropenet/protocol";
import type {
  BlockResultsJson,
  EventJson,
  IncludedTransactionJson,
  TransactionJson,
} from "../rpc/schema.ts";
import type { KeyValueStore } from "./key-value-store.ts";

/** Everything a height left behind besides state: what peers sync from and clients read. */
export interface BlockStore {
  /** Operations for the same batch as the state of the height. */
  record(decided: DecidedBlock): WriteBatch;
  blockBytes(height: bigint): Uint8Array | undefined;
  block(height: bigint): Block | undefined;
  header(height: bigint): Header | undefined;
  commit(height: bigint): Commit | undefined;
  commitBytes(height: bigint): Uint8Array | undefined;
  validators(hash: Uint8Array): ValidatorSet | undefined;
  transaction(id: Uint8Array): IncludedTransactionJson | undefined;
  results(height: bigint): BlockResultsJson | undefined;
}

export interface DecidedBlock {
  readonly block: Block;
  readonly blockBytes: Uint8Array;
  readonly commit: Commit;
  /** the set that decided it */
  readonly validators: ValidatorSet;
  readonly result: BlockResult;
}

const SPACE = { block: "b", commit: "c", validators: "v", transaction: "t", results: "r" } as const;
const keyOf = (space: string, name: Uint8Array): Uint8Array =>
  concatBytes(utf8ToBytes(space), name);
const atHeight = (space: string, height: bigint): Uint8Array => keyOf(space, encode(u64, height));

interface StoredResults {
  readonly transactions: readonly string[];
  readonly events: readonly EventJson[];
}

const json = (value: unknown): Uint8Array => utf8ToBytes(JSON.stringify(value));
const parse = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes)) as T;

export function toEventJson({ kind, attributes }: TransactionEvent): EventJson {
  return { kind, attributes };
}

export function createBlockStore(store: KeyValueStore): BlockStore {
  function read<T>(key: Uint8Array, decoder: (bytes: Uint8Array) => T): T | undefined {
    const bytes = store.get(key);
    return bytes && decoder(bytes);
  }

  const blocks: BlockStore = {
    record({ block, blockBytes, commit, validators, result }): WriteBatch {
      const { height } = block.header;
      const ids = block.transactions.map((bytes) => decodeTransaction(bytes).id);
      const stored: StoredResults = {
        transactions: ids.map(bytesToHex),
        events: result.events.map(toEventJson),
      };
      return [
        { key: atHeight(SPACE.block, height), value: blockBytes },
        { key: atHeight(SPACE.commit, height), value: encode(commitCodec, commit) },
        {
          key: keyOf(SPACE.validators, validatorSetHash(validators)),
          value: encode(validatorSetCodec, validators),
        },
        { key: atHeight(SPACE.results, height), value: json(stored) },
        ...ids.map((id, index): WriteOperation => {
          const entry = includedJson(result, index, height);
          return { key: keyOf(SPACE.transaction, id), value: json(entry) };
        }),
      ];
    },
    blockBytes: (height) => store.get(atHeight(SPACE.block, height)),
    block: (height) => read(atHeight(SPACE.block, height), (bytes) => decode(blockCodec, bytes)),
    header: (height) =>
      // The header is the first field of the block; the megabytes behind it stay unread.
      read(atHeight(SPACE.block, height), (bytes) => headerCodec.read(new Reader(bytes), "header")),
    commit: (height) => read(atHeight(SPACE.commit, height), (bytes) => decode(commitCodec, bytes)),
    commitBytes: (height) => store.get(atHeight(SPACE.commit, height)),
    validators: (hash) =>
      read(keyOf(SPACE.validators, hash), (bytes) => decode(validatorSetCodec, bytes)),
    transaction: (id) => read(keyOf(SPACE.transaction, id), parse<IncludedTransactionJson>),
    results(height): BlockResultsJson | undefined {
      const stored = read(atHeight(SPACE.results, height), parse<StoredResults>);
      if (!stored) return undefined;
      return {
        height: String(height),
        transactions: stored.transactions.map((id) => resultOf(store, id)),
        events: stored.events,
      };
    },
  };
  return blocks;
}

function includedJson(result: BlockResult, index: number, height: bigint): IncludedTransactionJson {
  const one = result.transactions[index];
  if (!one) throw new Error(`block result lacks transaction ${index}`);
  return {
    id: bytesToHex(one.id),
    height: String(height),
    index,
    code: one.code ?? null,
    message: one.message,
    feePaid: String(one.feePaid),
    events: one.events.map(toEventJson),
  };
}

function resultOf(store: KeyValueStore, id: string): TransactionJson {
  const bytes = store.get(keyOf(SPACE.transaction, Uint8Array.from(Buffer.from(id, "hex"))));
  if (!bytes) throw new Error(`transaction ${id} of a stored block is not indexed`);
  const { height: _height, index: _index, ...rest } = parse<IncludedTransactionJson>(bytes);
  return rest;
}
