import type { OutboundEvent } from "@ropenet/adapter-sdk";
import type { Rope } from "@ropenet/client";
import {
  acknowledgementCodec,
  decode,
  LEAF_TYPE,
  type OutboxEntryRecord,
  outboxEntryRecordCodec,
  outboxRecordCodec,
  packetCodec,
  stateKey,
} from "@ropenet/protocol";
import { waitUntil } from "./classify-error.ts";

async function entryAt(rope: Rope, gateway: Uint8Array, index: bigint): Promise<OutboxEntryRecord> {
  const entry = await rope.peek(stateKey.outboxEntry(gateway, index), outboxEntryRecordCodec);
  if (!entry) throw waitUntil("rope/outbox-gap", `entry ${index}`, 200);
  return entry;
}

/** First index whose entry was written at or above `height`: heights rise with the index. */
async function firstAtOrAbove(
  rope: Rope,
  gateway: Uint8Array,
  count: bigint,
  height: bigint,
): Promise<bigint> {
  let low = 0n;
  let high = count;
  while (low < high) {
    const middle = (low + high) / 2n;
    if ((await entryAt(rope, gateway, middle)).height < height) low = middle + 1n;
    else high = middle;
  }
  return low;
}

function toEvent(entry: OutboxEntryRecord, leafIndex: bigint): OutboundEvent {
  const common = { height: entry.height, transactionHash: "", leafIndex };
  return entry.leafType === LEAF_TYPE.packet
    ? { kind: "packet", packet: decode(packetCodec, entry.body), payload: entry.payload, ...common }
    : {
        kind: "acknowledgement",
        acknowledgement: decode(acknowledgementCodec, entry.body),
        ...common,
      };
}

/** What the rope's outbox for `counterparty` holds of heights `fromHeight`..`toHeight`: the first `limit` of it. */
export async function scanOutbox(
  rope: Rope,
  range: {
    readonly fromHeight: bigint;
    readonly toHeight: bigint;
    readonly counterparty: Uint8Array;
    readonly limit?: number;
  },
): Promise<readonly OutboundEvent[]> {
  const { counterparty, limit = Number.POSITIVE_INFINITY } = range;
  const outbox = await rope.peek(stateKey.outbox(counterparty), outboxRecordCodec);
  const count = outbox?.count ?? 0n;
  const events: OutboundEvent[] = [];
  let index = await firstAtOrAbove(rope, counterparty, count, range.fromHeight);
  for (; index < count && events.length < limit; index += 1n) {
    const entry = await entryAt(rope, counterparty, index);
    if (entry.height > range.toHeight) break;
    events.push(toEvent(entry, index));
  }
  return events;
}
