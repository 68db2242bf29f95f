import {
  CREDENTIAL_ACTION,
  credentialPayloadCodec,
  type DelegateCredential,
  decode,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed, type TestAccount } from "../../kit/accounts.ts";
import {
  createCredentialBench,
  EXPIRY_MS,
  eventsOf,
  GRANTED,
  GRANTEE,
  housing,
  police,
} from "../../kit/credential-bench.ts";
import { alice, HOUR_MS, officer, ROPE } from "../../kit/genesis.ts";
import { liftHold, placeHold, SUBJECT } from "../../kit/holds.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan } from "../../kit/rope-bench.ts";

describe("delegate", () => {
  it("moves units from home into flight, and a packet with the whole policy goes out", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    const leaseUntilMs = rope.timeMs + HOUR_MS;
    const timeoutMs = rope.timeMs + 5_000n;
    const block = bench.delegate(credentialId, a, { leaseUntilMs, timeoutMs });
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED - 3n,
      inFlight: 3n,
      a: { remaining: 0n, used: 0n },
    });
    const [arrival] = bench.mail(a);
    expect(arrival?.packet).toMatchObject({
      kind: 2,
      lane: 0,
      sequence: 1n,
      sourceGateway: ROPE,
      destinationGateway: a.strand.gateway,
      recipient: GRANTEE,
      timeoutMs,
      payloadLength: 206,
    });
    expect(arrival && decode(credentialPayloadCodec, arrival.payload)).toEqual({
      action: CREDENTIAL_ACTION.delegate,
      credentialId,
      quota: 3n,
      leaseUntilMs,
      scalar: 0n,
      finalGateway: a.strand.gateway,
      finalGrantee: GRANTEE,
      homeGateway: ROPE,
      purpose: 1,
      classification: 2,
      expiryMs: EXPIRY_MS,
      revokedAtMs: 0n,
      policyHash: seed("odrl"),
    });
    expect(eventsOf(block)[0]).toMatchObject({
      kind: "data-credential.delegated",
      attributes: { credentialId: Buffer.from(credentialId).toString("hex"), quota: "3" },
    });
  });

  it("may be done by any issuer, to several strands, down to the last unit", () => {
    const bench = createCredentialBench();
    const { rope, a, b } = bench;
    const credentialId = bench.issue();
    rope.do(
      bench.delegation(credentialId, a, { quota: 4n }, housing),
      bench.delegation(credentialId, b, { quota: GRANTED - 4n }),
    );
    expect(bench.units(credentialId)).toMatchObject({ home: 0n, inFlight: GRANTED });
    expect(bench.record(credentialId).gateways).toEqual([ROPE, a.strand.gateway, b.strand.gateway]);
  });

  it("allows a lease that ends with the credential itself", () => {
    const bench = createCredentialBench();
    bench.delegate(bench.issue(), bench.a, { leaseUntilMs: EXPIRY_MS });
  });

  const now = createCredentialBench().rope.timeMs + 2_000n;
  const refusals: readonly (readonly [string, Partial<DelegateCredential>, string, TestAccount])[] =
    [
      ["somebody who is no issuer", {}, "credential/not-an-issuer", alice],
      ["no units", { quota: 0n }, "credential/bad-field", police],
      ["nobody as grantee", { finalGrantee: ZERO_32 }, "credential/bad-field", police],
      ["a timeout that has come", { timeoutMs: now }, "credential/bad-field", police],
      ["a lease that has ended", { leaseUntilMs: now }, "credential/bad-field", police],
      [
        "a lease beyond the expiry",
        { leaseUntilMs: EXPIRY_MS + 1n },
        "credential/lease-too-long",
        police,
      ],
      ["a unit more than there is", { quota: GRANTED + 1n }, "credential/quota-exceeded", police],
      ["a strand that nobody knows", { finalGateway: seed("x") }, "chain/unknown", police],
      ["the rope itself", { finalGateway: ROPE }, "chain/unknown", police],
      ["what nobody issued", { credentialId: seed("unknown") }, "credential/unknown", police],
    ];

  it.each(refusals)("refuses %s", (_what, changes, code, from) => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    expect(bench.rope.timeMs + 1_000n).toBe(now);
    expectRefused(bench.rope, code, bench.delegation(credentialId, bench.a, changes, from));
  });

  it("refuses a strand that admission has suspended", () => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    const { gateway } = bench.a.strand;
    bench.rope.do(plan(officer.admission, "chains/suspend", { gateway, reason: 1 }));
    expectRefused(bench.rope, "chain/not-active", bench.delegation(credentialId, bench.a));
  });

  it("refuses what is revoked", () => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    bench.revoke(credentialId);
    expectRefused(bench.rope, "credential/revoked", bench.delegation(credentialId, bench.a));
  });

  it("refuses at the millisecond of the expiry, and not before", () => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    const terms = { leaseUntilMs: EXPIRY_MS, timeoutMs: EXPIRY_MS + HOUR_MS };
    const late = bench.fork();
    bench.rope.at(EXPIRY_MS - 1n, bench.delegation(credentialId, bench.a, terms));
    const { transactions } = late.rope.block([late.delegation(credentialId, late.a, terms)], {
      timeMs: EXPIRY_MS,
    });
    expect(transactions[0]?.code).toBe("credential/expired");
  });

  it("refuses another grantee for a position that there is, and tops up the same one's", () => {
    const bench = createCredentialBench();
    const { rope, a, b } = bench;
    const credentialId = bench.placed(a);
    const another = { finalGrantee: seed("another bank") };
    const refused = bench.delegation(credentialId, a, another);
    expectRefused(rope, "credential/other-grantee", refused);
    bench.delegate(credentialId, b, another);
    bench.delegate(credentialId, a, { quota: 2n });
    bench.settle(a);
    expect(bench.units(credentialId).a).toEqual({ remaining: 5n, used: 0n });
    expect(a.registry.grant(credentialId).remaining).toBe(5n);
  });
});

describe("a delegation under a hold", () => {
  const subjects = [
    ["its strand", SUBJECT.gateway, (): Uint8Array => createCredentialBench().a.strand.gateway],
    ["its issuer", SUBJECT.account, (): Uint8Array => police.b32],
  ] as const;

  it.each(subjects)("on %s is refused until the hold is lifted", (_what, kind, subject) => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    const holdId = placeHold(bench.rope, { kind, subject: subject() });
    expectRefused(bench.rope, "credential/held", bench.delegation(credentialId, bench.a));
    liftHold(bench.rope, holdId, 1);
    bench.delegate(credentialId, bench.a);
  });

  it("on the credential itself is refused, and its revocation is not", () => {
    const bench = createCredentialBench();
    const credentialId = bench.placed(bench.a);
    placeHold(bench.rope, { kind: SUBJECT.asset, subject: credentialId });
    placeHold(bench.rope, { kind: SUBJECT.gateway, subject: bench.a.strand.gateway });
    expectRefused(bench.rope, "credential/held", bench.delegation(credentialId, bench.b));
    bench.revoke(credentialId);
    expect(bench.mail(bench.a)).toHaveLength(1);
  });

  it("on another strand goes through", () => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    placeHold(bench.rope, { kind: SUBJECT.gateway, subject: bench.b.strand.gateway });
    bench.delegate(credentialId, bench.a);
  });
});
