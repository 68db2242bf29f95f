import {
  b32ToAccount,
  type ChainRecord,
  type ClientRecord,
  clientRecordCodec,
  openAccount,
  type ProofAnchor,
  provenHeaderRecordCodec,
  readStorage,
  stateKey,
  type TrieNodes,
} from "@ropenet/protocol";
import { readRecord, type TransactionContext } from "../../module.ts";
import type { ProvenStorage } from "../../slices.ts";
import { ChainsError } from "./errors.ts";

/** One hash per node and per 100 bytes of it. */
function unitsOf(nodes: TrieNodes): bigint {
  return nodes.reduce((sum, node) => sum + 100n + BigInt(node.length), 0n);
}

/** @throws {ChainsError} `client/frozen`, `client/expired` */
export function requireLiveClient(
  { state, timeMs: now }: TransactionContext,
  { gateway, trustingPeriodMs }: ChainRecord,
): ClientRecord {
  const client = readRecord(state, stateKey.client(gateway), clientRecordCodec);
  if (!client || client.frozen) throw new ChainsError({ code: "client/frozen", gateway });
  if (now > client.updatedAtMs + trustingPeriodMs) {
    throw new ChainsError({ code: "client/expired", gateway, updatedAtMs: client.updatedAtMs });
  }
  return client;
}

/** The gateway's storage under a proven header; the account proof carries its code hash. */
export function openStorage(
  context: TransactionContext,
  chain: ChainRecord,
  anchor: ProofAnchor,
): ProvenStorage {
  const { state } = context;
  const { gateway, height, accountProof } = anchor;
  requireLiveClient(context, chain);
  const header = readRecord(state, stateKey.provenHeader(gateway, height), provenHeaderRecordCodec);
  if (!header) throw new ChainsError({ code: "client/unknown-height", height });
  const address = b32ToAccount(chain.gatewayAddress);
  if (!address) throw new Error("a registered gateway address is not an account");
  context.charge(unitsOf(accountProof));
  const { storageRoot } = openAccount({
    stateRoot: header.stateRoot,
    address,
    codeHash: chain.codeHash,
    accountProof,
  });
  return {
    chain,
    height,
    timeMs: header.timeMs,
    read(position, proof): Uint8Array {
      context.charge(unitsOf(proof));
      return readStorage({ storageRoot, slotKey: position, proof });
    },
  };
}
