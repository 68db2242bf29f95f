import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { LANE_CONTROL, ZERO_32 } from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planBatch } from "../../src/plan/plan-batch.ts";

function packet(height: bigint, sequence: bigint, lane = 0, bytes = 10): OutboundEvent {
  return {
    kind: "packet",
    packet: {
      version: 1,
      kind: 1,
      lane,
      sequence,
      sourceGateway: ZERO_32,
      destinationGateway: ZERO_32,
      transferId: ZERO_32,
      sender: ZERO_32,
      recipient: ZERO_32,
      timeoutMs: 0n,
      gasLimit: 0,
      payloadLength: bytes,
      payloadHash: ZERO_32,
    },
    payload: new Uint8Array(bytes),
    height,
    transactionHash: "",
    leafIndex: undefined,
  };
}

const limits = { maxItems: 4, maxBytes: 4096 };

describe("planBatch", () => {
  it("leaves out what the destination has taken and resumes at the oldest it has not", () => {
    const events = [packet(5n, 1n), packet(6n, 2n), packet(9n, 3n)];
    const plan = planBatch(events, [true, false, false], 10n, limits);
    expect(plan.events).toEqual([events[1], events[2]]);
    expect(plan.resumeHeight).toBe(6n);
    expect(plan.skipped).toBe(1);
  });

  it("resumes after the scanned range when nothing is open", () => {
    expect(planBatch([packet(5n, 1n)], [true], 10n, limits).resumeHeight).toBe(11n);
  });

  it("delivers an ordered lane by sequence, whatever order the scan gave", () => {
    const events = [packet(5n, 2n, LANE_CONTROL), packet(5n, 1n), packet(5n, 1n, LANE_CONTROL)];
    const plan = planBatch(events, [false, false, false], 5n, limits);
    expect(plan.events).toEqual([events[2], events[0], events[1]]);
  });

  it("takes one event even if it alone exceeds the byte limit", () => {
    const plan = planBatch([packet(1n, 1n, 0, 4096), packet(1n, 2n)], [false, false], 1n, {
      maxItems: 4,
      maxBytes: 100,
    });
    expect(plan.events).toHaveLength(1);
  });

  it("never loses an event: repeating plan and delivery ends with everything delivered once", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 50n }), fc.boolean()), { maxLength: 40 }),
        (draws) => {
          const events = draws
            .map(([height, ordered], index) =>
              packet(height, BigInt(index + 1), ordered ? LANE_CONTROL : 0),
            )
            .toSorted((left, right) => Number(left.height - right.height));
          const delivered = new Map<OutboundEvent, number>();
          let from = 1n;
          for (let round = 0; round < 200; round += 1) {
            const seen = events.filter((event) => event.height >= from);
            const plan = planBatch(
              seen,
              seen.map((event) => delivered.has(event)),
              50n,
              limits,
            );
            for (const event of plan.events) delivered.set(event, (delivered.get(event) ?? 0) + 1);
            from = plan.resumeHeight;
            if (plan.events.length === 0) break;
          }
          expect([...delivered.values()].every((count) => count === 1)).toBe(true);
          expect(delivered.size).toBe(events.length);
        },
      ),
    );
  });
});
