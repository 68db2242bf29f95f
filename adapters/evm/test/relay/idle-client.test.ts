import type { ChainAdapter } from "@ropenet/adapter-sdk";
import { verifyAttestations } from "@ropenet/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { originAsset } from "../kit/payloads.ts";
import { signal, startTestStrand, type TestStrand } from "../kit/test-strand.ts";

const MINUTE = 60_000n;
/** of the test strand's gateway */
const PERIOD = 60n * MINUTE;

let strand: TestStrand;
let worker: ChainAdapter;
/** how far the strand's clock has been put forward */
let ahead = 0n;

beforeAll(async () => {
  strand = await startTestStrand();
  worker = strand.adapter(3);
}, 60_000);
afterAll(() => strand?.close());

async function letPass(milliseconds: bigint): Promise<void> {
  ahead += milliseconds;
  await strand.rpc.call("evm_increaseTime", [Number(milliseconds / 1000n)]);
  await strand.rpc.call("evm_mine", []);
}

const ageMs = async (): Promise<bigint> => {
  const age = await worker.clientAge(strand.rope.gateway, signal());
  if (!age) throw new Error("a gateway always has a client");
  expect(age.trustingPeriodMs).toBe(PERIOD);
  return age.nowMs - age.updatedAtMs;
};

/** what a lane does with the rope's newest checkpoint when it has nothing to deliver */
const refresh = async (): Promise<number> => {
  const tip = strand.rope.prove([], { timeMs: BigInt(Date.now()) + ahead });
  return (await worker.submit(tip, signal())).transactionHashes.length;
};

it("keeps an idle gateway alive for longer than it trusts a set, with checkpoints alone", async () => {
  for (let third = 0; third < 5; third += 1) {
    await letPass(PERIOD / 3n);
    // The strand's clock counts seconds, and stands a little apart from this machine's.
    expect(await ageMs()).toBeGreaterThan(PERIOD / 3n - MINUTE);
    expect(await refresh()).toBe(1);
    expect(await ageMs()).toBeLessThan(MINUTE);
  }
  const { gatewayUid } = strand.gateway;
  const event = strand.rope.send(originAsset(gatewayUid, strand.gateway.address, 1).packet);
  const batch = strand.rope.prove([event], { timeMs: BigInt(Date.now()) + ahead });
  expect((await worker.submit(batch, signal())).outcomes).toEqual(["delivered"]);
});

it("proves the newest final header of a strand on which nothing happens", async () => {
  const tip = await worker.proveTip(strand.rope.gateway, signal());
  if (tip.kind !== "evm") throw new Error("a strand proves like a strand");
  expect(tip.items).toEqual([]);
  expect(tip.anchor.accountProof.length).toBeGreaterThan(0);
  verifyAttestations(strand.attestorSet, tip.update, tip.update.signatures);
});

it("brings a checkpoint once, and no older one", async () => {
  const tip = strand.rope.prove([], { timeMs: BigInt(Date.now()) + ahead });
  expect((await worker.submit(tip, signal())).transactionHashes).toHaveLength(1);
  const again = await strand.adapter(4).submit(tip, signal());
  expect(again).toEqual({ outcomes: [], transactionHashes: [], feePaid: 0n });
});

it("refuses one that comes after the period", async () => {
  await letPass(PERIOD + MINUTE);
  await expect(refresh()).rejects.toMatchObject({
    info: { code: "gateway/trusting-period-over", disposition: { kind: "permanent" } },
  });
});
