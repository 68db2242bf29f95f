import {
  bytesToHex,
  CHAIN_STATE,
  type ChainRecord,
  chainRecordCodec,
  checkAttestorSet,
  clientRecordCodec,
  decodeOwn,
  provenHeaderRecordCodec,
  type RecoverClient,
  stateKey,
  u64,
} from "@ropenet/protocol";
import { type Context, type StateView, writeRecord } from "../../module.ts";
import { ChainsError } from "./errors.ts";
import { KEPT_HEADERS, writeHeaderCount } from "./update-client.ts";

const TOP = (1n << 64n) - 1n;

interface Kept {
  readonly count: number;
  readonly latestHeight: bigint;
  readonly latestTimeMs: bigint;
}

/** Drops the headers above `keptHeight`; what is left, and the newest of it. */
function dropHeaders(state: StateView, gateway: Uint8Array, keptHeight: bigint): Kept {
  const from = stateKey.provenHeader(gateway, 0n);
  // The last one is beyond the range's end, so the end is one byte longer.
  const to = new Uint8Array([...stateKey.provenHeader(gateway, TOP), 0]);
  let kept: Kept = { count: 0, latestHeight: 0n, latestTimeMs: 0n };
  for (const [key, value] of state.range(from, to, KEPT_HEADERS + 1)) {
    const height = decodeOwn(u64, key.slice(-8));
    if (height > keptHeight) {
      state.delete(key);
      continue;
    }
    const { timeMs } = decodeOwn(provenHeaderRecordCodec, value);
    kept = { count: kept.count + 1, latestHeight: height, latestTimeMs: timeMs };
  }
  return kept;
}

/**
 * By governance: a strand whose client is frozen or expired, or that was suspended, runs again, under the attestors
 * on record or others, and with no header above `keptHeight`.
 */
export function recoverClient(context: Context, chain: ChainRecord, body: RecoverClient): void {
  const { state, timeMs } = context;
  const { gateway, attestors, threshold, keptHeight } = body;
  if (chain.state === CHAIN_STATE.pending || chain.state === CHAIN_STATE.rejected) {
    throw new ChainsError({ code: "chain/not-active", gateway, state: chain.state });
  }
  const signers =
    attestors.length > 0
      ? { attestors, threshold }
      : { attestors: chain.attestors, threshold: chain.threshold };
  checkAttestorSet(signers);
  const { count, latestHeight, latestTimeMs } = dropHeaders(state, gateway, keptHeight);
  writeHeaderCount(state, gateway, count);
  writeRecord(state, stateKey.client(gateway), clientRecordCodec, {
    ...{ latestHeight, latestTimeMs, updatedAtMs: timeMs, frozen: false },
  });
  writeRecord(state, stateKey.chain(gateway), chainRecordCodec, {
    ...chain,
    ...signers,
    state: CHAIN_STATE.active,
  });
  context.emit("chains.recovered", {
    gateway: bytesToHex(gateway),
    height: String(latestHeight),
    attestors: String(signers.attestors.length),
  });
}
