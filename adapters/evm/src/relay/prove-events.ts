import type { OutboundEvent, ProvenBatch } from "@ropenet/adapter-sdk";
import {
  ackHash,
  commitmentSlot,
  equalBytes,
  packetHash,
  receiptSlot,
  SUITE_KECCAK,
} from "@ropenet/protocol";
import { fromHex, toHex } from "../contracts/words.ts";
import { readHeader } from "../rpc/header.ts";
import { type EvmRpc, toQuantity } from "../rpc/json-rpc.ts";
import { aboutItems, adapterError } from "./classify-error.ts";
import { readAttestation } from "./read-attestation.ts";

interface ProofJson {
  readonly accountProof: readonly string[];
  readonly storageProof: readonly { readonly value: string; readonly proof: readonly string[] }[];
}

export interface StrandGateway {
  readonly name: string;
  readonly rpc: EvmRpc;
  readonly address: string;
  /** 32 bytes */
  readonly uid: Uint8Array;
  readonly attestors: readonly string[];
}

/** A node that has restarted proves nothing until its next blocks are final. */
const NO_STATE_MS = 1_000;

function slotOf(event: OutboundEvent): Uint8Array {
  if (event.kind === "packet") {
    const { destinationGateway, lane, sequence } = event.packet;
    return commitmentSlot(destinationGateway, lane, sequence);
  }
  const { sourceGateway, lane, sequence } = event.acknowledgement;
  return receiptSlot(sourceGateway, lane, sequence);
}

function committedHash(event: OutboundEvent): Uint8Array {
  return event.kind === "packet"
    ? packetHash(SUITE_KECCAK, event.packet)
    : ackHash(SUITE_KECCAK, event.acknowledgement);
}

function word(hex: string): Uint8Array {
  return fromHex(`0x${hex.slice(2).padStart(64, "0")}`);
}

async function readProofs(
  { name, rpc, address }: StrandGateway,
  slots: readonly Uint8Array[],
  height: bigint,
  signal: AbortSignal,
): Promise<ProofJson> {
  try {
    const params = [address, slots.map(toHex), toQuantity(height)];
    return await rpc.call<ProofJson>("eth_getProof", params, signal);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "evm/rpc-error") throw error;
    const wait = { kind: "wait-until", afterMs: NO_STATE_MS } as const;
    const detail = `no state at ${height}: ${(error as Error).message}`;
    throw adapterError(name, "adapter/no-state", detail, wait, error);
  }
}

/** Slots of all events, which may be none, under one attested header, with the account's proof once. */
export async function proveEvents(
  gateway: StrandGateway,
  events: readonly OutboundEvent[],
  signal: AbortSignal,
): Promise<Extract<ProvenBatch, { kind: "evm" }>> {
  const { name, rpc, uid, attestors } = gateway;
  if (attestors.length === 0) {
    throw adapterError(name, "adapter/no-attestors", "none configured", { kind: "permanent" });
  }
  const needed = events.reduce((top, { height }) => (height > top ? height : top), 0n);
  const header = await readHeader(rpc, "finalized", signal);
  if (header.height < needed) {
    const wait = { kind: "wait-until", afterMs: NO_STATE_MS } as const;
    throw adapterError(name, "adapter/not-finalised", `${header.height} < ${needed}`, wait);
  }
  const [signatures, proofs] = await Promise.all([
    readAttestation(name, attestors, header, signal),
    readProofs(gateway, events.map(slotOf), header.height, signal),
  ]);
  const items = events.map((event, index) => {
    const storage = proofs.storageProof[index];
    // An answer that came home meanwhile, which the destination's standing tells, or a node that forgot what it had
    // shown: the others can go without this one.
    if (!storage || !equalBytes(word(storage.value), committedHash(event))) {
      const detail = `slot of event ${index} holds ${storage?.value ?? "nothing"} at ${header.height}`;
      const gone = adapterError(name, "adapter/event-gone", detail, { kind: "retryable" });
      throw aboutItems(gone);
    }
    return { event, proof: storage.proof.map(fromHex) };
  });
  const { height, hash, stateRoot, timeMs } = header;
  return {
    kind: "evm",
    source: uid,
    update: { gateway: uid, height, headerHash: hash, stateRoot, timeMs, signatures },
    anchor: { gateway: uid, height, accountProof: proofs.accountProof.map(fromHex) },
    items,
  };
}
