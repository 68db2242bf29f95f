import type { IssueCredential } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import {
  type CredentialBench,
  createCredentialBench,
  credentialIdOf,
  EXPIRY_MS,
  eventsOf,
  GRANTED,
  housing,
  issueBody,
  pensions,
  police,
} from "../../kit/credential-bench.ts";
import { alice, GENESIS_MS, officer, ROPE } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan } from "../../kit/rope-bench.ts";

const credentialId = credentialIdOf(police, seed("salt"));
const issue = (changes: Partial<IssueCredential> = {}, from = police): Plan =>
  plan(from, "data-credential/issue", issueBody(changes));
const confirm = (from = housing): Plan => plan(from, "data-credential/confirm", { credentialId });

/** Issued by police, confirmed by nobody else. */
function issued(): CredentialBench {
  const bench = createCredentialBench();
  bench.rope.do(issue());
  return bench;
}

describe("issue", () => {
  it("puts the units at home, under an id that the issuer and the salt make", () => {
    const bench = createCredentialBench();
    const block = bench.rope.do(issue());
    const { salt: _, coIssuers, ...terms } = issueBody();
    expect(bench.record(credentialId)).toEqual({
      ...terms,
      credentialId,
      homeGateway: ROPE,
      issuers: [police.address, ...coIssuers],
      confirmed: 0b001,
      inFlight: 0n,
      revokedAtMs: 0n,
      gateways: [ROPE],
    });
    expect(bench.position(credentialId, "home")).toEqual({ remaining: GRANTED, used: 0n });
    const [event] = eventsOf(block);
    expect(event?.kind).toBe("data-credential.issued");
    expect(event?.attributes["credentialId"]).toBe(Buffer.from(credentialId).toString("hex"));
  });

  it("makes another credential of the same salt for another issuer, or of another salt", () => {
    const bench = createCredentialBench();
    bench.rope.do(
      issue(),
      issue({ coIssuers: [police.address] }, housing),
      issue({ salt: seed("another") }),
    );
    expect(bench.rope.records("data-credential/credential/")).toHaveLength(3);
  });

  it("needs no co-issuer", () => {
    const bench = createCredentialBench();
    bench.rope.do(issue({ coIssuers: [] }));
    bench.delegate(credentialId, bench.a);
    expect(bench.record(credentialId).inFlight).toBe(3n);
  });

  const ISSUED_AT_MS = GENESIS_MS + 2_000n;
  const refusals: readonly (readonly [string, Partial<IssueCredential>, string])[] = [
    ["no units", { granted: 0n }, "credential/bad-field"],
    ["no purpose", { purpose: 0 }, "credential/bad-field"],
    ["a class below 一般", { classification: 0 }, "credential/bad-field"],
    ["a class above 核心", { classification: 4 }, "credential/bad-field"],
    ["an expiry that has come", { expiryMs: ISSUED_AT_MS }, "credential/bad-field"],
    ["no title", { title: "" }, "credential/bad-field"],
    ["itself as co-issuer", { coIssuers: [police.address] }, "credential/bad-field"],
    [
      "a co-issuer twice",
      { coIssuers: [housing.address, housing.address] },
      "credential/bad-field",
    ],
    ["a co-issuer who is no member", { coIssuers: [alice.address] }, "identity/not-a-member"],
  ];

  it.each(refusals)("refuses %s", (_what, changes, code) => {
    expectRefused(createCredentialBench().rope, code, issue(changes));
  });

  it("takes an expiry one millisecond ahead", () => {
    const { rope } = createCredentialBench();
    expect(rope.timeMs + 1_000n).toBe(ISSUED_AT_MS);
    rope.do(issue({ expiryMs: ISSUED_AT_MS + 1n }));
  });

  it("refuses who is no member, and the same credential again", () => {
    const bench = issued();
    expectRefused(bench.rope, "identity/not-a-member", issue({}, alice));
    expectRefused(bench.rope, "credential/exists", issue({ granted: 1n }));
  });

  it("refuses a member whom admission has suspended", () => {
    const { rope } = createCredentialBench();
    const memberId = seed("issuer/0");
    rope.do(plan(officer.admission, "identity/suspend-member", { memberId, reason: 1 }));
    expectRefused(rope, "identity/member-suspended", issue());
  });
});

describe("confirm", () => {
  it("counts each co-issuer once, in any order", () => {
    const bench = issued();
    bench.rope.do(confirm(pensions));
    expect(bench.record(credentialId).confirmed).toBe(0b101);
    bench.rope.do(confirm(housing));
    expect(bench.record(credentialId).confirmed).toBe(0b111);
  });

  it("refuses others, a second time, the first issuer and what nobody issued", () => {
    const { rope } = issued();
    expectRefused(rope, "credential/not-an-issuer", confirm(alice));
    expectRefused(rope, "credential/already-confirmed", confirm(police));
    rope.do(confirm());
    expectRefused(rope, "credential/already-confirmed", confirm());
    const unknown = plan(housing, "data-credential/confirm", { credentialId: seed("unknown") });
    expectRefused(rope, "credential/unknown", unknown);
  });

  it("refuses what an issuer has revoked before all had confirmed", () => {
    const bench = issued();
    bench.revoke(credentialId, pensions);
    expectRefused(bench.rope, "credential/revoked", confirm());
    expect(bench.record(credentialId)).toMatchObject({ confirmed: 1, expiryMs: EXPIRY_MS });
  });

  it("lets nothing go before the last has confirmed", () => {
    const bench = issued();
    const { rope, a } = bench;
    expectRefused(rope, "credential/not-confirmed", bench.delegation(credentialId, a));
    rope.do(confirm(pensions));
    expectRefused(rope, "credential/not-confirmed", bench.delegation(credentialId, a));
    rope.do(confirm(housing));
    bench.delegate(credentialId, a);
  });
});
