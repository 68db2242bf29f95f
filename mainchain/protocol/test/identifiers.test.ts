import { bytesToHex, sm2 } from "@ropenet/crypto";
import { bech32, bech32m } from "@scure/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accountToB32,
  addressOf,
  assetIdOf,
  b32ToAccount,
  formatAddress,
  type GatewayIdentity,
  gatewayUid,
  parseAddress,
  ropeChainId,
  ropeGatewayUid,
} from "../src/index.ts";
import * as arbitrary from "./arbitraries.ts";
import { codeOf } from "./coded.ts";

const address = Uint8Array.from({ length: 20 }, (_, index) => index * 13 + 1);
const shown = formatAddress(address);
const refused = (value: string): void => {
  expect(codeOf(() => parseAddress(value))).toBe("codec/not-canonical");
};

describe("addresses", () => {
  test("round-trip through bech32m", () => {
    fc.assert(
      fc.property(arbitrary.b20, (bytes) => {
        const value = formatAddress(bytes);
        expect(value).toMatch(/^rope1[0-9a-z]{38}$/);
        expect(parseAddress(value)).toEqual(bytes);
      }),
    );
  });

  test("are refused with any one character changed", () => {
    const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    for (let at = 5; at < shown.length; at += 1) {
      const other = alphabet[(alphabet.indexOf(shown[at] ?? "q") + 1 + (at % 30)) % 32];
      refused(`${shown.slice(0, at)}${other}${shown.slice(at + 1)}`);
    }
  });

  test("are refused in upper or mixed case, cut, extended, padded or spaced", () => {
    refused(shown.toUpperCase());
    refused(`rope1${shown.slice(5).toUpperCase()}`);
    refused(shown.slice(0, -1));
    refused(`${shown}q`);
    refused(` ${shown}`);
    refused("");
    refused("rope1");
  });

  test("are refused as bech32, with another prefix, or of another length", () => {
    refused(bech32.encode("rope", bech32.toWords(address)));
    refused(bech32m.encode("rpe", bech32m.toWords(address)));
    refused(bech32m.encode("rope1", bech32m.toWords(address)));
    refused(bech32m.encode("rope", bech32m.toWords(address.slice(1))));
    refused(bech32m.encode("rope", bech32m.toWords(accountToB32(address))));
  });

  test("are refused with another word than the one that the bytes give", () => {
    const words = bech32m.toWords(address);
    refused(bech32m.encode("rope", [...words, 0]));
    refused(bech32m.encode("rope", words.slice(0, -1)));
  });

  test("are the last 20 bytes of the digest of the public key", () => {
    const publicKey = sm2.getPublicKey(new Uint8Array(32).fill(3));
    expect(addressOf(publicKey).length).toBe(20);
    expect(addressOf(publicKey)).not.toEqual(addressOf(publicKey.slice(1)));
  });

  test("travel left-padded, and nothing else is read as one", () => {
    fc.assert(
      fc.property(arbitrary.b20, arbitrary.b32, (bytes, any) => {
        expect(b32ToAccount(accountToB32(bytes))).toEqual(bytes);
        const read = b32ToAccount(any);
        if (read) expect(accountToB32(read)).toEqual(any);
      }),
    );
    expect(b32ToAccount(accountToB32(address).fill(1, 11, 12))).toBeUndefined();
    expect(b32ToAccount(new Uint8Array(31))).toBeUndefined();
    expect(b32ToAccount(address)).toBeUndefined();
    expect(codeOf(() => accountToB32(new Uint8Array(33)))).toBe("codec/too-long");
  });
});

describe("gateway and asset identifiers", () => {
  const chainId = ropeChainId("rope-test");
  const identity: GatewayIdentity = {
    ropeChainId: chainId,
    kind: 1,
    strandGenesisHash: new Uint8Array(32).fill(1),
    gatewayAddress: accountToB32(address),
    deployment: 1,
  };

  test("change with every part, so that a redeployed gateway is another gateway", () => {
    const uids = [
      identity,
      { ...identity, ropeChainId: ropeChainId("rope-test-2") },
      { ...identity, kind: 2 },
      { ...identity, strandGenesisHash: new Uint8Array(32).fill(2) },
      { ...identity, gatewayAddress: accountToB32(address.slice(1)) },
      { ...identity, deployment: 2 },
    ].map(gatewayUid);
    expect(new Set(uids.map(bytesToHex)).size).toBe(6);
    expect(gatewayUid(identity)).toEqual(gatewayUid({ ...identity }));
  });

  test("give the rope's own gateway kind 0 and nothing else", () => {
    const zero = new Uint8Array(32);
    expect(ropeGatewayUid(chainId)).toEqual(
      gatewayUid({
        ropeChainId: chainId,
        kind: 0,
        strandGenesisHash: chainId,
        gatewayAddress: zero,
        deployment: 0,
      }),
    );
  });

  test("keep assets of one token apart by class and origin", () => {
    const native = accountToB32(address);
    const origin = gatewayUid(identity);
    const ids = [
      assetIdOf(origin, 1, native),
      assetIdOf(origin, 2, native),
      assetIdOf(chainId, 1, native),
      assetIdOf(origin, 1, origin),
    ];
    expect(new Set(ids.map(bytesToHex)).size).toBe(4);
  });
});
