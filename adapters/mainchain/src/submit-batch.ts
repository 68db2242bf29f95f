import type { ItemOutcome, ProvenBatch, SubmitResult } from "@ropenet/adapter-sdk";
import {
  type Rope,
  type SubmittedTransaction,
  TransactionRefused,
  type Wallet,
} from "@ropenet/client";
import {
  provenHeaderRecordCodec,
  type ReceivedAcknowledgement,
  type ReceivedPacket,
  stateKey,
} from "@ropenet/protocol";

type StrandBatch = Extract<ProvenBatch, { kind: "evm" }>;

interface Receipts {
  readonly transactionHashes: string[];
  feePaid: bigint;
}

/** True if the rope took the items, false if every one had been taken before. */
async function take(
  receipts: Receipts,
  already: string,
  work: () => Promise<SubmittedTransaction>,
): Promise<boolean> {
  try {
    const sent = await work();
    receipts.transactionHashes.push(sent.id);
    receipts.feePaid += BigInt(sent.feePaid);
    return true;
  } catch (error) {
    if (error instanceof TransactionRefused && error.code === already) return false;
    throw error;
  }
}

/** Brings the rope's client to the batch's height, then delivers packets and acknowledgements. */
export async function submitBatch(
  rope: Rope,
  wallet: Wallet,
  batch: StrandBatch,
  signal: AbortSignal,
): Promise<SubmitResult> {
  const receipts: Receipts = { transactionHashes: [], feePaid: 0n };
  const { anchor } = batch;
  const headerKey = stateKey.provenHeader(batch.source, anchor.height);
  if (!(await rope.peek(headerKey, provenHeaderRecordCodec, signal))) {
    await take(receipts, "client/known-header", () =>
      wallet.send("chains/update-client", batch.update, signal),
    );
  }
  const packets: ReceivedPacket[] = [];
  const acknowledgements: ReceivedAcknowledgement[] = [];
  for (const { event, proof } of batch.items) {
    if (event.kind === "packet")
      packets.push({ packet: event.packet, payload: event.payload, proof });
    else acknowledgements.push({ acknowledgement: event.acknowledgement, proof });
  }
  const outcome = { packet: "already-delivered", acknowledgement: "already-delivered" } as Record<
    "packet" | "acknowledgement",
    ItemOutcome
  >;
  // First what came back: a holder may already have sent on what an acknowledgement of this batch says he got.
  if (acknowledgements.length > 0) {
    const taken = await take(receipts, "packet/already-acknowledged", () =>
      wallet.send("packets/acknowledge", { anchor, items: acknowledgements }, signal),
    );
    if (taken) outcome.acknowledgement = "delivered";
  }
  if (packets.length > 0) {
    const taken = await take(receipts, "packet/already-received", () =>
      wallet.send("packets/receive", { anchor, items: packets }, signal),
    );
    if (taken) outcome.packet = "delivered";
  }
  return { outcomes: batch.items.map(({ event }) => outcome[event.kind]), ...receipts };
}
