import { ACK_STATUS, CREDENTIAL_ACTION, credentialPayloadCodec, decode } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import {
  createCredentialBench,
  EXPIRY_MS,
  eventsOf,
  GRANTED,
  housing,
  issueBody,
  police,
} from "../../kit/credential-bench.ts";
import { alice, HOUR_MS, officer, ROPE } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { plan } from "../../kit/rope-bench.ts";

describe("revoke", () => {
  it("is on record at once, and a packet goes to every strand that was ever sent units", () => {
    const bench = createCredentialBench();
    const { rope, a, b } = bench;
    const credentialId = bench.placed(a);
    bench.delegate(credentialId, b);
    bench.mail(b);
    const block = bench.revoke(credentialId);
    const { revokedAtMs } = bench.record(credentialId);
    expect(revokedAtMs).toBe(rope.timeMs);
    for (const { strand } of [a, b]) {
      const [arrival, ...others] = bench.world.fetch(strand).packets;
      expect(others).toEqual([]);
      const payload = arrival && decode(credentialPayloadCodec, arrival.payload);
      expect(payload).toMatchObject({
        ...{ action: CREDENTIAL_ACTION.revoke, credentialId, quota: 0n, revokedAtMs },
        ...{ finalGateway: strand.gateway, homeGateway: ROPE, expiryMs: EXPIRY_MS },
      });
      expect(arrival?.packet.timeoutMs).toBeGreaterThanOrEqual(EXPIRY_MS);
    }
    expect(bench.world.fetch(bench.world.c).packets).toEqual([]);
    expect(eventsOf(block)[0]).toMatchObject({
      kind: "data-credential.revoked",
      attributes: { credentialId: Buffer.from(credentialId).toString("hex") },
    });
  });

  it("is any issuer's right, once", () => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    const by = (who: typeof police) =>
      plan(who, "data-credential/revoke", { credentialId, reason: 1 });
    expectRefused(bench.rope, "credential/not-an-issuer", by(alice));
    bench.rope.do(by(housing));
    expectRefused(bench.rope, "credential/revoked", by(police));
    expectRefused(bench.rope, "credential/revoked", by(housing));
    const unknown = { credentialId: seed("unknown"), reason: 1 };
    expectRefused(
      bench.rope,
      "credential/unknown",
      plan(police, "data-credential/revoke", unknown),
    );
  });

  it("needs no confirmation, no membership and no running strand", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    rope.do(
      plan(officer.admission, "identity/suspend-member", {
        memberId: seed("issuer/1"),
        reason: 1,
      }),
      plan(officer.admission, "chains/suspend", { gateway: a.strand.gateway, reason: 1 }),
    );
    bench.revoke(credentialId, housing);
    expect(bench.mail(a)).toHaveLength(1);
    const unconfirmed = createCredentialBench();
    const body = issueBody();
    unconfirmed.rope.do(plan(police, "data-credential/issue", body));
    unconfirmed.revoke(credentialId);
  });

  it("moves no units by its own receipt", () => {
    const bench = createCredentialBench();
    const credentialId = bench.placed(bench.a);
    const before = bench.units(credentialId);
    bench.revoke(credentialId);
    expect(bench.units(credentialId)).toEqual(before);
    bench.settle(bench.a);
    expect(bench.units(credentialId)).toEqual(before);
  });
});

describe("units after a revocation", () => {
  it("come home from the final counter, less what was used", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    a.registry.use(credentialId);
    bench.revoke(credentialId);
    bench.settle(a);
    expect(a.registry.use(credentialId)).toBe(false);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED - 1n,
      inFlight: 0n,
      a: { remaining: 0n, used: 1n },
    });
  });

  it("do not come home before the strand has taken it: it may still be used there", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    bench.revoke(credentialId);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId).a).toEqual({ remaining: 3n, used: 0n });
    a.registry.use(credentialId);
    bench.settle(a);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId)).toMatchObject({
      home: GRANTED - 1n,
      a: { remaining: 0n, used: 1n },
    });
  });

  it("do not come home by a proof from before the strand took it", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    bench.revoke(credentialId);
    rope.do(bench.seal(a));
    const before = a.strand.state.height;
    a.registry.use(credentialId);
    bench.settle(a);
    const early = bench.observation(credentialId, a, { height: before });
    expectRefused(rope, "credential/older-than-known", early);
  });

  it("come home once only", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    bench.revoke(credentialId);
    bench.settle(a);
    bench.observe(credentialId, a);
    const block = bench.observe(credentialId, a);
    expect(eventsOf(block).map(({ kind }) => kind)).not.toContain("data-credential.alert");
    expect(bench.units(credentialId)).toMatchObject({ home: GRANTED, a: { remaining: 0n } });
  });
});

describe("a revocation while a delegation is under way", () => {
  it("that overtakes it: the delegation FAILS and its units are home", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    bench.delegate(credentialId, a);
    bench.revoke(credentialId);
    const receipts = bench
      .mail(a)
      .toReversed()
      .map((arrival) => a.registry.receive(arrival, rope.timeMs));
    expect(receipts.map(({ status }) => status)).toEqual([ACK_STATUS.delivered, ACK_STATUS.failed]);
    bench.answer(a, receipts);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED,
      inFlight: 0n,
      a: { remaining: 0n, used: 0n },
    });
  });

  it("that comes after it: the units arrive, and come home from the final counter", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.issue();
    bench.delegate(credentialId, a);
    bench.revoke(credentialId);
    bench.settle(a);
    expect(bench.units(credentialId).a).toEqual({ remaining: 3n, used: 0n });
    bench.observe(credentialId, a);
    expect(bench.units(credentialId)).toMatchObject({ home: GRANTED, a: { remaining: 0n } });
  });

  it("whose receipt comes first: nothing is final while a delegation is unanswered", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a, 3n);
    bench.delegate(credentialId, a, { quota: 2n, leaseUntilMs: bench.rope.timeMs + 2n * HOUR_MS });
    bench.revoke(credentialId);
    const [delegation, revocation] = bench.take(a);
    if (!(delegation && revocation)) throw new Error("two packets, two receipts");
    bench.answer(a, [revocation]);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId)).toMatchObject({ inFlight: 2n, a: { remaining: 3n } });
    bench.answer(a, [delegation]);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED,
      inFlight: 0n,
      a: { remaining: 0n, used: 0n },
    });
  });
});
