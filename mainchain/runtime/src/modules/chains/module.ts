import {
  type ApproveChain,
  b32,
  bytesToHex,
  type ChainRecord,
  chainRecordCodec,
  clientRecordCodec,
  equalBytes,
  ropeGatewayUid,
  type SuspendChain,
  stateKey,
  u32,
} from "@ropenet/protocol";
import {
  type Context,
  type Module,
  readRecord,
  type TransactionContext,
  writeRecord,
} from "../../module.ts";
import type { ChainDirectory, ClientRecovery, Offices, StrandVerifier } from "../../slices.ts";
import { ChainsError } from "./errors.ts";
import { openStorage } from "./open-storage.ts";
import { recoverClient } from "./recover-client.ts";
import { registerChain } from "./register-chain.ts";
import { updateClient } from "./update-client.ts";

function find(context: Context, gateway: Uint8Array): ChainRecord | undefined {
  return readRecord(context.state, stateKey.chain(gateway), chainRecordCodec);
}

function require(context: Context, gateway: Uint8Array): ChainRecord {
  const chain = find(context, gateway);
  if (!chain) throw new ChainsError({ code: "chain/unknown", gateway });
  return chain;
}

function assertActive(context: Context, gateway: Uint8Array): ChainRecord {
  const chain = require(context, gateway);
  if (chain.state !== 2)
    throw new ChainsError({ code: "chain/not-active", gateway, state: chain.state });
  return chain;
}

const directory: ChainDirectory = {
  find,
  assertActive,
  ropeGateway: (context) => ropeGatewayUid(context.parameters.chainId),
  list(context): readonly ChainRecord[] {
    const total = readRecord(context.state, stateKey.chainCount(), u32) ?? 0;
    return Array.from({ length: total }, (_, index) => {
      const gateway = readRecord(context.state, stateKey.chainByIndex(index), b32);
      if (!gateway) throw new Error(`chain index ${index} is empty`);
      return require(context, gateway);
    });
  },
  latestHeight(context, gateway): bigint {
    if (equalBytes(gateway, directory.ropeGateway(context))) return context.height;
    const client = readRecord(context.state, stateKey.client(gateway), clientRecordCodec);
    return client?.latestHeight ?? 0n;
  },
};

const verifier: StrandVerifier = {
  open: (context, anchor) => openStorage(context, assertActive(context, anchor.gateway), anchor),
};

function approveChain(
  context: TransactionContext,
  { gateway }: ApproveChain,
  offices: Offices,
): void {
  const chain = require(context, gateway);
  if (chain.state !== 1)
    throw new ChainsError({ code: "chain/not-pending", gateway, state: chain.state });
  writeRecord(context.state, stateKey.chain(gateway), chainRecordCodec, { ...chain, state: 2 });
  context.emit("chains.approved", { gateway: bytesToHex(gateway) });
}

function suspendChain(
  context: TransactionContext,
  { gateway, reason }: SuspendChain,
  offices: Offices,
): void {
  const chain = assertActive(context, gateway);
  writeRecord(context.state, stateKey.chain(gateway), chainRecordCodec, { ...chain, state: 3 });
  context.emit("chains.suspended", { gateway: bytesToHex(gateway), reason: String(reason) });
}

export const clientRecovery: ClientRecovery = {
  recover: (context, body) => recoverClient(context, require(context, body.gateway), body),
};

/** Strands, what verifies them, and the trusted state of each. */
export function createChainsModule(offices: Offices): Module & {
  readonly directory: ChainDirectory;
  readonly verifier: StrandVerifier;
} {
  return {
    name: "chains",
    directory,
    verifier,
    handlers: {
      "chains/register": (context, body) => registerChain(context, body, offices),
      "chains/approve": (context, body) => approveChain(context, body, offices),
      "chains/suspend": (context, body) => suspendChain(context, body, offices),
      "chains/update-client": (context, body) =>
        updateClient(context, assertActive(context, body.gateway), body),
    },
  };
}
