import {
  type Block,
  type BlockResult,
  blockCodec,
  bytesToHex,
  type Codec,
  type Commit,
  commitCodec,
  concatBytes,
  type DuplicateVote,
  decode,
  decodeOwn,
  decodeTransaction,
  duplicateVoteCodec,
  encode,
  type Header,
  headerCodec,
  list,
  Reader,
  readOwn,
  struct,
  type TransactionEvent,
  type TransactionResult,
  u32,
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
  /** the offences that the block of `height` carried */
  evidence(height: bigint): readonly DuplicateVote[];
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

const SPACE = {
  block: "b",
  commit: "c",
  validators: "v",
  transaction: "t",
  events: "r",
  results: "x",
  /** of blocks whose body is not here any more, or never was */
  header: "h",
} as const;
/** Results that share a row: few rows to write, and little to read for one. */
const RESULTS_PER_ROW = 64;
const keyOf = (space: string, name: Uint8Array): Uint8Array =>
  concatBytes(utf8ToBytes(space), name);
const atHeight = (space: string, height: bigint): Uint8Array => keyOf(space, encode(u64, height));

/** Where a transaction is. */
interface Included {
  readonly height: bigint;
  readonly index: number;
}

const includedCodec: Codec<Included> = struct<Included>({ height: u64, index: u32 });

const resultsRow = (height: bigint, row: number): Uint8Array =>
  keyOf(SPACE.results, concatBytes(encode(u64, height), encode(u32, row)));

const json = (value: unknown): Uint8Array => utf8ToBytes(JSON.stringify(value));
const parse = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes)) as T;

export function toEventJson({ kind, attributes }: TransactionEvent): EventJson {
  return { kind, attributes };
}

export function createBlockStore(store: KeyValueStore): BlockStore {
  function read<T>(key: Uint8Array, decoder: (bytes: Uint8Array) => T): T | undefined {
    const bytes = store.get(key);
    return bytes && readOwn(() => decoder(bytes));
  }

  const blocks: BlockStore = {
    record({ block, blockBytes, commit, validators, result }): WriteBatch {
      const { height } = block.header;
      return [
        { key: atHeight(SPACE.block, height), value: blockBytes },
        { key: atHeight(SPACE.commit, height), value: encode(commitCodec, commit) },
        {
          key: keyOf(SPACE.validators, validatorSetHash(validators)),
          value: encode(validatorSetCodec, validators),
        },
        { key: atHeight(SPACE.events, height), value: json(result.events.map(toEventJson)) },
        ...resultRows(height, result.transactions),
        ...result.transactions.map(({ id }, index): WriteOperation => {
          const key = keyOf(SPACE.transaction, id);
          return { key, value: encode(includedCodec, { height, index }) };
        }),
      ];
    },
    blockBytes: (height) => store.get(atHeight(SPACE.block, height)),
    block: (height) => read(atHeight(SPACE.block, height), (bytes) => decode(blockCodec, bytes)),
    header: (height) =>
      // The header is the first field of the block; the megabytes behind it stay unread.
      read(atHeight(SPACE.block, height), readHeader) ??
      read(atHeight(SPACE.header, height), readHeader),
    evidence: (height) =>
      blocks.block(height)?.evidence ??
      read(atHeight(SPACE.header, height), (bytes) => decode(pastCodec, bytes))?.evidence ??
      [],
    commit: (height) => read(atHeight(SPACE.commit, height), (bytes) => decode(commitCodec, bytes)),
    commitBytes: (height) => store.get(atHeight(SPACE.commit, height)),
    validators: (hash) =>
      read(keyOf(SPACE.validators, hash), (bytes) => decode(validatorSetCodec, bytes)),
    transaction(id): IncludedTransactionJson | undefined {
      const included = read(keyOf(SPACE.transaction, id), (bytes) => decode(includedCodec, bytes));
      if (!included) return undefined;
      const { height, index } = included;
      const row = Math.floor(index / RESULTS_PER_ROW);
      const results = read(resultsRow(height, row), parse<readonly TransactionJson[]>);
      const result = results?.[index % RESULTS_PER_ROW];
      if (!result) throw new Error(`no result of transaction ${index} at height ${height}`);
      return { ...result, height: String(height), index };
    },
    results(height): BlockResultsJson | undefined {
      const events = read(atHeight(SPACE.events, height), parse<readonly EventJson[]>);
      if (!events) return undefined;
      const rows = store.range(resultsRow(height, 0), resultsRow(height + 1n, 0));
      const transactions = [...rows].flatMap(([, row]) => parse<readonly TransactionJson[]>(row));
      return { height: String(height), transactions, events };
    },
  };
  return blocks;
}

/** A past header, with the offences that its block carried: no later block may carry them again. */
export interface PastHeader {
  readonly header: Header;
  readonly evidence: readonly DuplicateVote[];
}

export const pastCodec: Codec<PastHeader> = struct<PastHeader>({
  header: headerCodec,
  evidence: list(duplicateVoteCodec, 64),
});

const readHeader = (bytes: Uint8Array): Header => headerCodec.read(new Reader(bytes), "header");

export interface PastRecord {
  readonly height: bigint;
  /** encoded, of `height` */
  readonly block: Uint8Array;
  readonly commit: Commit;
  /** below it */
  readonly past: readonly PastHeader[];
  readonly sets: readonly ValidatorSet[];
}

/** What a node that begins at a height knows of what was before. */
export function recordOfPast({ height, block, commit, past, sets }: PastRecord): WriteBatch {
  return [
    { key: atHeight(SPACE.block, height), value: block },
    { key: atHeight(SPACE.commit, height), value: encode(commitCodec, commit) },
    ...past.map((one) => ({
      key: atHeight(SPACE.header, one.header.height),
      value: encode(pastCodec, one),
    })),
    ...sets.map((set) => ({
      key: keyOf(SPACE.validators, validatorSetHash(set)),
      value: encode(validatorSetCodec, set),
    })),
  ];
}

export interface PruneLimits {
  /** blocks below this lose their bodies, commits and results */
  readonly below: bigint;
  /** headers below this are deleted too */
  readonly headersBelow: bigint;
  /** heights per call at most */
  readonly limit: number;
}

/** Operations that forget what is old, a bounded number of heights at a time; empty when nothing is left to do. */
export function pruneBlocks(
  store: KeyValueStore,
  { below, headersBelow, limit }: PruneLimits,
): WriteBatch {
  const operations: WriteOperation[] = [];
  const remove = (key: Uint8Array): void => void operations.push({ key, value: undefined });
  const bodies = store.range(atHeight(SPACE.block, 0n), atHeight(SPACE.block, below), limit);
  for (const [key, bytes] of bodies) {
    const { header, evidence, transactions } = decodeOwn(blockCodec, bytes);
    const { height } = header;
    remove(key);
    remove(atHeight(SPACE.commit, height));
    remove(atHeight(SPACE.events, height));
    for (const [row] of store.range(resultsRow(height, 0), resultsRow(height + 1n, 0))) remove(row);
    for (const one of transactions) remove(keyOf(SPACE.transaction, decodeTransaction(one).id));
    if (height < headersBelow) continue;
    const past = encode(pastCodec, { header, evidence });
    operations.push({ key: atHeight(SPACE.header, height), value: past });
  }
  const headers = store.range(
    atHeight(SPACE.header, 0n),
    atHeight(SPACE.header, headersBelow),
    limit,
  );
  for (const [key] of headers) remove(key);
  return operations;
}

function resultRows(
  height: bigint,
  transactions: readonly TransactionResult[],
): readonly WriteOperation[] {
  const rows: WriteOperation[] = [];
  for (let from = 0; from < transactions.length; from += RESULTS_PER_ROW) {
    const part = transactions.slice(from, from + RESULTS_PER_ROW).map(toTransactionJson);
    rows.push({ key: resultsRow(height, from / RESULTS_PER_ROW), value: json(part) });
  }
  return rows;
}

function toTransactionJson(result: TransactionResult): TransactionJson {
  const { id, code, message, feePaid, events } = result;
  return {
    id: bytesToHex(id),
    code: code ?? null,
    message,
    feePaid: String(feePaid),
    events: events.map(toEventJson),
  };
}
