import type { Block, Header } from "./chain/block.ts";
import type { DecodedTransaction } from "./chain/transaction.ts";
import type { ValidatorSet } from "./chain/validator-set.ts";

/**
 * The ordered key-value store below the application; `undefined` = absent. Reads are synchronous; one that fails
 * throws a LocalFault, which no reader takes for an answer.
 */
export interface KeyValueReader {
  get(key: Uint8Array): Uint8Array | undefined;
  /** entries with `from` ≤ key < `to`, ascending */
  range(
    from: Uint8Array,
    to: Uint8Array,
    limit?: number,
  ): Iterable<readonly [Uint8Array, Uint8Array]>;
}

export type WriteOperation =
  | { readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly key: Uint8Array; readonly value: undefined };

/** What one height changes on disk; the node makes it durable in one atomic batch. */
export type WriteBatch = readonly WriteOperation[];

export interface ApplicationInfo {
  /** last committed height; 0 = genesis, −1 = nothing yet */
  readonly height: bigint;
  /** state root after executing `height` */
  readonly stateRoot: Uint8Array;
}

export interface TransactionEvent {
  /** e.g. `transfer.forwarded` */
  readonly kind: string;
  /** values are decimal strings, hex strings or text; for indexers, never for consensus */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface TransactionResult {
  readonly id: Uint8Array;
  /** undefined = succeeded; otherwise the stable code of the CodedError */
  readonly code: string | undefined;
  readonly message: string;
  readonly feePaid: bigint;
  readonly events: readonly TransactionEvent[];
}

export interface BlockResult {
  readonly stateRoot: Uint8Array;
  readonly nextValidators: ValidatorSet;
  readonly transactions: readonly TransactionResult[];
  /** events of begin and end of block */
  readonly events: readonly TransactionEvent[];
  /** suites whose checkpoint of this height validators must sign; empty most of the time */
  readonly checkpointDue: boolean;
}

export type CheckResult =
  | {
      readonly ok: true;
      readonly sender: Uint8Array;
      readonly nonce: bigint;
      readonly feeLimit: bigint;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface ProvenValue {
  readonly height: bigint;
  readonly stateRoot: Uint8Array;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  /** encoded StateProof, see trie/ */
  readonly proof: Uint8Array;
}

/**
 * The boundary between consensus and what it orders. Everything is synchronous and pure above the reader;
 * only a CodedError may become a failed transaction, any other error halts the node.
 */
export interface Application {
  info(): ApplicationInfo;
  /** Called once on an empty store. */
  initGenesis(genesis: Uint8Array): {
    readonly stateRoot: Uint8Array;
    readonly validators: ValidatorSet;
    readonly batch: WriteBatch;
  };
  /** The set that decides `height` (known for last committed height + 1). */
  validators(): ValidatorSet;
  /** The set that the header of that height must name as the next; known before its block is executed. */
  nextValidators(): ValidatorSet;
  /** Decodes it, once for all who ask. @throws {CodedError} `tx/malformed` */
  readTx(transaction: Uint8Array): DecodedTransaction;
  /**
   * Checks the signatures of what `readTx` read, together, which is quicker than one by one, before it is asked
   * about. What is wrong with one is said then.
   */
  foresee(transactions: readonly DecodedTransaction[]): void;
  /** What `readTx` read, against the last committed state and the given pending nonce of the sender. */
  checkTx(transaction: DecodedTransaction, pendingNonce?: bigint): CheckResult;
  /** Drops what cannot be included; keeps order. */
  buildBlock(
    candidates: readonly Uint8Array[],
    limits: { readonly maxBytes: number; readonly maxTransactions: number },
  ): readonly Uint8Array[];
  /** Executes on a scratch overlay; throws a CodedError if the block must not be voted for. Result is kept per block id. */
  verifyBlock(blockId: Uint8Array, block: Block): BlockResult;
  /** Executes (or reuses verifyBlock's result of the same block id). Nothing is visible before `commit`. */
  applyBlock(blockId: Uint8Array, block: Block): BlockResult;
  /** Makes the applied block the committed state and returns what to persist. */
  commit(): WriteBatch;
  /** Wants a block although no transaction waits: root moved, checkpoint heartbeat, a queue release is due. */
  wantsBlock(nowMs: bigint, lastHeader: Header | undefined): boolean;
  /** @throws {CodedError} `state/height-pruned`, `state/height-unknown` */
  prove(key: Uint8Array, height?: bigint): ProvenValue;
}
