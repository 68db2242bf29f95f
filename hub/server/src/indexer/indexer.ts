import { EventEmitter } from "node:events";
import type { ChainAdapter } from "@ropenet/adapter-sdk";
import { type Rope, recordsOf } from "@ropenet/client";
import { ropeGatewayUid } from "@ropenet/protocol";
import type { Logger } from "pino";
import type { Database } from "../store/database.ts";
import { indexStrand } from "./index-strand.ts";
import { TransferIndex } from "./index-transfers.ts";

export interface IndexerParts {
  readonly rope: Rope;
  readonly database: Database;
  readonly strands: readonly { readonly adapter: ChainAdapter; readonly startHeight: bigint }[];
  readonly logger: Logger;
}

export interface IndexerNotice {
  readonly height: string;
  readonly transfers: readonly string[];
}

export interface Indexer {
  readonly notices: EventEmitter<{ notice: [IndexerNotice] }>;
  indexedHeight(): bigint;
  close(): Promise<void>;
}

/** Follows the chains by asking them; it never listens only, so nothing it misses stays missed. */
export function startIndexer(parts: IndexerParts, everyMs: number): Indexer {
  const { rope, database, logger } = parts;
  const notices = new EventEmitter<{ notice: [IndexerNotice] }>();
  notices.setMaxListeners(0);
  const transferIndex = new TransferIndex(database, recordsOf(rope.peek));
  const ropeGateway = ropeGatewayUid(rope.anchor.chainId);
  const closing = new AbortController();
  let height = 0n;

  async function pass(): Promise<void> {
    const status = await rope.rpc.call("status", {}, closing.signal);
    const transfers = await transferIndex.pass();
    const now = BigInt(status.height);
    if (now !== height || transfers.length > 0) {
      height = now;
      notices.emit("notice", { height: status.height, transfers });
    }
    for (const strand of parts.strands)
      await indexStrand(database, strand, ropeGateway, closing.signal);
  }

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await pass();
      } catch (error) {
        if (!closing.signal.aborted) logger.warn({ err: error }, "indexer pass failed");
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  const running = follow();
  return {
    notices,
    indexedHeight: () => height,
    async close(): Promise<void> {
      closing.abort();
      await running;
    },
  };
}
