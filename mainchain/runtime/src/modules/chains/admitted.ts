import {
  b32,
  CHAIN_STATE,
  type ChainRecord,
  chainRecordCodec,
  MAX_ADMITTED_CHAINS,
  MAX_PENDING_CHAINS,
  MAX_PENDING_CHAINS_OF_ONE,
  stateKey,
  u32,
} from "@ropenet/protocol";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";
import { ChainsError } from "./errors.ts";

/** Approved once, whatever has become of it since. */
export function isAdmitted({ state }: Pick<ChainRecord, "state">): boolean {
  return state !== CHAIN_STATE.pending && state !== CHAIN_STATE.rejected;
}

/** In the order of approval: what a block does for each chain, it does for these alone. */
export function listAdmitted({ state }: Context): readonly ChainRecord[] {
  const total = readRecord(state, stateKey.admittedChainCount(), u32) ?? 0;
  return Array.from({ length: total }, (_, index) => {
    const gateway = readRecord(state, stateKey.admittedChain(index), b32);
    const chain = gateway && readRecord(state, stateKey.chain(gateway), chainRecordCodec);
    if (!chain) throw new Error(`admitted chain ${index} has no record`);
    return chain;
  });
}

/** @throws {ChainsError} `chain/too-many` */
export function noteAdmitted({ state }: Context, gateway: Uint8Array): void {
  const total = readRecord(state, stateKey.admittedChainCount(), u32) ?? 0;
  if (total >= MAX_ADMITTED_CHAINS) {
    throw new ChainsError({ code: "chain/too-many", what: "admitted", limit: MAX_ADMITTED_CHAINS });
  }
  writeRecord(state, stateKey.admittedChain(total), b32, gateway);
  writeRecord(state, stateKey.admittedChainCount(), u32, total + 1);
}

function countOne(state: StateView, key: Uint8Array, change: 1 | -1): number {
  const count = (readRecord(state, key, u32) ?? 0) + change;
  if (count === 0) state.delete(key);
  else writeRecord(state, key, u32, count);
  return count;
}

/** @throws {ChainsError} `chain/too-many`: somebody has to decide first */
export function notePending({ state }: Context, registrant: Uint8Array): void {
  const all = countOne(state, stateKey.pendingChainCount(), 1);
  const own = countOne(state, stateKey.pendingChainsOf(registrant), 1);
  if (own > MAX_PENDING_CHAINS_OF_ONE) {
    const limit = MAX_PENDING_CHAINS_OF_ONE;
    throw new ChainsError({ code: "chain/too-many", what: "pending of one registrant", limit });
  }
  if (all > MAX_PENDING_CHAINS) {
    throw new ChainsError({ code: "chain/too-many", what: "pending", limit: MAX_PENDING_CHAINS });
  }
}

export function noteDecided({ state }: Context, registrant: Uint8Array): void {
  countOne(state, stateKey.pendingChainCount(), -1);
  countOne(state, stateKey.pendingChainsOf(registrant), -1);
}
