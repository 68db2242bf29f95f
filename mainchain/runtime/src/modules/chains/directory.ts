import {
  CHAIN_STATE,
  type ChainRecord,
  chainRecordCodec,
  clientRecordCodec,
  equalBytes,
  ropeGatewayUid,
  stateKey,
} from "@ropenet/protocol";
import { type Context, readRecord } from "../../module.ts";
import type { ChainDirectory } from "../../slices.ts";
import { listAdmitted } from "./admitted.ts";
import { ChainsError } from "./errors.ts";

function find(context: Context, gateway: Uint8Array): ChainRecord | undefined {
  return readRecord(context.state, stateKey.chain(gateway), chainRecordCodec);
}

/** @throws {ChainsError} `chain/unknown` */
export function requireChain(context: Context, gateway: Uint8Array): ChainRecord {
  const chain = find(context, gateway);
  if (!chain) throw new ChainsError({ code: "chain/unknown", gateway });
  return chain;
}

/** @throws {ChainsError} `chain/unknown`, `chain/not-active` */
export function assertActive(context: Context, gateway: Uint8Array): ChainRecord {
  const chain = requireChain(context, gateway);
  if (chain.state === CHAIN_STATE.active) return chain;
  throw new ChainsError({ code: "chain/not-active", gateway, state: chain.state });
}

/**
 * Active or suspended: what happened on it can be proven.
 * @throws {ChainsError} `chain/unknown`, `chain/not-open`
 */
export function assertOpen(context: Context, gateway: Uint8Array): ChainRecord {
  const chain = requireChain(context, gateway);
  if (chain.state === CHAIN_STATE.active || chain.state === CHAIN_STATE.suspended) return chain;
  throw new ChainsError({ code: "chain/not-open", gateway, state: chain.state });
}

export const directory: ChainDirectory = {
  find,
  assertActive,
  ropeGateway: (context) => ropeGatewayUid(context.parameters.chainId),
  listAdmitted,
  latestHeight(context, gateway): bigint {
    if (equalBytes(gateway, directory.ropeGateway(context))) return context.height;
    const client = readRecord(context.state, stateKey.client(gateway), clientRecordCodec);
    return client?.latestHeight ?? 0n;
  },
};
