import { bytesToHex } from "@ropenet/protocol";
import type { CommittedBlock } from "../engine/ledger.ts";
import { toEventJson } from "../store/block-store.ts";
import type { BlockNotice } from "./schema.ts";

export function toBlockNotice({ block, blockId, result }: CommittedBlock): BlockNotice {
  return {
    height: String(block.header.height),
    timeMs: String(block.header.timeMs),
    blockId: bytesToHex(blockId),
    transactions: result.transactions.map(({ id, code, events }) => ({
      id: bytesToHex(id),
      code: code ?? null,
      events: events.map(toEventJson),
    })),
  };
}

/** Who hears of new blocks. */
export interface BlockFeed {
  readonly size: number;
  add(send: (text: string) => void): void;
  remove(send: (text: string) => void): void;
  publish(block: CommittedBlock): void;
}

export function createBlockFeed(): BlockFeed {
  const subscribers = new Set<(text: string) => void>();
  return {
    get size(): number {
      return subscribers.size;
    },
    add: (send) => void subscribers.add(send),
    remove: (send) => void subscribers.delete(send),
    publish(block): void {
      if (subscribers.size === 0) return;
      const params = toBlockNotice(block);
      const text = JSON.stringify({ jsonrpc: "2.0", method: "block", params });
      for (const send of [...subscribers]) send(text);
    },
  };
}
