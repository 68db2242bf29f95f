import { CodedError } from "@ropenet/protocol";
import type { ErrorDescription } from "ethers";
import { EvmRpcError } from "../rpc/json-rpc.ts";
import { GATEWAY_ERROR_CODES } from "./error-codes.ts";
import { allInterfaces } from "./interfaces.ts";

export interface RevertInfo {
  /** `bridge/bad-proof`, `asset/encumbered`, `data-credential/revoked`, `contract/only-keeper` … */
  readonly code: string;
  /** the custom error's name in Solidity; empty where the revert carries none that is known */
  readonly error: string;
  readonly operands: readonly string[];
  /** ABI encoding, hex */
  readonly data: string;
}

/** A contract that said no, and why. */
export class ContractRefusal extends CodedError<RevertInfo> {}

/** 0x and four bytes */
const SELECTOR_HEX = 10;

function parse(data: string): ErrorDescription | undefined {
  if (data.length < SELECTOR_HEX) return undefined;
  for (const contract of allInterfaces) {
    const parsed = contract.parseError(data);
    if (parsed) return parsed;
  }
  return undefined;
}

/** `OnlyKeeper` → `only-keeper`, `ERC20InsufficientBalance` → `erc20-insufficient-balance`. */
function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
}

export function decodeRevert(data: string): RevertInfo {
  const parsed = parse(data);
  if (!parsed) return { code: "evm/reverted", error: "", operands: [], data };
  const code = GATEWAY_ERROR_CODES.get(parsed.name) ?? `contract/${kebab(parsed.name)}`;
  return { code, error: parsed.name, operands: parsed.args.map(String), data };
}

/** The refusal behind a failed call or estimate, if it was one and not the node's own trouble. */
export function refusalOf(error: unknown): ContractRefusal | undefined {
  if (error instanceof ContractRefusal) return error;
  if (!(error instanceof EvmRpcError) || error.info.code !== "evm/rpc-error") return undefined;
  const { data } = error.info;
  // An empty revert has data "0x"; a node that never ran the call sends none.
  return data?.startsWith("0x")
    ? new ContractRefusal(decodeRevert(data), { cause: error })
    : undefined;
}

/** Runs a call and turns a revert into a ContractRefusal. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}
