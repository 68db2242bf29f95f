import { type AccountRecord, type Block, type BlockResult, type Codec, type Genesis, type Header, type MessageBodies, type MessageName, type TransactionBody, type TransactionResult } from "@ropenet/protocol";
import { type Runtime } from "../../src/index.ts";
import type { TestAccount } from "./accounts.ts";
import { type Audit } from "./audit.ts";
import { MemoryStore } from "./memory-store.ts";
import type { StrandBench } from "./strand-bench.ts";
/** A transaction to be signed when its block is made. */
export interface Plan {
    readonly from: TestAccount;
    readonly body: Pick<TransactionBody, "type" | "message"> & Partial<TransactionBody>;
}
export declare function plan<K extends MessageName>(from: TestAccount, name: K, message: MessageBodies[K], terms?: Partial<TransactionBody>): Plan;
export interface RopeBlock {
    readonly header: Header;
    readonly result: BlockResult;
    readonly transactions: readonly TransactionResult[];
}
/** A transaction failed that a test counts on. */
export declare class FailedTransaction extends Error {
}
/** The real application on a store in memory, driven as the node drives it. After every block its books are audited. */
export declare class RopeBench {
    readonly store: MemoryStore;
    runtime: Runtime;
    readonly strands: readonly StrandBench[];
    /** header time of the last block */
    timeMs: bigint;
    last: Header | undefined;
    readonly audit: Audit;
    private constructor();
    static create(strands?: readonly StrandBench[], changes?: Partial<Genesis>): RopeBench;
    /** The same chain and the same strands once more; what happens to one does not happen to the other. */
    fork(): RopeBench;
    /** The same chain over another store, which holds the same state. */
    on(store: MemoryStore): RopeBench;
    get height(): bigint;
    get stateRoot(): Uint8Array;
    value(key: Uint8Array): Uint8Array | undefined;
    read<T>(key: Uint8Array, codec: Codec<T>): T | undefined;
    must<T>(key: Uint8Array, codec: Codec<T>): T;
    account({ address }: Pick<TestAccount, "address">): AccountRecord;
    /** Every record whose key begins with `prefix`. */
    records(prefix: string): readonly (readonly [Uint8Array, Uint8Array])[];
    /** The whole state, by key in hex. */
    dump(): ReadonlyMap<string, string>;
    /** Writes past the application, as no transaction could: what only a bug would leave behind. */
    doctor<T>(key: Uint8Array, codec: Codec<T>, value: T): void;
    /** Signed bytes, nonces counted on within the block. */
    sign(plans: readonly Plan[]): readonly Uint8Array[];
    /** The next block with these transactions, as an honest proposer makes it. */
    build(transactions: readonly Uint8Array[], changes?: Partial<Header>): Block;
    /** Verified, applied, committed, written, audited. */
    commit(block: Block): RopeBlock;
    /** One block. Its transactions may fail. */
    block(plans?: readonly Plan[], changes?: Partial<Header>): RopeBlock;
    /** One block whose transactions must all succeed. */
    do(...plans: readonly Plan[]): RopeBlock;
    /** As `do`, with the time of the header. */
    at(timeMs: bigint, ...plans: readonly Plan[]): RopeBlock;
}
/** Without entropy, and without deriving the public key again: half the work, and the same bytes every time. */
export declare function signed(from: TestAccount, body: TransactionBody): Uint8Array;
