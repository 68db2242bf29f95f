import { isAdapterError, type OutboundEvent, type ProvenBatch } from "@ropenet/adapter-sdk";
import { RpcError, TransactionRefused } from "@ropenet/client";
import { CHAIN_STATE } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { answer, createRopeDouble, NOW_MS, packet, STRAND } from "./kit/rope-double.ts";

const signal = (): AbortSignal => AbortSignal.timeout(5_000);

function batchOf(...events: readonly OutboundEvent[]): ProvenBatch {
  return {
    kind: "evm",
    source: STRAND,
    update: {},
    anchor: { gateway: STRAND, height: 1n, accountProof: [] },
    items: events.map((event) => ({ event, proof: [] })),
  } as unknown as ProvenBatch;
}

describe("a strand that is suspended", () => {
  const events = [packet(1n, NOW_MS + 1n), packet(2n, NOW_MS), answer(3n)];

  it("has its timely packets kept out, and what is late and what answers heard", async () => {
    const { adapter } = createRopeDouble({ state: CHAIN_STATE.suspended });
    expect(await adapter.standings(events, signal())).toEqual(["kept-out", "open", "open"]);
  });

  it("has all of them open again once it is active", async () => {
    const { adapter } = createRopeDouble({ state: CHAIN_STATE.active });
    expect(await adapter.standings(events, signal())).toEqual(["open", "open", "open"]);
  });
});

describe("a refusal", () => {
  async function refusedAt(
    message: string,
    error: Error,
  ): Promise<{ readonly code: string; readonly about?: string }> {
    const { adapter } = createRopeDouble({ state: CHAIN_STATE.active }, (sent) => {
      if (sent === message) throw error;
    });
    try {
      await adapter.submit(batchOf(packet(1n, NOW_MS + 1n), answer(2n)), signal());
    } catch (caught) {
      if (isAdapterError(caught)) return caught.info;
      throw caught;
    }
    throw new Error("it was taken");
  }

  const executed = (code: string): Error =>
    new TransactionRefused({ code, id: "", height: "1", detail: "" } as never);
  const broadcast = (code: string): Error =>
    new RpcError({ code, url: "", method: "broadcast_tx", operands: {} });

  it.each([
    ["of a packet's proof", executed("packet/not-committed")],
    ["of what a suspended strand sends", executed("chain/not-active")],
    ["of a fee beyond the limit", executed("fee/limit-exceeded")],
    ["of a fee beyond the limit at the door", broadcast("fee/limit-exceeded")],
    ["of a transaction too long for the mempool", broadcast("mempool/too-long")],
    ["of a body too long for the node", broadcast("rpc/body-too-long")],
  ])("%s is about the items, so that fewer are tried", async (_, error) => {
    for (const message of ["packets/receive", "packets/acknowledge"]) {
      expect(await refusedAt(message, error)).toMatchObject({ about: "items" });
    }
  });

  it.each([
    ["of the client's update, whatever its code", "chains/update-client", "fee/limit-exceeded"],
    ["of the account", "packets/receive", "account/insufficient"],
    ["of a frozen client", "packets/receive", "client/frozen"],
    ["of a node that is silent", "packets/receive", "rpc/unreachable"],
  ])("%s is about the whole lane", async (_, message, code) => {
    const info = await refusedAt(message, broadcast(code));
    expect(info.code).toBe(code);
    expect(info).not.toHaveProperty("about");
  });
});
