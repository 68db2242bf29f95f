import type { Rope } from "@ropenet/client";
import {
  bytesToHex,
  type CredentialRecord,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  encode,
  secp256k1,
  stateKey,
} from "@ropenet/protocol";
import { expect, it } from "vitest";
import { checkReservation } from "../src/check-reservation.ts";
import { type AnswerRequest, queryDigest, requestDigest } from "../src/request.ts";

const b32 = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const NOW = 1_000_000n;
const secretKey = b32(7);
const [credentialId, gateway, useId, salt] = [b32(1), b32(2), b32(3), b32(4)];
const subject = "520101190001010002";

const credential: CredentialRecord = {
  credentialId,
  homeGateway: b32(9),
  issuers: [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)],
  confirmed: 0b11,
  ownerCommitment: b32(5),
  dataDigest: b32(6),
  purpose: 1,
  classification: 1,
  granted: 3n,
  inFlight: 0n,
  expiryMs: NOW + 1_000n,
  revokedAtMs: 0n,
  policyHash: b32(8),
  title: "",
  gateways: [],
};

function request(n: bigint): AnswerRequest {
  const digest = requestDigest(useId, credentialId, queryDigest(salt, subject));
  return {
    ...{ useId, credentialId, n, purpose: 1, atMs: 1n, subject, salt },
    grantee: secp256k1.getAddress(secretKey),
    proof: { gateway, height: 1n, accountProof: [], storageProof: [] },
    signature: secp256k1.sign(digest, secretKey),
  };
}

/** What the light client has proven of the rope's state, and nothing else. */
function ropeWith(records: readonly (readonly [Uint8Array, Uint8Array])[]): Rope {
  const state = new Map(records.map(([key, value]) => [bytesToHex(key), value]));
  const prove = async (key: Uint8Array) => ({ value: state.get(bytesToHex(key)), timeMs: NOW });
  return { light: { prove } } as unknown as Rope;
}

const ask = (rope: Rope, n = 1n): Promise<void> =>
  checkReservation(rope, request(n), { maxRevocationAgeMs: 30_000, now: () => Number(NOW) });
const known = (record: CredentialRecord) =>
  [stateKey.credential(credentialId), encode(credentialRecordCodec, record)] as const;
const position = [
  stateKey.credentialPosition(credentialId, gateway),
  encode(credentialPositionRecordCodec, {
    granteeCommitment: b32(5),
    remaining: 1n,
    used: 1n,
    leaseUntilMs: NOW,
  }),
] as const;

it("refuses a right that not every issuer has confirmed", async () => {
  const rope = ropeWith([known({ ...credential, confirmed: 0b01 }), position]);
  await expect(ask(rope)).rejects.toMatchObject({ code: "agent/not-in-effect" });
});

it("refuses a gateway to which the right was never given, whoever attests that chain", async () => {
  await expect(ask(ropeWith([known(credential)]))).rejects.toMatchObject({
    code: "agent/not-delegated",
  });
});

it("refuses uses beyond what that gateway was given", async () => {
  const rope = ropeWith([known(credential), position]);
  await expect(ask(rope, 3n)).rejects.toMatchObject({ code: "agent/above-quota" });
  // The second is within it: what is missing then is the chain.
  await expect(ask(rope, 2n)).rejects.toMatchObject({ code: "agent/unknown-chain" });
});

it("refuses a revoked or expired right, and another purpose", async () => {
  const revoked = ropeWith([known({ ...credential, revokedAtMs: 5n }), position]);
  await expect(ask(revoked)).rejects.toMatchObject({ code: "data-credential/revoked" });
  const expired = ropeWith([known({ ...credential, expiryMs: NOW }), position]);
  await expect(ask(expired)).rejects.toMatchObject({ code: "data-credential/expired" });
  const other = ropeWith([known({ ...credential, purpose: 2 }), position]);
  await expect(ask(other)).rejects.toMatchObject({ code: "data-credential/wrong-purpose" });
});
