import type { ChainAdapter, OutboundEvent } from "@ropenet/adapter-sdk";
import type { Rope, Wallet } from "@ropenet/client";
import {
  type Acknowledgement,
  bytesToHex,
  type ChainState,
  type Packet,
  ropeChainId,
  ropeGatewayUid,
  SUITE_KECCAK,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { createRopeAdapter } from "../../src/index.ts";

export const STRAND: Uint8Array = new Uint8Array(32).fill(1);
export const NOW_MS = 1_000_000n;
export const PERIOD_MS = 3_600_000n;

const chainId = ropeChainId("adapter-test");
const position = { version: 1, lane: 0, sourceGateway: STRAND };
const common = { height: 1n, transactionHash: "", leafIndex: undefined };

export function packet(sequence: bigint, timeoutMs: bigint): OutboundEvent {
  const record: Packet = {
    ...{ ...position, sequence, timeoutMs, kind: 1, destinationGateway: ropeGatewayUid(chainId) },
    ...{ transferId: ZERO_32, sender: ZERO_32, recipient: ZERO_32, gasLimit: 0 },
    ...{ payloadLength: 0, payloadHash: ZERO_32 },
  };
  return { kind: "packet", packet: record, payload: new Uint8Array(), ...common };
}

export function answer(sequence: bigint): OutboundEvent {
  const acknowledgement: Acknowledgement = {
    ...{ ...position, sequence, status: 1, code: 0, destinationGateway: STRAND },
    ...{ packetHash: ZERO_32, resultHash: ZERO_32, payee: ZERO_32, atMs: 0n },
  };
  return { kind: "acknowledgement", acknowledgement, ...common };
}

/** The adapter over a rope that knows one strand, and a wallet whose every transaction `refuse` may refuse. */
export function createRopeDouble(
  strand: { readonly state: ChainState; readonly updatedAtMs?: bigint; readonly frozen?: boolean },
  refuse: (message: string) => void = () => undefined,
): { readonly adapter: ChainAdapter; readonly sent: readonly string[] } {
  const { state, updatedAtMs = 0n, frozen = false } = strand;
  const records = new Map<string, unknown>([
    [bytesToHex(stateKey.chain(STRAND)), { state, trustingPeriodMs: PERIOD_MS }],
    [bytesToHex(stateKey.client(STRAND)), { updatedAtMs, frozen }],
  ]);
  const sent: string[] = [];
  const rope = {
    anchor: { chainId },
    rpc: { call: async () => ({ height: "9", timeMs: String(NOW_MS) }) },
    peek: async (key: Uint8Array) => records.get(bytesToHex(key)),
  } as unknown as Rope;
  const wallet = {
    async send(message: string) {
      refuse(message);
      sent.push(message);
      return { id: message, feePaid: "1", events: [] };
    },
  } as unknown as Wallet;
  return { adapter: createRopeAdapter({ rope, wallet, suiteOf: () => SUITE_KECCAK }), sent };
}
