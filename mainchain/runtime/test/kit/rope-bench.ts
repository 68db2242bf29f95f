import {
  type AccountRecord,
  type Block,
  type BlockResult,
  blockIdOf,
  bytesToHex,
  type Codec,
  concatBytes,
  decode,
  EMPTY_COMMIT,
  encode,
  encodeMessage,
  equalBytes,
  evidenceHash,
  type Genesis,
  type Header,
  type MessageBodies,
  type MessageName,
  PROTOCOL_VERSION,
  sm2,
  type TransactionBody,
  type TransactionResult,
  transactionCodec,
  transactionId,
  transactionsRoot,
  utf8ToBytes,
  validatorSetHash,
  ZERO_32,
} from "@ropenet/protocol";
import { createRuntime, type Runtime } from "../../src/index.ts";
import { valueKey } from "../../src/state/key-space.ts";
import type { TestAccount } from "./accounts.ts";
import { type Audit, createAudit } from "./audit.ts";
import { CHAIN_ID, GENESIS, genesisBytes } from "./genesis.ts";
import { MemoryStore } from "./memory-store.ts";
import type { StrandBench } from "./strand-bench.ts";

/** A transaction to be signed when its block is made. */
export interface Plan {
  readonly from: TestAccount;
  readonly body: Pick<TransactionBody, "type" | "message"> & Partial<TransactionBody>;
}

export function plan<K extends MessageName>(
  from: TestAccount,
  name: K,
  message: MessageBodies[K],
  terms: Partial<TransactionBody> = {},
): Plan {
  return { from, body: { ...encodeMessage(name, message), ...terms } };
}

export interface RopeBlock {
  readonly header: Header;
  readonly result: BlockResult;
  readonly transactions: readonly TransactionResult[];
}

const FEE_LIMIT = 10n ** 9n;
const STEP_MS = 1_000n;
/** Every state key lies between the two. */
const FIRST = new Uint8Array(0);
const LAST = new Uint8Array(8).fill(0xff);

/** A transaction failed that a test counts on. */
export class FailedTransaction extends Error {}

/** The real application on a store in memory, driven as the node drives it. After every block its books are audited. */
export class RopeBench {
  readonly store: MemoryStore;
  runtime: Runtime;
  readonly strands: readonly StrandBench[];
  /** header time of the last block */
  timeMs: bigint;
  last: Header | undefined;
  readonly audit: Audit;

  private constructor(
    store: MemoryStore,
    strands: readonly StrandBench[],
    timeMs: bigint,
    from?: RopeBench,
  ) {
    this.store = store;
    this.runtime = createRuntime({ reader: store, checkInvariants: true });
    this.strands = strands;
    this.timeMs = timeMs;
    this.last = from?.last;
    this.audit = createAudit(from?.audit);
  }

  static create(strands: readonly StrandBench[] = [], changes: Partial<Genesis> = {}): RopeBench {
    const { timeMs } = { ...GENESIS, ...changes };
    const bench = new RopeBench(new MemoryStore(), strands, timeMs);
    bench.store.write(bench.runtime.application.initGenesis(genesisBytes(changes)).batch);
    return bench;
  }

  /** The same chain and the same strands once more; what happens to one does not happen to the other. */
  fork(): RopeBench {
    const strands = this.strands.map((strand) => strand.fork());
    return new RopeBench(new MemoryStore(this.store), strands, this.timeMs, this);
  }

  /** The same chain over another store, which holds the same state. */
  on(store: MemoryStore): RopeBench {
    return new RopeBench(store, this.strands, this.timeMs, this);
  }

  get height(): bigint {
    return this.runtime.application.info().height;
  }

  get stateRoot(): Uint8Array {
    return this.runtime.application.info().stateRoot;
  }

  value(key: Uint8Array): Uint8Array | undefined {
    return this.store.get(valueKey(key));
  }

  read<T>(key: Uint8Array, codec: Codec<T>): T | undefined {
    const bytes = this.value(key);
    return bytes === undefined ? undefined : decode(codec, bytes);
  }

  must<T>(key: Uint8Array, codec: Codec<T>): T {
    const record = this.read(key, codec);
    if (record === undefined) throw new Error(`nothing at ${new TextDecoder().decode(key)}`);
    return record;
  }

  account({ address }: Pick<TestAccount, "address">): AccountRecord {
    return this.runtime.queries.account(address);
  }

  /** Every record whose key begins with `prefix`. */
  records(prefix: string): readonly (readonly [Uint8Array, Uint8Array])[] {
    const from = utf8ToBytes(prefix);
    return this.runtime.queries.range(from, concatBytes(from, LAST), Number.MAX_SAFE_INTEGER);
  }

  /** The whole state, by key in hex. */
  dump(): ReadonlyMap<string, string> {
    const { queries } = this.runtime;
    const all = queries.range(FIRST, LAST, Number.MAX_SAFE_INTEGER);
    return new Map(all.map(([key, value]) => [bytesToHex(key), bytesToHex(value)]));
  }

  /** Writes past the application, as no transaction could: what only a bug would leave behind. */
  doctor<T>(key: Uint8Array, codec: Codec<T>, value: T): void {
    this.store.write([{ key: valueKey(key), value: encode(codec, value) }]);
    // The running application remembers what it has read.
    this.runtime = createRuntime({ reader: this.store, checkInvariants: true });
  }

  /** Signed bytes, nonces counted on within the block. */
  sign(plans: readonly Plan[]): readonly Uint8Array[] {
    const nonces = new Map<string, bigint>();
    return plans.map(({ from, body }) => {
      const name = bytesToHex(from.address);
      const nonce = body.nonce ?? nonces.get(name) ?? this.account(from).nonce;
      nonces.set(name, nonce + 1n);
      return signed(from, {
        version: PROTOCOL_VERSION,
        chainId: CHAIN_ID,
        publicKey: from.publicKey,
        feeLimit: FEE_LIMIT,
        expiryHeight: this.height + 10n,
        nonce,
        ...body,
      });
    });
  }

  /** The next block with these transactions, as an honest proposer makes it. */
  build(transactions: readonly Uint8Array[], changes: Partial<Header> = {}): Block {
    const set = this.runtime.application.validators();
    const header: Header = {
      protocolVersion: PROTOCOL_VERSION,
      chainId: CHAIN_ID,
      height: this.height + 1n,
      timeMs: this.timeMs + STEP_MS,
      lastBlockId: this.last ? blockIdOf(this.last) : ZERO_32,
      lastCommitHash: ZERO_32,
      transactionsRoot: transactionsRoot(transactions),
      stateRoot: this.stateRoot,
      validatorsHash: validatorSetHash(set),
      nextValidatorsHash: validatorSetHash(this.runtime.application.nextValidators()),
      evidenceHash: evidenceHash([]),
      proposer: set[0]?.address ?? new Uint8Array(20),
      ...changes,
    };
    return { header, lastCommit: EMPTY_COMMIT, evidence: [], transactions };
  }

  /** Verified, applied, committed, written, audited. */
  commit(block: Block): RopeBlock {
    const { application } = this.runtime;
    const { header } = block;
    const id = blockIdOf(header);
    const verified = application.verifyBlock(id, block);
    const result = application.applyBlock(id, block);
    if (!equalBytes(verified.stateRoot, result.stateRoot))
      throw new Error("two results of a block");
    this.store.write(application.commit());
    if (!equalBytes(this.stateRoot, result.stateRoot))
      throw new Error("another root was committed");
    this.timeMs = header.timeMs;
    this.last = header;
    this.audit.check(this);
    return { header, result, transactions: result.transactions };
  }

  /** One block. Its transactions may fail. */
  block(plans: readonly Plan[] = [], changes: Partial<Header> = {}): RopeBlock {
    return this.commit(this.build(this.sign(plans), changes));
  }

  /** One block whose transactions must all succeed. */
  do(...plans: readonly Plan[]): RopeBlock {
    return this.at(this.timeMs + STEP_MS, ...plans);
  }

  /** As `do`, with the time of the header. */
  at(timeMs: bigint, ...plans: readonly Plan[]): RopeBlock {
    const block = this.block(plans, { timeMs });
    for (const { code, message } of block.transactions) {
      if (code !== undefined) throw new FailedTransaction(`${code}: ${message}`);
    }
    return block;
  }
}

/** Without entropy, and without deriving the public key again: half the work, and the same bytes every time. */
export function signed(from: TestAccount, body: TransactionBody): Uint8Array {
  const signature = sm2.sign(transactionId(body), from.secretKey, {
    publicKey: from.publicKey,
    extraEntropy: false,
  });
  return encode(transactionCodec, { body, signature });
}
