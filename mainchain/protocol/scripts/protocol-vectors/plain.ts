import { bytesToHex, hexToBytes } from "@ropenet/crypto";

export type Plain =
  | string
  | number
  | boolean
  | readonly Plain[]
  | { readonly [name: string]: Plain };

export const toHex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;
export const fromHex = (hex: string): Uint8Array => hexToBytes(hex.slice(2));

/** Bytes become 0x-hex, bigints decimal strings: what every JSON reader takes without loss. */
export function plain(value: unknown): Plain {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) throw new Error(`no vector form: ${value}`);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
