import {
  ACK_STATUS,
  CREDENTIAL_ACTION,
  credentialPayloadCodec,
  decode,
  encode,
  failureCode,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { createCredentialBench, eventsOf, GRANTED } from "../../kit/credential-bench.ts";
import { HOUR_MS } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";

const NOTHING = { remaining: 0n, used: 0n };

describe("the receipt of a delegation", () => {
  it("DELIVERED: the units are at the strand, under its lease", () => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    bench.delegate(credentialId, bench.a);
    const block = bench.settle(bench.a);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED - 3n,
      inFlight: 0n,
      a: { remaining: 3n, used: 0n },
    });
    const event = eventsOf(block).find(({ kind }) => kind.startsWith("data-credential."));
    expect(event?.attributes).toMatchObject({
      credentialId: Buffer.from(credentialId).toString("hex"),
      quota: "3",
    });
  });

  it("EXPIRED: the units are home again", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    bench.delegate(credentialId, a, { timeoutMs: rope.timeMs + 5_000n });
    rope.at(rope.timeMs + 5_000n);
    const [receipt] = bench.take(a);
    expect(receipt?.status).toBe(ACK_STATUS.expired);
    bench.answer(a, receipt ? [receipt] : []);
    expect(bench.units(credentialId)).toEqual({ home: GRANTED, inFlight: 0n, a: NOTHING });
  });

  it("FAILED because the lease ended on the way: the units are home again", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    bench.delegate(credentialId, a, { leaseUntilMs: rope.timeMs + 5_000n });
    rope.at(rope.timeMs + 5_000n);
    const [receipt] = bench.take(a);
    expect(receipt?.code).toBe(failureCode("lease-over"));
    bench.answer(a, receipt ? [receipt] : []);
    expect(bench.units(credentialId)).toEqual({ home: GRANTED, inFlight: 0n, a: NOTHING });
  });

  it("counts once, however often it is brought", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    bench.delegate(credentialId, a);
    const acks = bench.take(a);
    bench.answer(a, acks);
    expectRefused(rope, "packet/already-acknowledged", bench.acknowledgement(a, acks));
    expect(bench.units(credentialId).a).toEqual({ remaining: 3n, used: 0n });
  });

  it("finds the units of its own packet when several are under way, in any order", () => {
    const bench = createCredentialBench();
    const { rope, a } = bench;
    const credentialId = bench.issue();
    const short = { quota: 4n, timeoutMs: rope.timeMs + 5_000n };
    rope.do(
      bench.delegation(credentialId, a, { quota: 1n }),
      bench.delegation(credentialId, a, { quota: 2n, leaseUntilMs: rope.timeMs + 2n * HOUR_MS }),
      bench.delegation(credentialId, a, short),
    );
    rope.at(rope.timeMs + 10_000n);
    const [first, second, third] = bench.take(a);
    if (!(first && second && third)) throw new Error("three packets, three receipts");
    bench.answer(a, [third]);
    expect(bench.units(credentialId)).toMatchObject({ home: GRANTED - 3n, inFlight: 3n });
    bench.answer(a, [second]);
    expect(bench.units(credentialId)).toMatchObject({ inFlight: 1n, a: { remaining: 2n } });
    bench.answer(a, [first]);
    expect(bench.units(credentialId)).toEqual({
      home: GRANTED - 3n,
      inFlight: 0n,
      a: { remaining: 3n, used: 0n },
    });
  });

  it("gives to each strand and each credential its own", () => {
    const bench = createCredentialBench();
    const { rope, a, b } = bench;
    const one = bench.issue();
    const other = bench.issue({ salt: seed("other") });
    rope.do(
      bench.delegation(one, a, { quota: 1n }),
      bench.delegation(other, a, { quota: 2n }),
      bench.delegation(one, b, { quota: 5n }),
    );
    bench.settle(b);
    bench.settle(a);
    expect(bench.position(one, a).remaining).toBe(1n);
    expect(bench.position(other, a).remaining).toBe(2n);
    expect(bench.position(one, b).remaining).toBe(5n);
  });
});

describe("a credential packet from a strand", () => {
  const actions = Object.entries(CREDENTIAL_ACTION);

  it.each(actions)("%s is FAILED with bad-action and moves nothing", (_name, action) => {
    const bench = createCredentialBench();
    const credentialId = bench.issue();
    bench.delegate(credentialId, bench.a);
    const [arrival] = bench.mail(bench.a);
    if (!arrival) throw new Error("one packet was sent");
    bench.answer(bench.a, [bench.a.registry.receive(arrival)]);
    const before = bench.units(credentialId);
    const payload = { ...decode(credentialPayloadCodec, arrival.payload), action };
    const sent = bench.sendBack(bench.a, encode(credentialPayloadCodec, payload));
    const [answer] = bench.world.answersTo(sent);
    expect(answer).toMatchObject({ status: ACK_STATUS.failed, code: failureCode("bad-action") });
    expect(bench.units(credentialId)).toEqual(before);
    expect(bench.record(credentialId).revokedAtMs).toBe(0n);
  });

  it("of bytes that are no payload is FAILED as well", () => {
    const bench = createCredentialBench();
    const sent = bench.sendBack(bench.a, new Uint8Array(7));
    expect(bench.world.answersTo(sent).map(({ status }) => status)).toEqual([ACK_STATUS.failed]);
  });
});
