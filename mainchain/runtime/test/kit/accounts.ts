import { accountToB32, addressOf, secp256k1, sm2, sm3, utf8ToBytes } from "@ropenet/protocol";

/** 32 bytes that are always the same for a name. */
export const seed = (name: string): Uint8Array => sm3(utf8ToBytes(`test/${name}`));

export interface TestAccount {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
  /** the address as packets carry it */
  readonly b32: Uint8Array;
}

const accounts = new Map<string, TestAccount>();

/** The account of that name; its key is the same in every run. */
export function account(name: string): TestAccount {
  const known = accounts.get(name);
  if (known) return known;
  const secretKey = seed(`account/${name}`);
  const publicKey = sm2.getPublicKey(secretKey);
  const address = addressOf(publicKey);
  const made = { secretKey, publicKey, address, b32: accountToB32(address) };
  accounts.set(name, made);
  return made;
}

export interface EthereumKey {
  readonly secretKey: Uint8Array;
  /** 20 bytes */
  readonly address: Uint8Array;
}

const ethereumKeys = new Map<string, EthereumKey>();

export function ethereumKey(name: string): EthereumKey {
  const known = ethereumKeys.get(name);
  if (known) return known;
  const secretKey = seed(`ethereum/${name}`);
  const made = { secretKey, address: secp256k1.getAddress(secretKey) };
  ethereumKeys.set(name, made);
  return made;
}
