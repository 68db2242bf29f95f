import {
  bytesToHex,
  CHAIN_STATE,
  type ChainRecord,
  chainRecordCodec,
  clientRecordCodec,
  equalBytes,
  provenHeaderRecordCodec,
  stateKey,
  type UpdateClient,
  u32,
  verifyAttestations,
  ZERO_32,
} from "@ropenet/protocol";
import { readRecord, type StateView, type TransactionContext, writeRecord } from "../../module.ts";
import { ChainsError } from "./errors.ts";
import { requireLiveClient } from "./open-storage.ts";

/** Proven headers kept per strand: proofs older than this many updates are taken anew. */
export const KEPT_HEADERS = 2_000;
/** Recovering one signer costs about as much as 50 hashes; priced before it is done. */
const UNITS_PER_SIGNATURE = 3_000n;

function freeze(context: TransactionContext, chain: ChainRecord, height: bigint): void {
  const { state } = context;
  const client = readRecord(state, stateKey.client(chain.gateway), clientRecordCodec);
  if (client)
    writeRecord(state, stateKey.client(chain.gateway), clientRecordCodec, {
      ...client,
      frozen: true,
    });
  writeRecord(state, stateKey.chain(chain.gateway), chainRecordCodec, {
    ...chain,
    state: CHAIN_STATE.frozen,
  });
  context.emit("chains.frozen", { gateway: bytesToHex(chain.gateway), height: String(height) });
}

export function writeHeaderCount(state: StateView, gateway: Uint8Array, count: number): void {
  writeRecord(state, stateKey.provenHeaderCount(gateway), u32, count);
}

/** Counts a new header, and drops the oldest once there are more than are kept. */
function keepHeaders(context: TransactionContext, gateway: Uint8Array): void {
  const { state } = context;
  const key = stateKey.provenHeaderCount(gateway);
  const count = (readRecord(state, key, u32) ?? 0) + 1;
  if (count <= KEPT_HEADERS) {
    writeRecord(state, key, u32, count);
    return;
  }
  const to = stateKey.provenHeader(gateway, (1n << 64n) - 1n);
  const [oldest] = state.range(stateKey.provenHeader(gateway, 0n), to, 1);
  if (oldest) state.delete(oldest[0]);
}

/** A finalised header that m of n attestors signed. Two different ones for one height freeze the client. */
export function updateClient(
  context: TransactionContext,
  chain: ChainRecord,
  body: UpdateClient,
): void {
  const { state, timeMs: now } = context;
  const { gateway, height, headerHash, stateRoot, timeMs } = body;
  const client = requireLiveClient(context, chain);
  if (equalBytes(stateRoot, ZERO_32) || equalBytes(headerHash, ZERO_32)) {
    throw new ChainsError({ code: "client/zero-root" });
  }
  context.charge(UNITS_PER_SIGNATURE * BigInt(body.signatures.length));
  const known = readRecord(state, stateKey.provenHeader(gateway, height), provenHeaderRecordCodec);
  if (known && equalBytes(known.headerHash, headerHash) && equalBytes(known.stateRoot, stateRoot)) {
    throw new ChainsError({ code: "client/known-header", height });
  }
  if (!known && height <= client.latestHeight) {
    throw new ChainsError({ code: "client/not-forward", height, latest: client.latestHeight });
  }
  verifyAttestations(chain, { height, headerHash, stateRoot, timeMs }, body.signatures);
  if (known) {
    freeze(context, chain, height);
    return;
  }
  if (timeMs < client.latestTimeMs) {
    throw new ChainsError({ code: "client/time-not-forward", timeMs, latest: client.latestTimeMs });
  }
  writeRecord(state, stateKey.provenHeader(gateway, height), provenHeaderRecordCodec, {
    headerHash,
    stateRoot,
    timeMs,
  });
  writeRecord(state, stateKey.client(gateway), clientRecordCodec, {
    latestHeight: height,
    latestTimeMs: timeMs,
    updatedAtMs: now,
    frozen: false,
  });
  keepHeaders(context, gateway);
  context.emit("chains.client-updated", { gateway: bytesToHex(gateway), height: String(height) });
}
