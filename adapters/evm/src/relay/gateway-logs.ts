import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { acknowledgementCodec, decode, decodePacket } from "@ropenet/protocol";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { fromHex, toHex } from "../contracts/words.ts";
import { type EvmRpc, toQuantity } from "../rpc/json-rpc.ts";
import type { LogJson } from "../rpc/transaction-sender.ts";

function topicOf(event: string): string {
  const fragment = gatewayInterface.getEvent(event);
  if (!fragment) throw new Error(`the gateway has no event ${event}`);
  return fragment.topicHash;
}

const PACKET_SENT = topicOf("PacketSent");
const RECEIPT_WRITTEN = topicOf("ReceiptWritten");

/** Nodes refuse wide ranges; public ones begin at 1,000 to 10,000 blocks. */
const LOG_RANGE = 1_000n;

interface LogRange {
  readonly fromHeight: bigint;
  readonly toHeight: bigint;
  readonly limit?: number;
}

/** The first `limit` logs of the range, in the chain's order. */
async function logsInRanges(
  rpc: EvmRpc,
  filter: { readonly address: string; readonly topics: readonly unknown[] },
  { fromHeight, toHeight, limit = Number.POSITIVE_INFINITY }: LogRange,
  signal: AbortSignal,
): Promise<readonly LogJson[]> {
  const logs: LogJson[] = [];
  for (let from = fromHeight; from <= toHeight && logs.length < limit; from += LOG_RANGE) {
    const end = from + LOG_RANGE - 1n;
    const range = {
      fromBlock: toQuantity(from),
      toBlock: toQuantity(end < toHeight ? end : toHeight),
    };
    logs.push(...(await rpc.call<LogJson[]>("eth_getLogs", [{ ...filter, ...range }], signal)));
  }
  return logs.slice(0, limit);
}

function toEvent(log: LogJson): OutboundEvent {
  const args = gatewayInterface.parseLog(log)?.args;
  if (!args) throw new Error("a log of another event passed the filter");
  const common = {
    height: BigInt(log.blockNumber),
    transactionHash: log.transactionHash.slice(2),
    leafIndex: undefined,
  };
  return log.topics[0] === PACKET_SENT
    ? {
        kind: "packet",
        packet: decodePacket(fromHex(args["packet"] as string)),
        payload: fromHex(args["payload"] as string),
        ...common,
      }
    : {
        kind: "acknowledgement",
        acknowledgement: decode(acknowledgementCodec, fromHex(args["ack"] as string)),
        ...common,
      };
}

/** Packets sent to `counterparty` and receipts of its packets, ascending: the first `limit` of them. */
export async function readOutboundEvents(
  rpc: EvmRpc,
  gatewayAddress: string,
  range: LogRange & { readonly counterparty: Uint8Array },
  signal: AbortSignal,
): Promise<readonly OutboundEvent[]> {
  const topics = [[PACKET_SENT, RECEIPT_WRITTEN], null, toHex(range.counterparty)];
  const filter = { address: gatewayAddress, topics };
  const logs = await logsInRanges(rpc, filter, range, signal);
  return logs.map(toEvent);
}

/** A packet that this gateway sent, by its hash; undefined if it never did. */
export async function findSentPacket(
  rpc: EvmRpc,
  gatewayAddress: string,
  packetHash: Uint8Array,
  startHeight: bigint,
  signal: AbortSignal,
): Promise<Extract<OutboundEvent, { kind: "packet" }> | undefined> {
  const toHeight = BigInt(await rpc.call<string>("eth_blockNumber", [], signal));
  const filter = { address: gatewayAddress, topics: [PACKET_SENT, toHex(packetHash)] };
  const [log] = await logsInRanges(
    rpc,
    filter,
    { fromHeight: startHeight, toHeight, limit: 1 },
    signal,
  );
  const event = log && toEvent(log);
  return event?.kind === "packet" ? event : undefined;
}
