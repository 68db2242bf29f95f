import {
  type AssetPayload,
  b32,
  bytesToHex,
  stateKey,
  TRANSFER_STATE,
  type TransferRecord,
  transferRecordCodec,
  u64,
} from "@ropenet/protocol";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";

/** An asset transfer with what its record may lack in general: the decoded payload. */
export type AssetTransfer = TransferRecord & { readonly asset: AssetPayload };

export function findTransfer(state: StateView, transferId: Uint8Array): TransferRecord | undefined {
  return readRecord(state, stateKey.transfer(transferId), transferRecordCodec);
}

export function requireTransfer(state: StateView, transferId: Uint8Array): TransferRecord {
  const transfer = findTransfer(state, transferId);
  if (!transfer) throw new Error(`no record of transfer ${bytesToHex(transferId)}`);
  return transfer;
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(TRANSFER_STATE).map(([name, value]) => [value, name]),
);

/** Writes a transfer in its new state and says so. */
export function saveTransfer(context: Context, transfer: TransferRecord): void {
  const { transferId, state } = transfer;
  writeRecord(context.state, stateKey.transfer(transferId), transferRecordCodec, transfer);
  context.emit(`transfers.${NAMES.get(state) ?? state}`, {
    transferId: bytesToHex(transferId),
    index: String(transfer.index),
    failure: String(transfer.failure),
  });
}

/** A transfer's place in the index that regulators count; one that was quarantined keeps its own. */
export function takeIndex(context: Context, transferId: Uint8Array): bigint {
  const { state } = context;
  const known = findTransfer(state, transferId);
  if (known) return known.index;
  const index = readRecord(state, stateKey.transferCount(), u64) ?? 0n;
  writeRecord(state, stateKey.transferByIndex(index), b32, transferId);
  writeRecord(state, stateKey.transferCount(), u64, index + 1n);
  return index;
}
