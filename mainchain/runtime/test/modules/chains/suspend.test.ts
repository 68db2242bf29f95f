import {
  ACK_STATUS,
  type ChainRecord,
  chainRecordCodec,
  stateKey,
  TRANSFER_STATE,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { officer } from "../../kit/genesis.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan } from "../../kit/rope-bench.ts";
import type { StrandBench } from "../../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../../kit/world.ts";

const finalRecipient = seed("recipient");
const { forwarded, returned, settled } = TRANSFER_STATE;

const suspend = ({ gateway }: StrandBench, from = officer.admission): Plan =>
  plan(from, "chains/suspend", { gateway, reason: 3 });
const resume = ({ gateway }: StrandBench, from = officer.admission): Plan =>
  plan(from, "chains/resume", { gateway });

function chain({ rope }: World, { gateway }: StrandBench): ChainRecord {
  return rope.must(stateKey.chain(gateway), chainRecordCodec);
}

const send = (from: StrandBench, to: StrandBench, timeoutMs?: bigint) =>
  from.send({
    ...{ assetId: cny.assetId, amount: 100n, finalGateway: to.gateway, finalRecipient },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });

describe("a suspension", () => {
  it("is the admission office's, of an active strand, and at once", () => {
    const world = createWorld();
    const { rope, b } = world;
    expectRefused(rope, "identity/not-in-office", suspend(b, officer.supervision));
    rope.do(suspend(b));
    expect(chain(world, b).state).toBe(3);
    expectRefused(rope, "chain/not-active", suspend(b));
    const { gateway } = b;
    expectRefused(
      rope,
      "chain/not-pending",
      plan(officer.admission, "chains/approve", { gateway, recordHash: gateway }),
    );
  });

  it("lets what is under way to the strand end: headers and receipts are heard", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const sent = send(a, b);
    world.relay(a, sent);
    rope.do(suspend(b));
    world.answer(b);
    expect(world.transfer(sent).state).toBe(settled);
    expect(world.outstanding(cny, b.gateway)).toBe(100n);
  });

  it("lets nothing new out of the strand: chain/not-active, and nothing is lost", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    world.relay(a, send(a, b));
    world.answer(b);
    rope.do(suspend(b));
    const back = send(b, a);
    const [update, receive] = world.receive(b, back);
    rope.do(update);
    expectRefused(rope, "chain/not-active", receive);
    rope.do(resume(b));
    world.relay(b, back);
    expect(world.transfer(back).state).toBe(forwarded);
  });

  it("does not lock value in: what is too late is given back to its sender", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    world.relay(a, send(a, b));
    world.answer(b);
    const timeoutMs = rope.timeMs + 30_000n;
    const back = send(b, a, timeoutMs);
    rope.do(suspend(b));
    rope.at(timeoutMs, ...world.receive(b, back));
    expect(world.transfer(back).state).toBe(returned);
    expect(world.answersTo(back)).toMatchObject([{ status: ACK_STATUS.expired }]);
  });
});

describe("a resumption", () => {
  it("is the admission office's, of a suspended strand", () => {
    const world = createWorld();
    const { rope, b } = world;
    expectRefused(rope, "chain/not-suspended", resume(b));
    rope.do(suspend(b));
    expectRefused(rope, "identity/not-in-office", resume(b, officer.supervision));
    rope.do(resume(b));
    expect(chain(world, b).state).toBe(2);
  });

  it("refuses a strand whose client is expired: client/expired", () => {
    const world = createWorld();
    const { rope, b } = world;
    rope.do(world.update(b), suspend(b));
    const { trustingPeriodMs } = chain(world, b);
    rope.at(rope.timeMs + trustingPeriodMs + 1_000n);
    expectRefused(rope, "client/expired", resume(b));
  });

  it("refuses a strand that has shown two headers of one height", () => {
    const world = createWorld();
    const { rope, b } = world;
    rope.do(suspend(b));
    const header = b.state.seal();
    const other = { ...header, headerHash: seed("another") };
    rope.do(
      plan(officer.admission, "chains/update-client", b.attest(header)),
      plan(officer.admission, "chains/update-client", b.attest(other)),
    );
    expect(chain(world, b).state).toBe(4);
    expectRefused(rope, "chain/not-suspended", resume(b));
  });
});
