import type { ProvenBatch } from "@ropenet/adapter-sdk";
import { CHAIN_STATE } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createRopeDouble, NOW_MS, PERIOD_MS, STRAND } from "./kit/rope-double.ts";

const signal = (): AbortSignal => AbortSignal.timeout(5_000);

describe("the rope's client of a strand", () => {
  it.each([CHAIN_STATE.active, CHAIN_STATE.suspended])(
    "has an age while it is open (%s)",
    async (state) => {
      const { adapter } = createRopeDouble({ state, updatedAtMs: 7n });
      expect(await adapter.clientAge(STRAND, signal())).toEqual({
        ...{ updatedAtMs: 7n, nowMs: NOW_MS, trustingPeriodMs: PERIOD_MS },
      });
    },
  );

  it("has none where no update is taken any more, or the strand is unknown", async () => {
    for (const strand of [
      { state: CHAIN_STATE.pending },
      { state: CHAIN_STATE.rejected },
      { state: CHAIN_STATE.active, frozen: true },
    ]) {
      const { adapter } = createRopeDouble(strand);
      expect(await adapter.clientAge(STRAND, signal())).toBeUndefined();
    }
    const { adapter } = createRopeDouble({ state: CHAIN_STATE.active });
    expect(await adapter.clientAge(new Uint8Array(32), signal())).toBeUndefined();
  });

  it("is brought on by a batch without items, with one transaction", async () => {
    const { adapter, sent } = createRopeDouble({ state: CHAIN_STATE.active });
    const tip = {
      ...{ kind: "evm", source: STRAND, update: {}, items: [] },
      anchor: { gateway: STRAND, height: 1n, accountProof: [] },
    } as unknown as ProvenBatch;
    const { outcomes } = await adapter.submit(tip, signal());
    expect(outcomes).toEqual([]);
    expect(sent).toEqual(["chains/update-client"]);
  });
});
