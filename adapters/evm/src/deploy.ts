import {
  CHAIN_KIND,
  gatewayUid as gatewayUidOf,
  keccak256,
  type SignerSet,
} from "@ropenet/protocol";
import { getCreateAddress, type Interface } from "ethers";
import { type EvmAccount, openEvmAccount } from "./contracts/contract-caller.ts";
import {
  demoCnyInterface,
  gatewayInterface,
  pledgeLoanInterface,
  warehouseTitleInterface,
} from "./contracts/interfaces.ts";
import { refusing } from "./contracts/revert.ts";
import { addressToB32, fromHex, toHex } from "./contracts/words.ts";
import {
  DEMO_CNY_ARTIFACT,
  GATEWAY_ARTIFACT,
  PLEDGE_LOAN_ARTIFACT,
  WAREHOUSE_TITLE_ARTIFACT,
} from "./generated/artifacts.ts";
import { readHeader } from "./rpc/header.ts";
import { estimateGas, withReserve } from "./rpc/transaction-sender.ts";

export interface DeployGatewayOptions {
  readonly rpcUrl: string;
  /** 32 bytes in hex */
  readonly deployerKey: string;
  readonly ropeChainId: Uint8Array;
  readonly ropeGatewayUid: Uint8Array;
  /** counts deployments at one address of one chain */
  readonly deployment: number;
  /** suite 1; its epoch is where the gateway starts */
  readonly initialSet: SignerSet;
  /** a rope header that the deployer trusts; its time has to lie within the trusting period */
  readonly trustedHeight: bigint;
  readonly trustedTimeMs: bigint;
  readonly trustingPeriodMs: bigint;
  /** how far the newest checkpoint may lag behind the strand's clock when a credential is used */
  readonly maxLagMs: bigint;
}

export interface DeployedGateway {
  readonly address: string;
  readonly gatewayUid: Uint8Array;
  /** hash of the strand's block 0 */
  readonly genesisHash: Uint8Array;
  /** keccak-256 of the runtime code as it stands on the chain, immutables included */
  readonly codeHash: Uint8Array;
  readonly startHeight: bigint;
  readonly gasUsed: bigint;
}

interface Deployed {
  readonly address: string;
  readonly height: bigint;
  readonly gasUsed: bigint;
}

/** @param argsAt constructor arguments, which may depend on the address that the contract will get */
async function deploy(
  { rpc, sender, address: from }: EvmAccount,
  contract: Interface,
  bytecode: string,
  argsAt: (address: string) => readonly unknown[],
  signal: AbortSignal,
): Promise<Deployed> {
  const { address, posted } = await sender.exclusive(async (post) => {
    const nonce = await rpc.call<string>("eth_getTransactionCount", [from, "pending"], signal);
    const created = getCreateAddress({ from, nonce: BigInt(nonce) });
    const data = bytecode + contract.encodeDeploy([...argsAt(created)]).slice(2);
    const estimate = await refusing(() =>
      estimateGas(rpc, { from, to: undefined, data }, "pending", signal),
    );
    const request = { to: undefined, data, gasLimit: withReserve(estimate) };
    return { address: created, posted: await post(request, signal) };
  }, signal);
  const mined = await posted.mined(signal);
  if (!mined.succeeded) throw new Error(`deployment ${mined.hash} failed`);
  return { address, height: mined.height, gasUsed: mined.gasUsed };
}

/**
 * Deploys a gateway. Its uid is made with SM3, which no EVM computes at a bearable price, so the address is
 * foretold, the uid computed from it here, and given to the constructor; whoever registers it computes it again.
 */
export async function deployGateway(
  options: DeployGatewayOptions,
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<DeployedGateway> {
  const account = openEvmAccount(options.rpcUrl, options.deployerKey);
  const { hash: genesisHash } = await readHeader(account.rpc, 0n, signal);
  const { ropeChainId, initialSet, deployment } = options;
  const uidAt = (address: string): Uint8Array =>
    gatewayUidOf({
      ropeChainId,
      kind: CHAIN_KIND.evm,
      strandGenesisHash: genesisHash,
      gatewayAddress: addressToB32(address),
      deployment,
    });
  const configuration = (address: string): readonly unknown[] => [
    {
      ropeChainId: toHex(ropeChainId),
      ropeGatewayUid: toHex(options.ropeGatewayUid),
      gatewayUid: toHex(uidAt(address)),
      strandGenesisHash: toHex(genesisHash),
      deployment,
      epoch: initialSet.epoch,
      trustedHeight: options.trustedHeight,
      trustedTimeMs: options.trustedTimeMs,
      trustingPeriodMs: options.trustingPeriodMs,
      maxLagMs: options.maxLagMs,
    },
    {
      keys: initialSet.signers.map(({ key }) => toHex(key)),
      powers: initialSet.signers.map(({ power }) => power),
    },
  ];
  const { bytecode } = GATEWAY_ARTIFACT;
  const deployed = await deploy(account, gatewayInterface, bytecode, configuration, signal);
  const { address, height, gasUsed } = deployed;
  const code = await account.rpc.call<string>("eth_getCode", [address, "latest"], signal);
  return {
    address,
    gatewayUid: uidAt(address),
    genesisHash,
    codeHash: keccak256(fromHex(code)),
    startHeight: height,
    gasUsed,
  };
}

export interface StoryContractsOptions {
  readonly rpcUrl: string;
  readonly deployerKey: string;
  readonly gatewayAddress: string;
  /** warehouse keeper's address */
  readonly keeper: string;
}

/** Addresses. */
export interface StoryContracts {
  readonly demoCny: string;
  readonly warehouseTitle: string;
  readonly pledgeLoan: string;
}

/** The demonstration's contracts; the deployer issues the currency. */
export async function deployStoryContracts(
  { rpcUrl, deployerKey, gatewayAddress, keeper }: StoryContractsOptions,
  signal: AbortSignal = AbortSignal.timeout(60_000),
): Promise<StoryContracts> {
  const account = openEvmAccount(rpcUrl, deployerKey);
  const place = async (
    contract: Interface,
    { bytecode }: typeof DEMO_CNY_ARTIFACT,
    args: readonly unknown[],
  ): Promise<string> => (await deploy(account, contract, bytecode, () => args, signal)).address;
  const demoCny = await place(demoCnyInterface, DEMO_CNY_ARTIFACT, []);
  const warehouseTitle = await place(warehouseTitleInterface, WAREHOUSE_TITLE_ARTIFACT, [
    "仓单（虚构）",
    "CD",
    keeper,
  ]);
  const pledgeLoan = await place(pledgeLoanInterface, PLEDGE_LOAN_ARTIFACT, [
    gatewayAddress,
    demoCny,
  ]);
  return { demoCny, warehouseTitle, pledgeLoan };
}
