import { accountToB32, bytesToHex, hexToBytes } from "@ropenet/protocol";

export const toHex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;

export const fromHex = (hex: string): Uint8Array => hexToBytes(hex.slice(2).toLowerCase());

/** An EVM address as it travels in packets. */
export const addressToB32 = (address: string): Uint8Array => accountToB32(fromHex(address));
