import {
  ACK_STATUS,
  type AttestedHeader,
  type ChainRecord,
  type ClientRecord,
  chainRecordCodec,
  clientRecordCodec,
  concatBytes,
  failureCode,
  provenHeaderRecordCodec,
  stateKey,
  TRANSFER_STATE,
  u32,
  utf8ToBytes,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { relayer } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan } from "../../kit/rope-bench.ts";
import type { StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../../kit/world.ts";

const finalRecipient = seed("recipient");

const update = (strand: StrandBench, header: AttestedHeader): Plan =>
  plan(relayer, "chains/update-client", strand.attest(header));

function client({ rope }: World, { gateway }: StrandBench): ClientRecord {
  return rope.must(stateKey.client(gateway), clientRecordCodec);
}

function chain({ rope }: World, { gateway }: StrandBench): ChainRecord {
  return rope.must(stateKey.chain(gateway), chainRecordCodec);
}

function send({ a, b }: World) {
  const route = { assetId: cny.assetId, amount: 500n, finalGateway: b.gateway };
  return a.send({ ...route, finalRecipient });
}

describe("the client of a strand", () => {
  it("goes forward with every attested header, and may leave some out", () => {
    const world = createWorld();
    const { rope, a } = world;
    a.state.seal();
    const header = a.state.seal();
    rope.do(update(a, header));
    expect(client(world, a)).toEqual({
      latestHeight: header.height,
      latestTimeMs: header.timeMs,
      updatedAtMs: rope.timeMs,
      frozen: false,
    });
    const { height, ...rest } = header;
    const key = stateKey.provenHeader(a.gateway, height);
    expect(rope.must(key, provenHeaderRecordCodec)).toEqual(rest);
  });

  it("refuses a header below its newest: client/not-forward", () => {
    const world = createWorld();
    const { rope, a } = world;
    const skipped = a.state.seal();
    rope.do(update(a, a.state.seal()));
    expectRefused(rope, "client/not-forward", update(a, skipped));
  });

  it("refuses a header that it has: client/known-header", () => {
    const world = createWorld();
    const { rope, a } = world;
    const first = a.state.seal();
    rope.do(update(a, first));
    rope.do(update(a, a.state.seal()));
    expectRefused(rope, "client/known-header", update(a, first));
    expectRefused(rope, "client/known-header", update(a, a.state.header()));
  });

  it("refuses a time before that of its newest header, and takes the same", () => {
    const world = createWorld();
    const { rope, a } = world;
    const { latestTimeMs } = client(world, a);
    const header = a.state.seal();
    const before = { ...header, timeMs: latestTimeMs - 1n };
    expectRefused(rope, "client/time-not-forward", update(a, before));
    rope.do(update(a, { ...header, timeMs: latestTimeMs }));
  });

  it("proves packets under older headers that it still has", () => {
    const world = createWorld();
    const { rope, a } = world;
    const sent = send(world);
    rope.do(world.update(a));
    const { height } = a.state;
    rope.do(world.update(a));
    rope.do(plan(relayer, "packets/receive", a.receiveBody([sent], height)));
    expect(world.transfer(sent).state).toBe(TRANSFER_STATE.forwarded);
  });

  it("drops its oldest header once it has two thousand", () => {
    const world = createWorld();
    const { rope, a } = world;
    const { height: oldest } = a.state.header();
    const counted = concatBytes(utf8ToBytes("clients/header-count/"), a.gateway);
    rope.doctor(counted, u32, 2_000);
    rope.do(world.update(a));
    expect(rope.value(stateKey.provenHeader(a.gateway, oldest))).toBeUndefined();
    expect(rope.value(stateKey.provenHeader(a.gateway, oldest + 1n))).toBeDefined();
    expect(rope.must(counted, u32)).toBe(2_000);
    const late = a.state.header(oldest);
    expectRefused(rope, "client/not-forward", update(a, late));
  });
});

describe("two attested headers of one height", () => {
  /** The attestors of A sign a second block at the height that the rope has. */
  function forked(): World {
    const world = createWorld();
    const { rope, a } = world;
    rope.do(world.update(a));
    const fork = a.fork();
    fork.lie({ assetId: cny.assetId, amount: 1n, finalGateway: world.b.gateway, finalRecipient });
    rope.do(update(a, fork.state.resealed(a.state.height)));
    return world;
  }

  it("freeze client and chain, and nothing of it is believed any more", () => {
    const world = forked();
    const { rope, a } = world;
    expect(client(world, a).frozen).toBe(true);
    expect(chain(world, a).state).toBe(4);
    expectRefused(rope, "chain/not-open", update(a, a.state.seal()));
    const sent = send(world);
    expectRefused(rope, "chain/not-open", world.receive(a, sent)[1]);
  });

  it("keep the header that was first", () => {
    const world = forked();
    const { a, rope } = world;
    const { height, ...first } = a.state.header();
    const key = stateKey.provenHeader(a.gateway, height);
    expect(rope.must(key, provenHeaderRecordCodec)).toEqual(first);
  });

  it("close the way to it: what is sent there comes back at once", () => {
    const world = forked();
    const { a, b } = world;
    const route = { assetId: cny.assetId, amount: 1n, finalGateway: a.gateway };
    const sent = b.lie({ ...route, finalRecipient });
    world.relay(b, sent);
    const failure = failureCode("unknown-gateway");
    expect(world.transfer(sent)).toMatchObject({ state: TRANSFER_STATE.returned, failure });
    expect(world.answersTo(sent)).toMatchObject([{ status: ACK_STATUS.failed }]);
  });

  it("freeze as well when the second one is of an older height", () => {
    const world = createWorld();
    const { rope, a } = world;
    const { height } = a.state.header();
    rope.do(world.update(a));
    const other = { ...a.state.header(height), stateRoot: seed("another state") };
    rope.do(update(a, other));
    expect(client(world, a).frozen).toBe(true);
  });

  it("need enough signatures to freeze anything", () => {
    const world = createWorld();
    const { rope, a } = world;
    rope.do(world.update(a));
    const other = { ...a.state.header(), stateRoot: seed("another state") };
    const short = plan(relayer, "chains/update-client", a.attest(other, [0, 1]));
    expectRefused(rope, "client/too-few-attestations", short);
  });

  it("of two heights are no contradiction", () => {
    const world = createWorld();
    const { rope, a } = world;
    const { stateRoot, headerHash } = a.state.header();
    rope.do(update(a, { ...a.state.seal(), stateRoot, headerHash }));
    expect(client(world, a).frozen).toBe(false);
  });
});

describe("a client that nobody updated for its trusting period", () => {
  it("believes until the very millisecond, and nothing after", () => {
    const world = createWorld();
    const { rope, a } = world;
    const sent = send(world);
    rope.do(world.update(a));
    const message = plan(relayer, "packets/receive", a.receiveBody([sent]));
    const endMs = rope.timeMs + a.registration.trustingPeriodMs;
    const expired = rope.fork();
    expired.at(endMs);
    expectRefused(expired, "client/expired", message);
    expectRefused(expired, "client/expired", update(a, a.state.seal()));
    rope.at(endMs, message, update(a, a.state.header()));
    expect(world.transfer(sent).state).toBe(TRANSFER_STATE.forwarded);
    expect(client(world, a).updatedAtMs).toBe(endMs);
  });

  it("lives on with every update", () => {
    const world = createWorld();
    const { rope, a } = world;
    const { trustingPeriodMs } = a.registration;
    for (let index = 0; index < 3; index += 1) {
      rope.at(rope.timeMs + trustingPeriodMs - 10_000n, world.update(a));
    }
    expect(client(world, a)).toMatchObject({ updatedAtMs: rope.timeMs, frozen: false });
  });
});
