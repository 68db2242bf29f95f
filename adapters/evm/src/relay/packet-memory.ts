import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { bytesToHex } from "@ropenet/protocol";

export interface SentPacket {
  /** 220 bytes */
  readonly packet: Uint8Array;
  readonly payload: Uint8Array;
}

export type PacketEvent = Extract<OutboundEvent, { kind: "packet" }>;

/** Two batches of every lane that a relayer could have open; a packet has at most 4 KiB. */
const KEEP_PACKETS = 1_024;

/** Packets seen in a scan, so that settling one rarely asks the chain for it again. */
export interface PacketMemory {
  get(packetHash: Uint8Array): SentPacket | undefined;
  add(packetHash: Uint8Array, packet: SentPacket): void;
}

export function createPacketMemory(): PacketMemory {
  const packets = new Map<string, SentPacket>();
  return {
    get: (packetHash) => packets.get(bytesToHex(packetHash)),
    add(packetHash, packet): void {
      packets.set(bytesToHex(packetHash), packet);
      if (packets.size <= KEEP_PACKETS) return;
      const oldest = packets.keys().next();
      if (!oldest.done) packets.delete(oldest.value);
    },
  };
}
