import { bytesToHex, TRANSFER_STATE } from "@ropenet/protocol";
import type { Module } from "../../module.ts";
import type {
  AssetDirectory,
  BooksOpener,
  ChainDirectory,
  FrozenBooks,
  Halts,
  Holdings,
  Holds,
  PacketHandler,
  PacketOutlet,
  QueuedTransfers,
  StrandVerifier,
} from "../../slices.ts";
import { openBooks, unfreeze } from "./books.ts";
import { TransfersError } from "./errors.ts";
import { conservation } from "./invariants.ts";
import { observeBooks } from "./observe-books.ts";
import { isQueueDue, noteLifted, runDue, runLifted } from "./queue.ts";
import { createAssetPackets } from "./receive-asset.ts";
import { findTransfer } from "./records.ts";
import { sendAsset } from "./send-asset.ts";

const { forwarded, settled, returned } = TRANSFER_STATE;
const TOO_LATE: readonly number[] = [forwarded, settled, returned];

/** What supervision needs of the queue. */
export const queuedTransfers: QueuedTransfers = {
  assertHoldable(context, transferId): void {
    const state = findTransfer(context.state, transferId)?.state;
    if (state !== undefined && TOO_LATE.includes(state)) {
      throw new TransfersError({ code: "hold/too-late", transferId, state });
    }
  },
  releaseHeld: (context, holdId, decision) => noteLifted(context, holdId, decision),
};

export const books: BooksOpener = { open: openBooks };

/** What governance may undo. */
export const frozenBooks: FrozenBooks = {
  unfreeze(context, assetId, gateway): void {
    if (!unfreeze(context.state, assetId, gateway)) {
      throw new TransfersError({ code: "transfers/not-frozen", assetId, gateway });
    }
    context.emit("transfers.unfrozen", {
      assetId: bytesToHex(assetId),
      gateway: bytesToHex(gateway),
    });
  },
};

/** Value between strands: the state machine of docs/protocol.md §3 and the books of §4. */
export function createTransfersModule(slices: {
  readonly directory: ChainDirectory;
  readonly verifier: StrandVerifier;
  readonly assets: AssetDirectory;
  readonly holdings: Holdings;
  readonly holds: Holds;
  readonly halts: Halts;
  readonly outlet: PacketOutlet;
}): Module & { readonly assetPackets: PacketHandler } {
  return {
    name: "transfers",
    assetPackets: createAssetPackets(slices),
    handlers: {
      "transfers/send-asset": (context, body) => sendAsset(context, body, slices),
      "transfers/observe-books": (context, body) => observeBooks(context, body, slices),
    },
    beginBlock: (context) => runDue(context, slices),
    endBlock: (context) => runLifted(context, slices),
    wantsBlock: (state, _parameters, nowMs) => isQueueDue(state, nowMs),
    invariants: [conservation],
  };
}
