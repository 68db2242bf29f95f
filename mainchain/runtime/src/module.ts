import {
  type Block,
  type Codec,
  decodeOwn,
  encode,
  type Genesis,
  type MessageBodies,
  type MessageName,
  type ParametersRecord,
} from "@ropenet/protocol";

/** The state below a running transaction: reads see earlier writes of the same block. */
export interface StateView {
  get(key: Uint8Array): Uint8Array | undefined;
  set(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** entries with `from` ≤ key < `to`, ascending, at most `limit`; earlier writes of the block included */
  range(
    from: Uint8Array,
    to: Uint8Array,
    limit: number,
  ): readonly (readonly [Uint8Array, Uint8Array])[];
  /** Derived data that only answers queries (outbox inner nodes): durable, but outside the state root. */
  setIndex(key: Uint8Array, value: Uint8Array): void;
  getIndex(key: Uint8Array): Uint8Array | undefined;
  /** keys with `from` ≤ key < `to` that this block has set or deleted, ascending: what invariants look at */
  changedKeys(from: Uint8Array, to: Uint8Array): readonly Uint8Array[];
}

export interface Context {
  readonly state: StateView;
  readonly parameters: ParametersRecord;
  readonly height: bigint;
  /** header time */
  readonly timeMs: bigint;
  /** state root after the previous height, as the header names it */
  readonly previousStateRoot: Uint8Array;
  emit(kind: string, attributes: Readonly<Record<string, string>>): void;
}

export interface TransactionContext extends Context {
  readonly transactionId: Uint8Array;
  /** 20 bytes */
  readonly sender: Uint8Array;
  /** Adds to the fee before the work is done (proofs are metered before they are verified). @throws CodedError `fee/limit-exceeded` */
  charge(units: bigint): void;
}

export type Handler<K extends MessageName> = (
  context: TransactionContext,
  body: MessageBodies[K],
) => void;

export interface Invariant {
  /** e.g. `I4 conservation` */
  readonly name: string;
  /** a sentence per violation; empty = holds */
  check(context: Context): readonly string[];
}

export interface BlockEnd {
  readonly block: Block;
  /** taken from senders, and in nobody's account yet */
  readonly fees: bigint;
}

/** A module owns its keys; what it needs of others it declares as slices and gets in app.ts. */
export interface Module {
  readonly name: string;
  readonly handlers: { readonly [K in MessageName]?: Handler<K> };
  initGenesis?(context: Context, genesis: Genesis): void;
  /** in the opposite order of `endBlock`; certificate and evidence of the block have been checked by the engine */
  beginBlock?(context: Context, block: Block): void;
  endBlock?(context: Context, end: BlockEnd): void;
  readonly invariants?: readonly Invariant[];
  /** Makes anew, by `setIndex`, what answers queries and is not in the state: it was imported without. */
  rebuildIndex?(state: StateView): void;
  /** Work that waits for a block although no transaction does, seen at the node's clock. */
  wantsBlock?(state: StateView, parameters: ParametersRecord, nowMs: bigint): boolean;
}

export function readRecord<T>(
  state: Pick<StateView, "get">,
  key: Uint8Array,
  codec: Codec<T>,
): T | undefined {
  const bytes = state.get(key);
  return bytes === undefined ? undefined : decodeOwn(codec, bytes);
}

export function writeRecord<T>(state: StateView, key: Uint8Array, codec: Codec<T>, value: T): void {
  state.set(key, encode(codec, value));
}
