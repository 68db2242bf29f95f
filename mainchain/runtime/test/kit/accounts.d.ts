/** 32 bytes that are always the same for a name. */
export declare const seed: (name: string) => Uint8Array;
export interface TestAccount {
    readonly secretKey: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly address: Uint8Array;
    /** the address as packets carry it */
    readonly b32: Uint8Array;
}
/** The account of that name; its key is the same in every run. */
export declare function account(name: string): TestAccount;
export interface EthereumKey {
    readonly secretKey: Uint8Array;
    /** 20 bytes */
    readonly address: Uint8Array;
}
export declare function ethereumKey(name: string): EthereumKey;
