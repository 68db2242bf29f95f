import { type Acknowledgement, type ConservationRecord, type Packet, type PositionRecord, type RegisterAsset, type TransferRecord } from "@ropenet/protocol";
import { type TestAccount } from "./accounts.ts";
import { type Plan, RopeBench, type RopeBlock } from "./rope-bench.ts";
import { type Sent, StrandBench, type Verdict } from "./strand-bench.ts";
export declare const WINDOW_MS = 60000n;
/** net outflow of `metered` at its origin, per window */
export declare const ORIGIN_LIMIT = 1000n;
/** net outflow of `metered` at C, per window */
export declare const VOUCHER_LIMIT = 500n;
/** fungible, from A; at C in whole units: its scale there is −2 */
export declare const cny: RegisterAsset & {
    readonly assetId: Uint8Array;
};
/** unique, from A */
export declare const deed: RegisterAsset & {
    readonly assetId: Uint8Array;
};
/** fungible, from the rope */
export declare const gold: RegisterAsset & {
    readonly assetId: Uint8Array;
};
/** fungible, from B; limited at B and at C */
export declare const metered: RegisterAsset & {
    readonly assetId: Uint8Array;
};
export interface Arrival {
    readonly packet: Packet;
    readonly payload: Uint8Array;
}
/** What the rope has put into a strand's outbox since it was last asked. */
export interface Mail {
    readonly packets: readonly Arrival[];
    readonly acknowledgements: readonly Acknowledgement[];
}
/** The rope with three strands and four assets, and a relayer who carries whatever there is. */
export declare class World {
    readonly rope: RopeBench;
    readonly a: StrandBench;
    readonly b: StrandBench;
    readonly c: StrandBench;
    constructor(rope: RopeBench);
    fork(): World;
    /** Seals the strand's next block: the attested header, on its way to the rope. */
    update(strand: StrandBench): Plan;
    /** Packets under a fresh header, as the relayer brings them: a header and a batch in one block. */
    receive(strand: StrandBench, ...sents: readonly Sent[]): readonly [Plan, Plan];
    relay(strand: StrandBench, ...sents: readonly Sent[]): RopeBlock;
    fetch(strand: StrandBench): Mail;
    /** The strand takes its mail; returns the receipts that it wrote. */
    take(strand: StrandBench, verdict?: Verdict): readonly Acknowledgement[];
    /** Receipts under a fresh header. */
    acknowledge(strand: StrandBench, ...acks: readonly Acknowledgement[]): readonly [Plan, Plan];
    /** The strand takes its mail, and its receipts come back to the rope. */
    answer(strand: StrandBench, verdict?: Verdict): RopeBlock;
    transfer({ transferId }: Pick<Sent, "transferId">): TransferRecord;
    /** The transfer that came last. */
    newest(): TransferRecord;
    /** The acknowledgements of a packet in the outbox of its strand. */
    answersTo({ packet }: Sent): readonly Acknowledgement[];
    books({ assetId }: Pick<typeof cny, "assetId">): Omit<ConservationRecord, "height">;
    position({ assetId }: Pick<typeof cny, "assetId">, gateway: Uint8Array): PositionRecord;
    /** What an account of the rope holds. */
    holding(of: Pick<typeof cny, "assetId">, { address }: Pick<TestAccount, "address">): bigint;
    outstanding(of: Pick<typeof cny, "assetId">, gateway: Uint8Array): bigint;
}
/** A world in which every asset is registered wherever it may go, and nothing has moved. */
export declare function createWorld(): World;
