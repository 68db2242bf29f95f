import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { LANE_CONTROL } from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OpenEvents } from "../../src/plan/open-events.ts";
import { dueEvents, planBatch } from "../../src/plan/plan-batch.ts";
import { packet } from "../events.ts";

const limits = { maxItems: 4, maxBytes: 4096 };

function openWith(...events: readonly OutboundEvent[]): OpenEvents {
  const open = new OpenEvents(100);
  open.add(events);
  return open;
}

const isOrdered = (event: OutboundEvent): boolean =>
  event.kind === "packet" && event.packet.lane === LANE_CONTROL;

/** One batch: true if the event was taken, false if it was refused once more. */
function tryOne(left: Map<OutboundEvent, number>, event: OutboundEvent): boolean {
  const refusals = left.get(event) ?? 0;
  left.set(event, refusals - 1);
  return refusals <= 0;
}

/** Plans and delivers until nothing is open; each event is refused as often as `refusals` says. */
function relayAll(refusals: ReadonlyMap<OutboundEvent, number>): readonly OutboundEvent[] {
  const open = openWith(...refusals.keys());
  const left = new Map(refusals);
  const delivered: OutboundEvent[] = [];
  for (let now = 0; open.size > 0 && now < 1_000; now += 1) {
    for (const event of planBatch(dueEvents(open.all(), now), limits)) {
      if (tryOne(left, event)) {
        delivered.push(event);
        open.remove(event);
        continue;
      }
      open.setAside(event, "packet/x", (attempts) => now + attempts);
      // An ordered lane goes no further in this batch.
      if (isOrdered(event)) break;
    }
  }
  return delivered;
}

describe("what is due", () => {
  it("goes in an ordered lane by sequence, before everything else", () => {
    const [second, other, first] = [
      packet(5n, 2n, LANE_CONTROL),
      packet(5n, 1n),
      packet(5n, 1n, LANE_CONTROL),
    ];
    expect(dueEvents(openWith(second, other, first).all(), 0)).toEqual([first, second, other]);
  });

  it("leaves out what is set aside until its time, and nothing else", () => {
    const [poison, next] = [packet(5n, 1n), packet(6n, 2n)];
    const open = openWith(poison, next);
    open.setAside(poison, "packet/x", () => 1_000);
    expect(dueEvents(open.all(), 999)).toEqual([next]);
    expect(dueEvents(open.all(), 1_000)).toEqual([poison, next]);
  });

  it("stops an ordered lane at its first that waits, and no other lane", () => {
    const [first, second, third] = [1n, 2n, 3n].map((n) => packet(5n, n, LANE_CONTROL));
    const [other, free] = [packet(5n, 1n, LANE_CONTROL + 1), packet(5n, 1n)];
    if (!(first && second && third)) throw new Error("three were made");
    const open = openWith(third, second, first, other, free);
    open.setAside(second, "packet/x", () => 1_000);
    expect(dueEvents(open.all(), 0)).toEqual([first, other, free]);
  });
});

describe("a batch", () => {
  it("has no more items and bytes than it may, and at least one item", () => {
    const events = [1n, 2n, 3n, 4n, 5n].map((sequence) => packet(1n, sequence));
    expect(planBatch(events, limits)).toEqual(events.slice(0, 4));
    const large = [packet(1n, 1n, 0, 4096), packet(1n, 2n)];
    expect(planBatch(large, { maxItems: 4, maxBytes: 100 })).toEqual(large.slice(0, 1));
  });
});

describe("open events", () => {
  it("are known once, however often they are scanned", () => {
    const open = openWith(packet(5n, 1n));
    open.setAside(packet(5n, 1n), "packet/x", () => 9);
    open.add([packet(5n, 1n), packet(5n, 2n)]);
    expect(open.all().map(({ notBeforeMs }) => notBeforeMs)).toEqual([9, 0]);
  });

  it("are bounded: what waits longest is given up, and only that makes room", () => {
    const open = new OpenEvents(4);
    const events = [1n, 2n, 3n, 4n].map((sequence) => packet(1n, sequence));
    open.add(events);
    expect(open.room).toBe(0);
    expect(open.forgetOldest().map(({ event }) => event)).toEqual(events.slice(0, 2));
    expect(open.room).toBe(2);
  });

  it("lose nothing: whatever is refused and for how long, all that is not poison is delivered once", () => {
    const draw = fc.record({
      height: fc.bigInt({ min: 1n, max: 50n }),
      ordered: fc.boolean(),
      refusals: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(draw, { maxLength: 40 }), (draws) => {
        const refusals = new Map(
          draws.map((one, index) => [
            packet(one.height, BigInt(index + 1), one.ordered ? LANE_CONTROL : 0),
            one.refusals,
          ]),
        );
        const delivered = relayAll(refusals);
        expect(new Set(delivered).size).toBe(draws.length);
        expect(delivered).toHaveLength(draws.length);
        const ordered = delivered.flatMap((event) =>
          isOrdered(event) && event.kind === "packet" ? [event.packet.sequence] : [],
        );
        expect(ordered).toEqual(ordered.toSorted((x, y) => Number(x - y)));
      }),
    );
  });
});
