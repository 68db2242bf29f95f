import {
  type ApproveChain,
  bytesToHex,
  CHAIN_STATE,
  type ChainRecord,
  type ChainState,
  chainRecordCodec,
  chainRecordHash,
  clientRecordCodec,
  equalBytes,
  type RejectChain,
  type ResumeChain,
  type SuspendChain,
  stateKey,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import { noteAdmitted, noteDecided } from "./admitted.ts";
import { assertActive, requireChain } from "./directory.ts";
import { ChainsError } from "./errors.ts";
import { requireLiveClient } from "./open-storage.ts";

/** What the admission office decides of chains: that it is the sender, the gate has seen (identity/matrix.ts). */

function change({ state }: TransactionContext, chain: ChainRecord, to: ChainState): void {
  writeRecord(state, stateKey.chain(chain.gateway), chainRecordCodec, { ...chain, state: to });
}

function requirePending(context: TransactionContext, gateway: Uint8Array): ChainRecord {
  const chain = requireChain(context, gateway);
  if (chain.state !== CHAIN_STATE.pending) {
    throw new ChainsError({ code: "chain/not-pending", gateway, state: chain.state });
  }
  return chain;
}

/** From here on the strand is followed: however long the office has looked at it, its client is not old by that. */
export function approveChain(context: TransactionContext, body: ApproveChain): void {
  const { gateway, recordHash } = body;
  const chain = requirePending(context, gateway);
  if (!equalBytes(chainRecordHash(chain), recordHash))
    throw new ChainsError({ code: "chain/other-record", gateway });
  const client = readRecord(context.state, stateKey.client(gateway), clientRecordCodec);
  if (!client) throw new Error("a registered chain has a client");
  writeRecord(context.state, stateKey.client(gateway), clientRecordCodec, {
    ...client,
    updatedAtMs: context.timeMs,
  });
  noteDecided(context, chain.registrant);
  noteAdmitted(context, gateway);
  change(context, chain, CHAIN_STATE.active);
  context.emit("chains.approved", { gateway: bytesToHex(gateway) });
}

/** The record stays, as what was decided; its gateway may be registered anew, by whom it belongs to. */
export function rejectChain(context: TransactionContext, { gateway, reason }: RejectChain): void {
  const chain = requirePending(context, gateway);
  noteDecided(context, chain.registrant);
  change(context, chain, CHAIN_STATE.rejected);
  context.emit("chains.rejected", { gateway: bytesToHex(gateway), reason: String(reason) });
}

/** Nothing new from it or to it; what is under way ends: its receipts, its headers and what is late are heard. */
export function suspendChain(context: TransactionContext, { gateway, reason }: SuspendChain): void {
  change(context, assertActive(context, gateway), CHAIN_STATE.suspended);
  context.emit("chains.suspended", { gateway: bytesToHex(gateway), reason: String(reason) });
}

/** @throws {ChainsError} `client/frozen`, `client/expired`: then its client has to be recovered first */
export function resumeChain(context: TransactionContext, { gateway }: ResumeChain): void {
  const chain = requireChain(context, gateway);
  if (chain.state !== CHAIN_STATE.suspended) {
    throw new ChainsError({ code: "chain/not-suspended", gateway, state: chain.state });
  }
  requireLiveClient(context, chain);
  change(context, chain, CHAIN_STATE.active);
  context.emit("chains.resumed", { gateway: bytesToHex(gateway) });
}
