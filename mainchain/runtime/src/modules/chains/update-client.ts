import {
  bytesToHex,
  type ChainRecord,
  chainRecordCodec,
  clientRecordCodec,
  equalBytes,
  provenHeaderRecordCodec,
  stateKey,
  type UpdateClient,
  verifyAttestations,
  ZERO_32,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import { ChainsError } from "./errors.ts";

/** Proven headers kept per strand: proofs older than this many updates are taken anew. */
const KEPT_HEADERS = 2_000;
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
  writeRecord(state, stateKey.chain(chain.gateway), chainRecordCodec, { ...chain, state: 4 });
  context.emit("chains.frozen", { gateway: bytesToHex(chain.gateway), height: String(height) });
}

/** Drops the oldest proven header once there are more than are kept. */
function dropOldest(context: TransactionContext, gateway: Uint8Array): void {
  const from = stateKey.provenHeader(gateway, 0n);
  const to = stateKey.provenHeader(gateway, (1n << 64n) - 1n);
  const headers = context.state.range(from, to, KEPT_HEADERS + 1);
  const [oldest] = headers;
  if (oldest && headers.length > KEPT_HEADERS) context.state.delete(oldest[0]);
}

/** A finalised header that m of n attestors signed. Two different ones for one height freeze the client. */
export function updateClient(
  context: TransactionContext,
  chain: ChainRecord,
  body: UpdateClient,
): void {
  const { state, timeMs: now } = context;
  const { gateway, height, headerHash, stateRoot, timeMs } = body;
  const client = readRecord(state, stateKey.client(gateway), clientRecordCodec);
  if (!client || client.frozen) throw new ChainsError({ code: "client/frozen", gateway });
  if (now > client.updatedAtMs + chain.trustingPeriodMs) {
    throw new ChainsError({ code: "client/expired", gateway, updatedAtMs: client.updatedAtMs });
  }
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
  dropOldest(context, gateway);
  context.emit("chains.client-updated", { gateway: bytesToHex(gateway), height: String(height) });
}
