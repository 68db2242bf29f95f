import type { ProvenBatch } from "@ropenet/adapter-sdk";
import { isAdapterError } from "@ropenet/adapter-sdk";
import { ZERO_32 } from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEvmAdapter } from "../../src/index.ts";
import { assetPacket, voucherAsset } from "../kit/payloads.ts";
import {
  freePort,
  PAYEE,
  RICH_KEYS,
  signal,
  startTestStrand,
  type TestStrand,
} from "../kit/test-strand.ts";

type RopeBatch = Extract<ProvenBatch, { kind: "rope" }>;
type Item = RopeBatch["items"][number];

describe("a gateway that is shown forgeries", () => {
  let strand: TestStrand;
  let good: RopeBatch;

  beforeAll(async () => {
    strand = await startTestStrand();
    const { rope } = strand;
    const asset = voucherAsset(7, 1);
    const { address } = strand.account(2);
    await strand.adapter(3).submit(rope.prove([rope.send(asset.packet)]), signal());
    const order = { assetId: asset.assetId, amount: 500n };
    good = rope.prove([rope.send(assetPacket(strand.gateway.gatewayUid, address, order))]);
  }, 60_000);
  afterAll(() => strand?.close());

  const refusal = async (batch: RopeBatch): Promise<{ code: string; kind: string }> => {
    try {
      await strand.adapter(3).submit(batch, signal());
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      expect(error.info.chain).toBe("test");
      return { code: error.code, kind: error.info.disposition.kind };
    }
    throw new Error("the gateway took a forgery");
  };

  const altered = (change: (item: Item) => Partial<Item>): RopeBatch => ({
    ...good,
    items: good.items.map((item) => ({ ...item, ...change(item) })),
  });
  const alteredPacket = (change: object): RopeBatch =>
    altered(({ event }) =>
      event.kind === "packet"
        ? { event: { ...event, packet: { ...event.packet, ...change } } }
        : {},
    );

  it("refuses an altered payload", async () => {
    const batch = altered(({ event }) =>
      event.kind === "packet" ? { event: { ...event, payload: event.payload.with(95, 255) } } : {},
    );
    expect(await refusal(batch)).toEqual({ code: "gateway/payload-mismatch", kind: "permanent" });
  });

  it("refuses an altered packet", async () => {
    for (const change of [
      { recipient: PAYEE },
      { timeoutMs: 1n },
      { gasLimit: 7 },
      { sequence: 9n },
    ]) {
      expect(await refusal(alteredPacket(change))).toEqual({
        code: "gateway/bad-proof",
        kind: "permanent",
      });
    }
    expect(await refusal(alteredPacket({ sourceGateway: ZERO_32 }))).toMatchObject({
      code: "gateway/wrong-source",
    });
    expect(await refusal(alteredPacket({ destinationGateway: ZERO_32 }))).toMatchObject({
      code: "gateway/wrong-gateway",
    });
  });

  it("refuses a proof that leads elsewhere or has another shape", async () => {
    const wrong = altered(({ proof }) => ({
      proof: { ...proof, siblings: proof.siblings.with(3, PAYEE) },
    }));
    expect(await refusal(wrong)).toEqual({ code: "gateway/bad-proof", kind: "permanent" });
    const offByOne = altered(({ proof }) => ({ proof: { ...proof, leafIndex: 0n } }));
    expect(await refusal(offByOne)).toMatchObject({ code: "gateway/bad-proof" });
    const short = altered(({ proof }) => ({
      proof: { ...proof, siblings: proof.siblings.slice(1) },
    }));
    expect(await refusal(short)).toEqual({ code: "gateway/bad-proof-shape", kind: "permanent" });
  });

  it("refuses checkpoints without two thirds of the power, of another chain or set, or for good measure", async () => {
    const { rope } = strand;
    const [event] = good.items.map((item) => item.event);
    if (!event) throw new Error("no event");
    const fresh = rope.prove([rope.send({ kind: 2, lane: 0, payload: new Uint8Array(206) })]);
    const { update } = fresh;
    const few = { ...fresh, update: { ...update, signatures: update.signatures.slice(2) } };
    expect(await refusal(few)).toEqual({ code: "gateway/not-enough-power", kind: "permanent" });
    const swapped = update.signatures.map(({ index }, position) => ({
      index,
      signature: update.signatures[(position + 1) % 4]?.signature ?? ZERO_32,
    }));
    expect(await refusal({ ...fresh, update: { ...update, signatures: swapped } })).toMatchObject({
      code: "gateway/bad-signature",
      kind: "permanent",
    });
    expect(await refusal(rope.prove([event], { ropeChainId: ZERO_32 }))).toMatchObject({
      code: "gateway/wrong-chain",
    });
    expect(await refusal(rope.prove([event], { epoch: 1n }))).toEqual({
      code: "gateway/wrong-epoch",
      kind: "wait-until",
    });
  });

  it("still takes the true packet, and then asks for a newer proof where its root has gone", async () => {
    const { rope } = strand;
    const [item] = good.items;
    if (!item) throw new Error("no item");
    const worker = strand.adapter(3);
    const result = await worker.submit(rope.prove([item.event]), signal());
    expect(result.outcomes).toEqual(["delivered"]);

    const open = rope.send(voucherAsset(8, 1).packet);
    const stale = rope.prove([open]);
    const newer = rope.prove([rope.send(voucherAsset(9, 1).packet)]);
    await worker.submit({ ...newer, items: [] }, signal());
    expect(await refusal(stale)).toEqual({ code: "gateway/stale-checkpoint", kind: "retryable" });
    const renewed = await worker.submit(rope.prove([open]), signal());
    expect(renewed.outcomes).toEqual(["delivered"]);
  });

  it("makes a second packet of an ordered lane wait for the first", async () => {
    const { rope } = strand;
    rope.send(voucherAsset(10, 1).packet);
    const ahead = rope.send(voucherAsset(11, 1).packet);
    expect(await refusal(rope.prove([ahead]))).toEqual({
      code: "gateway/out-of-order",
      kind: "retryable",
    });
  });

  it("calls a node that is not there unreachable, and stops when told to", async () => {
    const nowhere = createEvmAdapter({
      name: "gone",
      rpcUrl: `http://127.0.0.1:${await freePort()}`,
      gatewayAddress: strand.gateway.address,
      gatewayUid: strand.gateway.gatewayUid,
      ropeGatewayUid: strand.rope.gateway,
      secretKey: RICH_KEYS[3],
      payee: PAYEE,
      attestors: [],
      startHeight: 0n,
    });
    await expect(nowhere.finalised(signal())).rejects.toMatchObject({
      code: "adapter/unreachable",
      info: { chain: "gone", disposition: { kind: "retryable" } },
    });
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(strand.adapter(3).finalised(stopped)).rejects.toThrow("enough");
  });

  it("waits while attestors are missing, and says when there are none", async () => {
    const { height } = await strand.adapter(3).finalised(signal());
    const range = { fromHeight: 0n, toHeight: height, counterparty: strand.rope.gateway };
    const events = await strand.adapter(3).scan(range, signal());
    expect(events.length).toBeGreaterThan(0);
    const silent = strand.adapter(3, [`http://127.0.0.1:${await freePort()}`]);
    await expect(silent.prove(events, signal())).rejects.toMatchObject({
      code: "adapter/not-attested",
      info: { disposition: { kind: "wait-until" } },
    });
    await expect(strand.adapter(3, []).prove(events, signal())).rejects.toMatchObject({
      code: "adapter/no-attestors",
    });
  });
});
