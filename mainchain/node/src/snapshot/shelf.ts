import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Connection } from "../p2p/connection.ts";
import { encodeMessageFrame, LANE_OF, type PeerMessage } from "../p2p/message.ts";
import { createSnapshot, MANIFEST, pieceName, type SnapshotParts } from "./create-snapshot.ts";
import type { PieceKind } from "./errors.ts";

export interface ShelfOptions {
  readonly directory: string;
  readonly everyBlocks: number;
  /** so many of the newest stay */
  readonly keep: number;
}

export type SnapshotQuestion = Extract<PeerMessage, { kind: "snapshotRequest" | "pieceRequest" }>;

/** Snapshots that this node makes as the chain grows, and hands to nodes that begin. */
export interface SnapshotShelf {
  /** Call after every commit; makes a snapshot in the background when one is due. */
  after(height: bigint): void;
  answer(peer: Connection, question: SnapshotQuestion): void;
  /** Resolves when nothing is being written. */
  close(): Promise<void>;
}

export const PART_CODES: readonly PieceKind[] = ["state", "chain"];
const NOTHING = new Uint8Array(0);

export function createShelf(
  { directory, everyBlocks, keep }: ShelfOptions,
  parts: SnapshotParts & { readonly logger: Logger },
): SnapshotShelf {
  let running: Promise<void> | undefined;
  mkdirSync(directory, { recursive: true, mode: 0o700 });

  function heights(): readonly bigint[] {
    const names = readdirSync(directory).filter((name) => /^[1-9][0-9]*$/.test(name));
    return names.map(BigInt).toSorted((one, other) => Number(other - one));
  }

  async function make(height: bigint): Promise<void> {
    try {
      await createSnapshot(parts, height, join(directory, String(height)));
      for (const old of heights().slice(keep)) {
        rmSync(join(directory, String(old)), { recursive: true });
      }
      parts.logger.info({ height: String(height) }, "snapshot made");
    } catch (error) {
      // A node without snapshots is still a node.
      parts.logger.error({ err: error, height: String(height) }, "no snapshot made");
    } finally {
      running = undefined;
    }
  }

  function read(height: bigint, name: string): Uint8Array {
    const file = join(directory, String(height), name);
    return existsSync(file) ? Uint8Array.from(readFileSync(file)) : NOTHING;
  }

  function reply(peer: Connection, message: PeerMessage): void {
    peer.send(LANE_OF[message.kind], encodeMessageFrame(message));
  }

  return {
    after(height): void {
      // The header above is needed too: it names the root.
      const due = height - 1n;
      if (due < 1n || due % BigInt(everyBlocks) !== 0n || running !== undefined) return;
      running = make(due);
    },
    answer(peer, question): void {
      if (question.kind === "snapshotRequest") {
        const [newest] = heights();
        const manifest = newest === undefined ? NOTHING : read(newest, MANIFEST);
        reply(peer, { kind: "snapshotOffer", manifest });
        return;
      }
      const { height, part, index } = question;
      const kind = PART_CODES[part];
      const bytes = kind ? read(height, pieceName(kind, index)) : NOTHING;
      reply(peer, { kind: "piece", height, part, index, bytes });
    },
    close: () => running ?? Promise.resolve(),
  };
}
