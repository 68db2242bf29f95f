import { type AttestedHeader, type ProofAnchor, type TrieNodes } from "@ropenet/protocol";
export interface GatewayAccount {
    readonly gateway: Uint8Array;
    /** 20 bytes */
    readonly address: Uint8Array;
    readonly codeHash: Uint8Array;
}
/** The state of an EVM chain with one gateway: block by block, every block proven as eth_getProof does. */
export declare class StrandState {
    #private;
    readonly name: string;
    readonly startMs: bigint;
    account: GatewayAccount;
    constructor(name: string, startMs: bigint, account: GatewayAccount, from?: StrandState);
    fork(): StrandState;
    get height(): bigint;
    /** A word of the gateway's storage; zero frees the slot. */
    set(slot: Uint8Array, word: Uint8Array): void;
    /** The leaf's very bytes: what no honest chain would store. */
    setRaw(slot: Uint8Array, value: Uint8Array): void;
    has(slot: Uint8Array): boolean;
    clear(): void;
    /** The next block, with all that was set before it. */
    seal(): AttestedHeader;
    /** The same height again: on a chain that forks, with another state. */
    resealed(height: bigint): AttestedHeader;
    header(height?: bigint): AttestedHeader;
    /** With the proof of the gateway's account, or of another `address` in its place. */
    anchor(height?: bigint, address?: Uint8Array): ProofAnchor;
    prove(slot: Uint8Array, height?: bigint): TrieNodes;
}
