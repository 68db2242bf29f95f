export type RlpItem = Uint8Array | readonly RlpItem[];
/** Recursive length prefix. Source: Ethereum Yellow Paper, appendix B. */
export declare function rlp(item: RlpItem): Uint8Array;
/** keccak-256 of the RLP of the empty string. */
export declare const EMPTY_TRIE_ROOT: Uint8Array;
/** A Merkle-Patricia trie under hashed keys, as Ethereum keeps accounts and storage. */
export declare class PatriciaTrie {
    #private;
    readonly root: Uint8Array;
    constructor(entries: Iterable<readonly [key: Uint8Array, value: Uint8Array]>);
    /** What eth_getProof answers: nodes root first, of presence or absence. */
    prove(key: Uint8Array): readonly Uint8Array[];
}
/** An integer as Ethereum stores it: without leading zeros. */
export declare function trimmed(word: Uint8Array): Uint8Array;
