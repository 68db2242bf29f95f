import { ACK_STATUS, failureCode, ZERO_32 } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import {
  type CredentialBench,
  createCredentialBench,
  eventsOf,
  GRANTED,
  housing,
} from "../../kit/credential-bench.ts";
import { HOUR_MS, officer } from "../../kit/genesis.ts";
import { plan, type RopeBlock } from "../../kit/rope-bench.ts";

/** Longest time by a strand's own clock for which its gateway lets a lease outlive a silent rope. */
const MAX_LAG_MS = 600_000n;

const kinds = (block: RopeBlock): readonly string[] => eventsOf(block).map(({ kind }) => kind);

/** Units that can be used at A or sent from home, and those used at A: never more than were granted. */
function exposure(bench: CredentialBench, credentialId: Uint8Array): bigint {
  const { registry } = bench.a;
  const { used } = registry.grant(credentialId);
  return used + registry.live(credentialId) + bench.units(credentialId).home;
}

describe("receipts brought in another order than they were written", () => {
  it("let no proof from before the newest of them free units that are at the strand", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    rope.do(bench.delegation(credentialId, a), bench.delegation(credentialId, a, { quota: 2n }));
    const [first, second] = bench.mail(a);
    if (!(first && second)) throw new Error("two packets were sent");
    const firstReceipt = a.registry.receive(first, rope.timeMs);
    rope.do(bench.seal(a));
    const early = a.strand.state.height;
    bench.answer(a, [a.registry.receive(second, rope.timeMs)]);
    rope.do(bench.acknowledgement(a, [firstReceipt], early));
    rope.block([bench.observation(credentialId, a, { height: early })]);
    expect(exposure(bench, credentialId)).toBeLessThanOrEqual(GRANTED);
  });

  it("let no proof from before a revocation count as final", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    bench.delegate(credentialId, a, { quota: 1n, timeoutMs: rope.timeMs + 1_001n });
    rope.at(rope.timeMs + 60_000n);
    const [expired] = bench.take(a);
    if (!expired) throw new Error("one packet was sent");
    rope.do(bench.seal(a));
    const early = a.strand.state.height;
    a.registry.use(credentialId);
    bench.revoke(credentialId);
    bench.settle(a);
    rope.do(bench.acknowledgement(a, [expired], early));
    rope.block([bench.observation(credentialId, a, { height: early })]);
    expect(exposure(bench, credentialId)).toBeLessThanOrEqual(GRANTED);
  });
});

describe("the end of a lease", () => {
  it("is not told by a strand's clock alone, which may be ahead", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const leaseUntilMs = rope.timeMs + HOUR_MS;
    const credentialId = bench.placed(a, 3n, { leaseUntilMs });
    bench.observe(credentialId, a, leaseUntilMs + MAX_LAG_MS);
    bench.delegate(credentialId, a, { quota: 2n, leaseUntilMs: leaseUntilMs + HOUR_MS });
    bench.take(a);
    expect(exposure(bench, credentialId)).toBeLessThanOrEqual(GRANTED);
  });

  it("raises no alert when the next one is used before its receipt has come", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const leaseUntilMs = rope.timeMs + HOUR_MS;
    const credentialId = bench.placed(a, 3n, { leaseUntilMs });
    rope.at(leaseUntilMs + MAX_LAG_MS);
    bench.observe(credentialId, a, rope.timeMs);
    bench.delegate(credentialId, a);
    bench.take(a);
    a.registry.use(credentialId);
    const block = bench.observe(credentialId, a, rope.timeMs);
    expect(kinds(block)).toEqual(["data-credential.usage-observed"]);
  });
});

describe("a strand that shows more than it was given", () => {
  it("is seen through although a delegation to it is unanswered", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    bench.delegate(credentialId, a, { quota: 1n });
    a.registry.write({ ...a.registry.grant(credentialId), used: 9n });
    expect(kinds(bench.observe(credentialId, a))).toEqual(["data-credential.alert"]);
  });

  it("is given nothing more, and is not believed again", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    const honest = a.registry.grant(credentialId);
    a.registry.write({ ...honest, used: 9n });
    bench.observe(credentialId, a);
    a.registry.write({ ...honest, used: 0n });
    const { transactions } = rope.block([
      bench.delegation(credentialId, a),
      bench.seal(a),
      bench.observation(credentialId, a),
    ]);
    expect(transactions.map(({ code }) => code)).toEqual([
      "credential/quarantined",
      undefined,
      "credential/quarantined",
    ]);
  });
});

describe("a credential's packets and issuers", () => {
  it("carry no account in plain text (docs/protocol.md §1)", () => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    bench.delegate(credentialId, bench.a);
    bench.revoke(credentialId);
    const senders = bench.mail(bench.a).map(({ packet }) => packet.sender);
    expect(senders).toEqual([ZERO_32, ZERO_32]);
  });

  it("delegate nothing once admission has suspended them", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    const suspension = { memberId: seed("issuer/1"), reason: 1 };
    rope.do(plan(officer.admission, "identity/suspend-member", suspension));
    const { transactions } = rope.block([bench.delegation(credentialId, a, {}, housing)]);
    expect(transactions[0]?.code).toBe("identity/member-suspended");
  });

  it("are EXPIRED when a strand's packet comes late (§2)", () => {
    const bench = createCredentialBench();
    const sent = bench.sendBack(bench.a, new Uint8Array(206), bench.rope.timeMs);
    const [answer] = bench.world.answersTo(sent);
    expect(answer).toMatchObject({ status: ACK_STATUS.expired, code: failureCode("expired") });
  });
});
