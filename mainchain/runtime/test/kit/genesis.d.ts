import { type Genesis, type ParametersRecord } from "@ropenet/protocol";
import { type EthereumKey, type TestAccount } from "./accounts.ts";
export declare const CHAIN_ID: Uint8Array;
export declare const ROPE: Uint8Array;
export declare const GENESIS_MS = 1800000000000n;
export declare const HOUR_MS = 3600000n;
/** Far behind everything that a test waits for. */
export declare const LATER_MS: bigint;
export declare const RICH: bigint;
/** One account per office, by the office's name. */
export declare const officer: {
    standards: TestAccount;
    supervision: TestAccount;
    admission: TestAccount;
};
export declare const alice: TestAccount;
export declare const bob: TestAccount;
export declare const relayer: TestAccount;
export declare const member: TestAccount;
/** Has no coins and no office. */
export declare const nobody: TestAccount;
export interface TestValidator {
    readonly consensus: TestAccount;
    readonly bridge: TestAccount;
    readonly ethereum: EthereumKey;
    readonly stake: bigint;
}
/** Unequal on purpose: which three of four make two thirds matters. */
export declare const validators: readonly TestValidator[];
export declare const PARAMETERS: ParametersRecord;
export declare const GENESIS: Genesis;
export declare const genesisBytes: (changes?: Partial<Genesis>) => Uint8Array;
