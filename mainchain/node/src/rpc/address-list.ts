import { BlockList, isIP, isIPv4 } from "node:net";

/** Addresses and ranges as an operator writes them: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. */
export interface AddressList {
  has(address: string | undefined): boolean;
}

export const LOOPBACK: readonly string[] = ["127.0.0.0/8", "::1"];
const RANGE = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/;

export function isAddressRange(text: string): boolean {
  const [, address = "", bits] = RANGE.exec(text) ?? [];
  const most = isIPv4(address) ? 32 : 128;
  return isIP(address) !== 0 && (bits === undefined || Number(bits) <= most);
}

/** Entries must satisfy `isAddressRange`. */
export function createAddressList(entries: readonly string[]): AddressList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return {
    has(address): boolean {
      const plain = plainAddress(address);
      if (plain === undefined) return false;
      return list.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
    },
  };
}

/** An IPv4 client on a dual-stack socket looks like `::ffff:10.1.2.3`. */
export function plainAddress(address: string | undefined): string | undefined {
  if (address === undefined || isIP(address) === 0) return undefined;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : address;
}
