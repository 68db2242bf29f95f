import type { ChainAdapter, OutboundEvent } from "@ropenet/adapter-sdk";
import { encode, equalBytes, packetCodec, packetHash, SUITE_KECCAK } from "@ropenet/protocol";
import type { Logger } from "pino";
import { aboutItems, adapterError, classified } from "./relay/classify-error.ts";
import { readBelievedEpoch, readClientAge } from "./relay/gateway-client-state.ts";
import { findSentPacket, readOutboundEvents } from "./relay/gateway-logs.ts";
import { createPacketMemory, type PacketEvent, type SentPacket } from "./relay/packet-memory.ts";
import { proveEvents, type StrandGateway } from "./relay/prove-events.ts";
import { readStandings } from "./relay/read-standings.ts";
import { readTransaction } from "./relay/read-transaction.ts";
import { submitBatch } from "./relay/submit-batch.ts";
import { submitHandovers } from "./relay/submit-handovers.ts";
import { readHeader } from "./rpc/header.ts";
import { createEvmRpc } from "./rpc/json-rpc.ts";
import { createTransactionSender } from "./rpc/transaction-sender.ts";

export interface EvmAdapterOptions {
  readonly name: string;
  readonly rpcUrl: string;
  readonly gatewayAddress: string;
  /** 32 bytes */
  readonly gatewayUid: Uint8Array;
  readonly ropeGatewayUid: Uint8Array;
  /** the relayer's key on this chain, 32 bytes in hex; each worker has its own */
  readonly secretKey: string;
  /** rope account as b32: whom the rope pays for a delivery */
  readonly payee: Uint8Array;
  /** URLs of attestor services; empty for a reader that proves nothing */
  readonly attestors: readonly string[];
  /** height of the gateway's deployment: nothing of it lies below */
  readonly startHeight: bigint;
}

function toSent({ packet, payload }: PacketEvent): SentPacket {
  return { packet: encode(packetCodec, packet), payload };
}

/** A strand that runs an EVM, as a relayer sees it. */
export function createEvmAdapter(
  options: EvmAdapterOptions,
  { logger }: { readonly logger?: Logger } = {},
): ChainAdapter {
  const { name, gatewayAddress, gatewayUid, startHeight } = options;
  const rpc = createEvmRpc(options.rpcUrl);
  const sender = createTransactionSender(rpc, options.secretKey);
  const memory = createPacketMemory();
  const { attestors } = options;
  const strand: StrandGateway = { name, rpc, address: gatewayAddress, uid: gatewayUid, attestors };
  const closing = new AbortController();
  const until = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, closing.signal]);

  function remember(events: readonly OutboundEvent[]): void {
    for (const event of events) {
      if (event.kind === "packet") {
        memory.add(packetHash(SUITE_KECCAK, event.packet), toSent(event));
      }
    }
  }

  async function sentPacket(
    acknowledgement: { readonly packetHash: Uint8Array },
    signal: AbortSignal,
  ): Promise<SentPacket> {
    const known = memory.get(acknowledgement.packetHash);
    if (known) return known;
    const hash = acknowledgement.packetHash;
    const found = await findSentPacket(rpc, gatewayAddress, hash, startHeight, signal);
    if (found) return toSent(found);
    const detail = "no PacketSent event answers to the acknowledgement";
    const unknown = adapterError(name, "gateway/unknown-packet", detail, { kind: "permanent" });
    throw aboutItems(unknown);
  }

  return {
    name,
    gateway: gatewayUid,
    suite: SUITE_KECCAK,
    finalised: (signal) =>
      classified(name, async () => {
        const { height, timeMs } = await readHeader(rpc, "finalized", until(signal));
        return { height, timeMs };
      }),
    scan: (range, signal) =>
      classified(name, async () => {
        const fromHeight = range.fromHeight > startHeight ? range.fromHeight : startHeight;
        const bounded = { ...range, fromHeight };
        const events = await readOutboundEvents(rpc, gatewayAddress, bounded, until(signal));
        remember(events);
        return events;
      }),
    prove: (events, signal) => classified(name, () => proveEvents(strand, events, until(signal))),
    proveTip: (_, signal) => classified(name, () => proveEvents(strand, [], until(signal))),
    standings: (events, signal) =>
      classified(name, () => readStandings(rpc, gatewayAddress, events, until(signal))),
    submit: (batch, signal) =>
      classified(name, async () => {
        if (batch.kind !== "rope" || !equalBytes(batch.source, options.ropeGatewayUid)) {
          throw new Error("a strand takes batches of its own rope only");
        }
        const { payee } = options;
        const parts = { name, rpc, sender, gatewayAddress, gatewayUid, payee, sentPacket };
        const result = await submitBatch(parts, batch, until(signal));
        logger?.debug({ name, transactions: result.transactionHashes }, "batch submitted");
        return result;
      }),
    clientAge: (_, signal) =>
      classified(name, () => readClientAge(rpc, gatewayAddress, until(signal))),
    believedEpoch: (signal) =>
      classified(name, () => readBelievedEpoch(rpc, gatewayAddress, until(signal))),
    acceptHandovers: (handovers, signal) =>
      classified(name, () =>
        submitHandovers({ name, rpc, sender, gatewayAddress }, handovers, until(signal)),
      ),
    transaction: (hash, signal) =>
      classified(name, () => readTransaction(rpc, hash, until(signal))),
    balance: (signal) =>
      classified(name, async () => {
        const params = [sender.address, "latest"];
        const amount = BigInt(await rpc.call<string>("eth_getBalance", params, until(signal)));
        return { account: sender.address, amount, unit: "wei" };
      }),
    close: async () => closing.abort(),
  };
}
