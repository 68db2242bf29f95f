import type { ItemOutcome, ProvenBatch, SubmitResult } from "@ropenet/adapter-sdk";
import {
  type Rope,
  type SubmittedTransaction,
  TransactionRefused,
  type Wallet,
} from "@ropenet/client";
import {
  type Packet,
  provenHeaderRecordCodec,
  type ReceivedAcknowledgement,
  type ReceivedPacket,
  stateKey,
} from "@ropenet/protocol";
import { classifyDelivery } from "./classify-error.ts";

type StrandBatch = Extract<ProvenBatch, { kind: "evm" }>;

interface Receipts {
  readonly transactionHashes: string[];
  feePaid: bigint;
}

/** What was sent, or undefined if every item had been taken before. */
async function take(
  receipts: Receipts,
  already: string,
  work: () => Promise<SubmittedTransaction>,
): Promise<SubmittedTransaction | undefined> {
  try {
    const sent = await work();
    receipts.transactionHashes.push(sent.id);
    receipts.feePaid += BigInt(sent.feePaid);
    return sent;
  } catch (error) {
    if (error instanceof TransactionRefused && error.code === already) return undefined;
    throw error;
  }
}

/** As `take`, of a transaction that carries items. @throws {AdapterError} about them where they are refused */
async function deliver(
  receipts: Receipts,
  already: string,
  work: () => Promise<SubmittedTransaction>,
): Promise<SubmittedTransaction | undefined> {
  try {
    return await take(receipts, already, work);
  } catch (error) {
    throw classifyDelivery(error);
  }
}

/** What became of each packet: the rope says so of those that it looked at, and nothing of what it had. */
function packetOutcome(
  sent: SubmittedTransaction | undefined,
  { lane, sequence }: Packet,
): ItemOutcome {
  const said = sent?.events.find(
    ({ kind, attributes }) =>
      kind === "packets.received" &&
      attributes["lane"] === String(lane) &&
      attributes["sequence"] === String(sequence),
  );
  if (!said) return "already-delivered";
  const outcome = said.attributes["outcome"];
  return outcome === "early" || outcome === "quarantined" ? "kept-out" : "delivered";
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
  // First what came back: a holder may already have sent on what an acknowledgement of this batch says he got.
  const acknowledged =
    acknowledgements.length > 0 &&
    (await deliver(receipts, "packet/already-acknowledged", () =>
      wallet.send("packets/acknowledge", { anchor, items: acknowledgements }, signal),
    ));
  const received =
    packets.length > 0
      ? await deliver(receipts, "packet/already-received", () =>
          wallet.send("packets/receive", { anchor, items: packets }, signal),
        )
      : undefined;
  const outcomes = batch.items.map(({ event }): ItemOutcome => {
    if (event.kind === "packet") return packetOutcome(received, event.packet);
    return acknowledged ? "delivered" : "already-delivered";
  });
  return { outcomes, ...receipts };
}
