import type { CommittedBlock } from "../engine/ledger.ts";
import type { Lane } from "../p2p/lanes.ts";

/** What the parts of a node report while they work. Every method is cheap: it is called on hot paths. */
export interface Meter {
  walSynced(durationMs: number): void;
  stored(durationMs: number, operations: number): void;
  sent(lane: Lane, bytes: number): void;
  received(lane: Lane, bytes: number): void;
  /** a signature, or a transaction with all that is checked about it */
  verified(kind: "transaction" | "vote" | "proposal", ok: boolean): void;
  committed(block: CommittedBlock, syncing: boolean): void;
  /** a connection ended, under the stable code of why */
  peerLost(code: string): void;
  rpcRefused(code: string): void;
}

/** For tests and tools that run parts of a node. */
export const SILENT_METER: Meter = {
  walSynced: () => undefined,
  stored: () => undefined,
  sent: () => undefined,
  received: () => undefined,
  verified: () => undefined,
  committed: () => undefined,
  peerLost: () => undefined,
  rpcRefused: () => undefined,
};
