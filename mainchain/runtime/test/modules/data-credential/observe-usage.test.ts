import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import {
  type CredentialBench,
  createCredentialBench,
  eventsOf,
  GRANTED,
  type Site,
} from "../../kit/credential-bench.ts";
import { bob, HOUR_MS } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import type { RopeBlock } from "../../kit/rope-bench.ts";

/** Longest time by a strand's own clock for which its gateway lets a lease outlive a silent rope. */
const MAX_LAG_MS = 600_000n;

const kinds = (block: RopeBlock): readonly string[] => eventsOf(block).map(({ kind }) => kind);

function use(bench: CredentialBench, credentialId: Uint8Array, at: Site, times: number): void {
  for (let n = 0; n < times; n += 1) {
    if (!at.registry.use(credentialId, bench.rope.timeMs)) throw new Error("the use was refused");
  }
}

/** Rope and strand at `timeMs`, with a proven header of then. */
function passTo(bench: CredentialBench, at: Site, timeMs: bigint): void {
  bench.rope.at(timeMs, bench.seal(at, timeMs));
}

describe("observe-usage", () => {
  it("moves what was used from remaining to used", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    use(bench, credentialId, a, 2);
    const block = bench.observe(credentialId, a);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED - 3n,
      inFlight: 0n,
      a: { remaining: 1n, used: 2n },
    });
    expect(eventsOf(block)[0]).toMatchObject({
      kind: "data-credential.usage-observed",
      attributes: {
        credentialId: Buffer.from(credentialId).toString("hex"),
        used: "2",
        remaining: "1",
        height: String(a.strand.state.height),
      },
    });
  });

  it("may be brought by anybody who pays, and again for the same height", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    use(bench, credentialId, a, 1);
    rope.do(bench.seal(a), bench.observation(credentialId, a, { from: bob }));
    const once = bench.units(credentialId);
    rope.do(bench.observation(credentialId, a));
    expect(bench.units(credentialId)).toEqual(once);
  });

  it("sees the last unit go", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    use(bench, credentialId, a, 3);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId).a).toEqual({ remaining: 0n, used: 3n });
  });

  it("keeps strands apart", () => {
    const bench = createCredentialBench();
    const { a, b } = bench;
    const credentialId = bench.placed(a);
    bench.delegate(credentialId, b, { quota: 4n });
    bench.settle(b);
    use(bench, credentialId, b, 4);
    bench.observe(credentialId, b);
    expect(bench.position(credentialId, a)).toEqual({ remaining: 3n, used: 0n });
    expect(bench.position(credentialId, b)).toEqual({ remaining: 0n, used: 4n });
  });
});

describe("a claim that is refused", () => {
  it.each([
    ["used", { used: 2n }],
    ["remaining", { remaining: 0n }],
  ] as const)("a %s that the strand does not hold", (_counter, claim) => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    const header = bench.seal(a);
    const claimed = bench.observation(credentialId, a, { claim });
    expectRefused(rope, "credential/usage-not-proven", claimed, [header]);
  });

  it("a credential that nobody issued", () => {
    const bench = createCredentialBench();
    bench.rope.do(bench.seal(bench.a));
    const unknown = bench.observation(seed("unknown"), bench.a);
    expectRefused(bench.rope, "credential/unknown", unknown);
  });

  it("a strand that was never given any of it", () => {
    const bench = createCredentialBench();
    const credentialId = bench.placed(bench.a);
    bench.rope.do(bench.seal(bench.b));
    const elsewhere = bench.observation(credentialId, bench.b);
    expectRefused(bench.rope, "credential/no-position", elsewhere);
  });

  it("a height that is older than what is known", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    rope.do(bench.seal(a));
    const { height } = a.strand.state;
    use(bench, credentialId, a, 1);
    bench.observe(credentialId, a);
    const older = bench.observation(credentialId, a, { height });
    expectRefused(rope, "credential/older-than-known", older);
  });

  it("a header that nobody attested", () => {
    const bench = createCredentialBench();
    const credentialId = bench.placed(bench.a);
    bench.seal(bench.a);
    const unproven = bench.observation(credentialId, bench.a);
    expectRefused(bench.rope, "client/unknown-height", unproven);
  });

  it("a counter of uses that has fallen", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.placed(a);
    use(bench, credentialId, a, 2);
    bench.observe(credentialId, a);
    a.registry.write({ ...a.registry.grant(credentialId), used: 1n, remaining: 2n });
    const header = bench.seal(a);
    expectRefused(rope, "credential/use-undone", bench.observation(credentialId, a), [header]);
  });
});

describe("a strand that shows more than it was given", () => {
  it.each([
    ["used", 4n, 0n],
    ["remaining", 0n, 4n],
    ["used and remaining together", 2n, 2n],
  ])("in %s raises an alert, and moves nothing", (_where, used, remaining) => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    const before = bench.units(credentialId);
    a.registry.write({ ...a.registry.grant(credentialId), used, remaining });
    expect(kinds(bench.observe(credentialId, a))).toEqual(["data-credential.alert"]);
    expect(bench.units(credentialId)).toEqual(before);
  });

  it("after a revocation gives nothing back", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    bench.revoke(credentialId);
    bench.settle(a);
    a.registry.write({ ...a.registry.grant(credentialId), used: 2n });
    expect(kinds(bench.observe(credentialId, a))).toEqual(["data-credential.alert"]);
    expect(bench.units(credentialId).home).toBe(GRANTED - 3n);
  });
});

describe("counters that run ahead of the receipts", () => {
  it("are no alert while a delegation is unanswered, and catch up with it", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.placed(a);
    bench.delegate(credentialId, a, { quota: 2n });
    const acks = bench.take(a);
    use(bench, credentialId, a, 4);
    expect(kinds(bench.observe(credentialId, a))).toEqual(["data-credential.usage-observed"]);
    expect(bench.units(credentialId)).toMatchObject({
      inFlight: 2n,
      a: { remaining: 0n, used: 3n },
    });
    bench.answer(a, acks);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId)).toMatchObject({
      inFlight: 0n,
      a: { remaining: 1n, used: 4n },
    });
  });

  it("count for nothing before anything is known to have arrived, and are no alert", () => {
    const bench = createCredentialBench();
    const { a } = bench;
    const credentialId = bench.issue();
    bench.delegate(credentialId, a);
    const acks = bench.take(a);
    use(bench, credentialId, a, 1);
    expect(kinds(bench.observe(credentialId, a))).toEqual(["data-credential.usage-observed"]);
    expect(bench.units(credentialId)).toMatchObject({
      inFlight: 3n,
      a: { remaining: 0n, used: 0n },
    });
    bench.answer(a, acks);
    bench.observe(credentialId, a);
    expect(bench.units(credentialId).a).toEqual({ remaining: 2n, used: 1n });
  });
});

describe("the end of a lease", () => {
  it("brings the units home once the strand's own clock is past it by the longest lag", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const leaseUntilMs = rope.timeMs + HOUR_MS;
    const credentialId = bench.placed(a, 3n, { leaseUntilMs });
    use(bench, credentialId, a, 1);
    rope.at(leaseUntilMs + MAX_LAG_MS);
    bench.observe(credentialId, a, leaseUntilMs + MAX_LAG_MS - 1n);
    expect(bench.units(credentialId).a).toEqual({ remaining: 2n, used: 1n });
    bench.observe(credentialId, a, leaseUntilMs + MAX_LAG_MS);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED - 1n,
      inFlight: 0n,
      a: { remaining: 0n, used: 1n },
    });
  });

  it("keeps them out while a longer lease may be on its way", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const leaseUntilMs = rope.timeMs + HOUR_MS;
    const credentialId = bench.placed(a, 3n, { leaseUntilMs });
    bench.delegate(credentialId, a, { quota: 1n, leaseUntilMs: leaseUntilMs + HOUR_MS });
    const acks = bench.take(a);
    passTo(bench, a, leaseUntilMs + MAX_LAG_MS);
    bench.observe(credentialId, a, rope.timeMs);
    expect(bench.units(credentialId)).toMatchObject({ inFlight: 1n, a: { remaining: 3n } });
    rope.do(bench.seal(a, rope.timeMs), bench.acknowledgement(a, acks));
    bench.observe(credentialId, a, rope.timeMs);
    expect(bench.units(credentialId)).toMatchObject({ inFlight: 0n, a: { remaining: 4n } });
  });

  it("must be settled before the next lease, and then a new one starts clean", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const leaseUntilMs = rope.timeMs + HOUR_MS;
    const credentialId = bench.placed(a, 3n, { leaseUntilMs });
    use(bench, credentialId, a, 1);
    passTo(bench, a, leaseUntilMs);
    expectRefused(rope, "credential/lease-not-settled", bench.delegation(credentialId, a));
    passTo(bench, a, leaseUntilMs + MAX_LAG_MS);
    bench.observe(credentialId, a, rope.timeMs);
    bench.delegate(credentialId, a, { quota: GRANTED - 1n });
    const acks = bench.take(a);
    bench.rope.do(bench.seal(a, rope.timeMs), bench.acknowledgement(a, acks));
    expect(a.registry.grant(credentialId)).toMatchObject({ used: 1n, remaining: GRANTED - 1n });
    use(bench, credentialId, a, 1);
    bench.observe(credentialId, a, rope.timeMs);
    expect(bench.units(credentialId)).toEqual({
      home: 0n,
      inFlight: 0n,
      a: { remaining: GRANTED - 2n, used: 2n },
    });
  });

  it("on the way of a renewal frees what the strand dropped", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const leaseUntilMs = rope.timeMs + HOUR_MS;
    const credentialId = bench.placed(a, 3n, { leaseUntilMs });
    bench.delegate(credentialId, a, {
      quota: 2n,
      leaseUntilMs: leaseUntilMs + HOUR_MS,
      timeoutMs: leaseUntilMs + HOUR_MS,
    });
    rope.at(leaseUntilMs);
    const acks = bench.take(a);
    rope.do(bench.seal(a, leaseUntilMs), bench.acknowledgement(a, acks));
    expect(a.registry.grant(credentialId).remaining).toBe(2n);
    bench.observe(credentialId, a, rope.timeMs);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED - 2n,
      inFlight: 0n,
      a: { remaining: 2n, used: 0n },
    });
  });
});
