import { addressOf, CodedError, secp256k1, sm2 } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { checkReservation } from "../src/index.ts";
import { type Case, DATA_SET, DEPARTMENT_KEY, NOW_MS, seed, world } from "./kit/world.ts";

const rules = {
  maxRevocationAgeMs: 30_000,
  now: () => NOW_MS,
  issuer: addressOf(sm2.getPublicKey(DEPARTMENT_KEY)),
  dataSet: DATA_SET,
};

async function verdict(changes: Partial<Case>, own: Partial<typeof rules> = {}): Promise<string> {
  const { rope, request } = world(changes);
  try {
    await checkReservation(rope, request, { ...rules, ...own });
    return "passed";
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

const thief = seed("thief");
const THIEF = secp256k1.getAddress(thief);

describe("checkReservation", () => {
  it("passes what was delegated, reserved by the grantee, and is fresh", async () => {
    expect(await verdict({})).toBe("passed");
  });

  it("passes no question that the grantee asked another department, or of another use", async () => {
    expect(await verdict({ asked: addressOf(sm2.getPublicKey(seed("housing"))) })).toBe(
      "agent/not-the-grantee",
    );
    const other = seed("other");
    for (const signed of [{ gateway: other }, { useId: other }, { query: other }, { n: 2n }])
      expect(await verdict({ signed })).toBe("agent/not-the-grantee");
  });

  it("believes no chain to which nothing of the credential was delegated", async () => {
    expect(await verdict({ position: null })).toBe("agent/not-delegated");
  });

  it("knows the grantee by the commitment alone, whatever a chain writes", async () => {
    const use = { grantee: THIEF };
    expect(await verdict({ use, signer: thief })).toBe("agent/other-grantee");
    expect(await verdict({ request: { granteeSalt: seed("guess") } })).toBe("agent/other-grantee");
  });

  it.each([
    ["pending", 1],
    ["suspended", 3],
    ["frozen", 4],
  ] as const)("refuses a chain that is %s", async (_, state) => {
    expect(await verdict({ chain: { state } })).toBe("agent/chain-not-active");
  });

  it("refuses a chain whose client is frozen or was last updated before its trusting period", async () => {
    expect(await verdict({ client: { frozen: true } })).toBe("agent/chain-not-active");
    const updatedAtMs = BigInt(NOW_MS - 61_001);
    expect(await verdict({ client: { updatedAtMs } })).toBe("agent/client-expired");
  });

  it.each([0n, 4n])("refuses use number %s of three", async (n) => {
    expect(await verdict({ use: { n } })).toBe("agent/beyond-quota");
  });

  it("counts what was given, used or not", async () => {
    expect(await verdict({ use: { n: 3n } })).toBe("passed");
    expect(await verdict({ use: { n: 1n }, position: { remaining: 0n, used: 0n } })).toBe(
      "agent/beyond-quota",
    );
  });

  it("refuses a use at or after the end of the lease", async () => {
    const leaseUntilMs = BigInt(NOW_MS - 5_000);
    expect(await verdict({ position: { leaseUntilMs } })).toBe("agent/lease-over");
    expect(await verdict({ position: { leaseUntilMs: leaseUntilMs + 1n } })).toBe("passed");
  });

  it("answers only for credentials that this department has issued", async () => {
    const stranger = addressOf(sm2.getPublicKey(seed("stranger")));
    expect(await verdict({ credential: { issuers: [stranger], confirmed: 1 } })).toBe(
      "agent/not-our-credential",
    );
  });

  it.each([0b001, 0b110, 0b011])("wants every issuer's confirmation (%i)", async (confirmed) => {
    expect(await verdict({ credential: { confirmed } })).toBe("agent/not-confirmed");
  });

  it("answers only about the data set and for the purposes that it serves", async () => {
    expect(await verdict({ credential: { dataDigest: seed("other data") } })).toBe(
      "agent/other-data",
    );
    const dataSet = { ...DATA_SET, purposes: [7] };
    expect(await verdict({}, { dataSet })).toBe("agent/wrong-purpose");
    expect(await verdict({ credential: { purpose: 7 } })).toBe("agent/wrong-purpose");
  });

  it("refuses a revoked credential", async () => {
    const revokedAtMs = BigInt(NOW_MS - 2_000);
    expect(await verdict({ credential: { revokedAtMs } })).toBe("agent/credential-revoked");
  });

  it("refuses an expired credential", async () => {
    const expiryMs = BigInt(NOW_MS - 1_000);
    expect(await verdict({ credential: { expiryMs } })).toBe("agent/credential-expired");
  });

  it("takes no revocation check older than its limit", async () => {
    expect(await verdict({ ageMs: 30_000 })).toBe("passed");
    expect(await verdict({ ageMs: 30_001 })).toBe("agent/revocation-check-stale");
  });

  it("refuses a credential that the rope does not know", async () => {
    const { request } = world();
    const empty = { light: { prove: async () => ({ value: undefined, height: 1n, timeMs: 1n }) } };
    await expect(checkReservation(empty as never, request, rules)).rejects.toThrow(
      "agent/unknown-credential",
    );
  });

  it("refuses a request that somebody else has signed", async () => {
    expect(await verdict({ signer: thief })).toBe("agent/not-the-grantee");
  });

  it("refuses a question that was not reserved", async () => {
    expect(await verdict({ request: { subject: "520101190001010003" } })).toBe(
      "agent/not-reserved",
    );
    expect(await verdict({ request: { n: 2n } })).toBe("agent/not-reserved");
    expect(await verdict({ request: { atMs: 1n } })).toBe("agent/not-reserved");
  });

  it("refuses a height that the rope has not accepted, and a chain that it does not know", async () => {
    const { proof } = world().request;
    expect(await verdict({ request: { proof: { ...proof, height: 10n } } })).toBe(
      "agent/unproven-height",
    );
    expect(await verdict({ request: { proof: { ...proof, gateway: seed("evil") } } })).toBe(
      "agent/unknown-chain",
    );
  });

  it("refuses a gateway that runs other code than the rope has pinned", async () => {
    expect(await verdict({ codeHash: seed("upgraded") })).toBe("proof/code-hash-mismatch");
  });
});
