import type { ChainAdapter, OutboundEvent } from "@ropenet/adapter-sdk";
import {
  ACK_STATUS,
  ackHash,
  COUNTER,
  commitmentSlot,
  counterSlot,
  equalBytes,
  openAccount,
  packetHash,
  readStorage,
  receiptSlot,
  SUITE_KECCAK,
  verifyAttestations,
  ZERO_32,
} from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/contracts/words.ts";
import {
  createGatewayClient,
  createTokenClient,
  deployStoryContracts,
  type GatewayClient,
  readHeader,
  type StoryContracts,
  type TokenClient,
  toQuantity,
} from "../../src/index.ts";
import {
  assetPacket,
  FUNGIBLE,
  OTHER_STRAND,
  originAsset,
  type TestAsset,
} from "../kit/payloads.ts";
import {
  eventually,
  PAYEE,
  RICH_KEYS,
  signal,
  startTestStrand,
  type TestStrand,
} from "../kit/test-strand.ts";

type PacketEvent = Extract<OutboundEvent, { kind: "packet" }>;

describe("a relayer at an EVM strand", () => {
  let strand: TestStrand;
  let story: StoryContracts;
  let money: TestAsset;
  let gateway: GatewayClient;
  let token: TokenClient;
  let sender = "";

  beforeAll(async () => {
    strand = await startTestStrand();
    const account = strand.account(1);
    sender = account.address;
    story = await deployStoryContracts({
      rpcUrl: strand.anvil.rpcUrl,
      deployerKey: RICH_KEYS[0],
      gatewayAddress: strand.gateway.address,
      keeper: strand.account(2).address,
    });
    gateway = createGatewayClient(account, strand.gateway.address);
    token = createTokenClient(account, story.demoCny);
    money = originAsset(strand.gateway.gatewayUid, story.demoCny, FUNGIBLE);
    const issuer = createTokenClient(strand.account(0), story.demoCny);
    await issuer.mint(sender, 1_000_000n, signal());
    await token.approve(strand.gateway.address, 1_000_000n, signal());
  }, 60_000);
  afterAll(() => strand?.close());

  /** until the chain cannot lose them any more */
  async function untilTaken(worker: ChainAdapter, events: readonly OutboundEvent[]): Promise<void> {
    await eventually(async () => {
      const standings = await worker.standings(events, signal());
      expect(standings).not.toContain("open");
      return standings.every((standing) => standing === "taken") ? true : undefined;
    });
  }

  async function send(amountLocal: bigint): Promise<PacketEvent> {
    const sent = await gateway.sendAsset(
      {
        assetId: money.assetId,
        tokenId: ZERO_32,
        amountLocal,
        finalGateway: OTHER_STRAND,
        finalRecipient: PAYEE,
        timeoutMs: BigInt(Date.now() + 600_000),
        finalTimeoutMs: BigInt(Date.now() + 900_000),
        gasLimit: 0,
        finalGasLimit: 300_000,
        obligationId: ZERO_32,
        memo: new Uint8Array(),
      },
      signal(),
    );
    await strand.finalised(sent.receipt.height);
    const events = await strand.adapter(3).scan(
      {
        fromHeight: 0n,
        toHeight: sent.receipt.height,
        counterparty: strand.rope.gateway,
      },
      signal(),
    );
    const event = events.findLast(({ kind }) => kind === "packet");
    if (event?.kind !== "packet") throw new Error("the scan found no packet");
    expect(event.packet.sequence).toBe(sent.sequence);
    expect(equalBytes(packetHash(SUITE_KECCAK, event.packet), sent.packetHash)).toBe(true);
    return event;
  }

  it("brings the checkpoint and a control packet in one go, and nobody's twice", async () => {
    const { rope } = strand;
    const event = rope.send(money.packet);
    const batch = rope.prove([event]);
    const worker = strand.adapter(3);
    const other = strand.adapter(4);
    expect(await worker.standings([event], signal())).toEqual(["open"]);

    const before = Date.now();
    const result = await worker.submit(batch, signal());
    const latency = Date.now() - before;
    expect(result.outcomes).toEqual(["delivered"]);
    expect(result.transactionHashes).toHaveLength(2);
    expect(result.feePaid).toBeGreaterThan(0n);
    expect(latency).toBeLessThan(5_000);
    await untilTaken(worker, [event]);
    expect(await gateway.asset(money.assetId, signal())).toMatchObject({ mode: 1, frozen: false });

    const again = await other.submit(batch, signal());
    expect(again).toEqual({ outcomes: ["already-delivered"], transactionHashes: [], feePaid: 0n });
  });

  it("reports the receipt as an event that the rope can verify", async () => {
    const { rope, attestorSet } = strand;
    const worker = strand.adapter(3);
    const { height } = await readHeader(strand.rpc, "latest");
    await strand.finalised(height);
    const range = { fromHeight: 0n, toHeight: height, counterparty: rope.gateway };
    const events = await worker.scan(range, signal());
    const receipts = events.filter(({ kind }) => kind === "acknowledgement");
    expect(receipts).toHaveLength(1);
    const [receipt] = receipts;
    if (receipt?.kind !== "acknowledgement") throw new Error("no receipt");
    const { acknowledgement } = receipt;
    expect(acknowledgement.status).toBe(ACK_STATUS.delivered);
    expect(acknowledgement.payee).toEqual(PAYEE);

    const proven = await worker.prove(events, signal());
    if (proven.kind !== "evm") throw new Error("a strand proves like a strand");
    const { update, anchor } = proven;
    verifyAttestations(attestorSet, update, update.signatures);
    const { storageRoot } = openAccount({
      stateRoot: update.stateRoot,
      address: fromHex(strand.gateway.address),
      codeHash: strand.gateway.codeHash,
      accountProof: anchor.accountProof,
    });
    const [item] = proven.items;
    const slotKey = receiptSlot(rope.gateway, acknowledgement.lane, acknowledgement.sequence);
    const value = readStorage({ storageRoot, slotKey, proof: item?.proof ?? [] });
    expect(equalBytes(value, ackHash(SUITE_KECCAK, acknowledgement))).toBe(true);
  });

  it("proves commitments of outgoing packets, counters and an absence under one attested header", async () => {
    const event = await send(1_000n);
    const worker = strand.adapter(3);
    const { update } = await worker.prove([event], signal()).then((batch) => {
      if (batch.kind !== "evm") throw new Error("a strand proves like a strand");
      return batch;
    });
    const slots = [
      commitmentSlot(strand.rope.gateway, 0, event.packet.sequence),
      counterSlot(money.assetId, COUNTER.out),
      counterSlot(money.assetId, COUNTER.balance),
      commitmentSlot(strand.rope.gateway, 0, 999n),
    ];
    const proof = await strand.rpc.call<{
      accountProof: string[];
      storageProof: { proof: string[] }[];
    }>("eth_getProof", [strand.gateway.address, slots.map(toHex), toQuantity(update.height)]);
    const { storageRoot } = openAccount({
      stateRoot: update.stateRoot,
      address: fromHex(strand.gateway.address),
      codeHash: strand.gateway.codeHash,
      accountProof: proof.accountProof.map(fromHex),
    });
    const words = slots.map((slotKey, index) =>
      readStorage({
        storageRoot,
        slotKey,
        proof: (proof.storageProof[index]?.proof ?? []).map(fromHex),
      }),
    );
    expect(words[0]).toEqual(packetHash(SUITE_KECCAK, event.packet));
    expect(BigInt(toHex(words[1] ?? ZERO_32))).toBe(1_000n);
    expect(BigInt(toHex(words[2] ?? ZERO_32))).toBe(1_000n);
    expect(words[3]).toEqual(ZERO_32);
  });

  it("names the event that its slot does not hold, so that the others can go without it", async () => {
    const event = await send(500n);
    const gone = { ...event, packet: { ...event.packet, sequence: 999n } };
    await expect(strand.adapter(3).prove([event, gone], signal())).rejects.toMatchObject({
      info: { code: "adapter/event-gone", about: "items" },
    });
    expect((await strand.adapter(3).prove([event], signal())).items).toHaveLength(1);
  });

  it("scans no more than it is asked for, the first in the chain's order", async () => {
    const { height } = await readHeader(strand.rpc, "finalized");
    const range = { fromHeight: 0n, toHeight: height, counterparty: strand.rope.gateway };
    const all = await strand.adapter(3).scan(range, signal());
    expect(all.length).toBeGreaterThan(2);
    expect(await strand.adapter(3).scan({ ...range, limit: 2 }, signal())).toEqual(all.slice(0, 2));
  });

  it("settles an answered packet, finding it again by its hash", async () => {
    const event = await send(2_000n);
    const ack = strand.rope.acknowledge(event.packet, ACK_STATUS.delivered);
    // A worker that has scanned nothing has to ask the chain for the packet.
    const fresh = strand.adapter(4);
    expect(await fresh.standings([ack], signal())).toEqual(["open"]);
    const batch = strand.rope.prove([ack]);
    const settled = await fresh.submit(batch, signal());
    expect(settled.outcomes).toEqual(["delivered"]);
    await untilTaken(fresh, [ack]);
    expect(
      await gateway.commitment(strand.rope.gateway, 0, event.packet.sequence, signal()),
    ).toEqual(ZERO_32);
    const again = await strand.adapter(3).submit(batch, signal());
    expect(again.outcomes).toEqual(["already-delivered"]);
  });

  it("refunds what failed, to be withdrawn once", async () => {
    const before = await token.balanceOf(sender, signal());
    const event = await send(3_000n);
    expect(await token.balanceOf(sender, signal())).toBe(before - 3_000n);
    const ack = strand.rope.acknowledge(event.packet, ACK_STATUS.failed, 2);
    await strand.adapter(3).submit(strand.rope.prove([ack]), signal());
    expect(await gateway.refundable(story.demoCny, sender, signal())).toBe(3_000n);
    expect(await gateway.counter(money.assetId, COUNTER.refunded, signal())).toBe(3_000n);
    await gateway.withdrawRefund(story.demoCny, signal());
    expect(await token.balanceOf(sender, signal())).toBe(before);
    await expect(gateway.withdrawRefund(story.demoCny, signal())).rejects.toMatchObject({
      code: "bridge/nothing-to-refund",
    });
  });

  it("delivers a batch of several kinds, skipping what another worker was faster with", async () => {
    const { rope } = strand;
    const recipient = strand.account(2).address;
    const order = { assetId: money.assetId, amount: 100n };
    const plan = assetPacket(strand.gateway.gatewayUid, recipient, order);
    const first = rope.send(plan);
    const second = rope.send(plan);
    const late = rope.send({ ...plan, timeoutMs: rope.startMs });
    const answered = await send(10n);
    const ack = rope.acknowledge(answered.packet, ACK_STATUS.delivered);
    const events = [first, second, late, ack];
    const batch = rope.prove(events);
    const one = batch.items.slice(1, 2);
    await strand.adapter(4).submit({ ...batch, items: one }, signal());

    const worker = strand.adapter(3);
    const result = await worker.submit(batch, signal());
    expect(result.outcomes).toEqual(["delivered", "already-delivered", "delivered", "delivered"]);
    await untilTaken(worker, events);
    expect(await token.balanceOf(recipient, signal())).toBe(200n);
    const { height } = await readHeader(strand.rpc, "latest");
    const range = { fromHeight: 0n, toHeight: height, counterparty: rope.gateway };
    const receipts = await worker.scan(range, signal());
    const statuses = receipts.flatMap((event) =>
      event.kind === "acknowledgement" && event.acknowledgement.lane === 0
        ? [event.acknowledgement.status]
        : [],
    );
    expect(statuses.toSorted()).toEqual([1, 1, 3]);
  });

  it("shares the work of two workers without losing or failing any", async () => {
    const { rope } = strand;
    const order = { assetId: money.assetId, amount: 1n };
    const plan = assetPacket(strand.gateway.gatewayUid, strand.account(2).address, order);
    const events = Array.from({ length: 6 }, () => rope.send(plan));
    const batch = rope.prove(events);
    const [left, right] = await Promise.all([
      strand.adapter(3).submit(batch, signal()),
      strand.adapter(4).submit(batch, signal()),
    ]);
    await untilTaken(strand.adapter(3), events);
    for (const [index] of events.entries()) {
      const outcomes = [left.outcomes[index], right.outcomes[index]].toSorted();
      expect(outcomes).toEqual(["already-delivered", "delivered"]);
    }
  });
});
