import type { RopeBench } from "./rope-bench.ts";
export interface Audit {
    /** Recounts the books of the committed state from its transfers. @throws the first rule that does not hold */
    check(rope: RopeBench): void;
    /** terminal receipts seen so far, by state key */
    readonly receipts: ReadonlyMap<string, string>;
}
/** The rules that no block may break, checked from the outside after each one. */
export declare function createAudit(from?: Audit): Audit;
