import {
  DEMO_CNY_ARTIFACT,
  GATEWAY_ARTIFACT,
  PLEDGE_LOAN_ARTIFACT,
  VOUCHER_TITLE_ARTIFACT,
  VOUCHER_TOKEN_ARTIFACT,
  WAREHOUSE_TITLE_ARTIFACT,
} from "@ropenet/adapter-evm";
import { bytesToHex, CodedError } from "@ropenet/protocol";
import {
  Contract,
  ContractFactory,
  type ContractTransactionReceipt,
  type InterfaceAbi,
  JsonRpcProvider,
  type Result,
  Wallet,
} from "ethers";
import type { EvmActor, KeyRing } from "./actors.ts";

/** What the network remembers of a strand between starts. */
export interface StrandDescription {
  readonly name: string;
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly gatewayAddress: string;
  /** hex */
  readonly gatewayUid: string;
  readonly genesisHash: string;
  readonly codeHash: string;
  readonly startHeight: number;
  /** story contracts by name */
  readonly contracts: Readonly<Record<string, string>>;
}

export type StoryContract = "cny" | "loan" | "title" | "voucherToken" | "voucherTitle";

const STORY_CONTRACTS: { readonly [K in StoryContract]: typeof DEMO_CNY_ARTIFACT } = {
  cny: DEMO_CNY_ARTIFACT,
  loan: PLEDGE_LOAN_ARTIFACT,
  title: WAREHOUSE_TITLE_ARTIFACT,
  voucherToken: VOUCHER_TOKEN_ARTIFACT,
  voucherTitle: VOUCHER_TITLE_ARTIFACT,
};

export interface EvmReceipt {
  readonly hash: string;
  readonly height: bigint;
  /** decoded events of the called contract and the gateway, by name */
  event(name: string): Result | undefined;
}

export interface Strand extends StrandDescription {
  readonly provider: JsonRpcProvider;
  /** A contract as one actor sees it; a refusal becomes a CodedError `evm/<ErrorName>`. */
  call(
    actor: EvmActor,
    target: "gateway" | StoryContract,
    method: string,
    args: readonly unknown[],
    at?: string,
  ): Promise<EvmReceipt>;
  view<T>(
    target: "gateway" | StoryContract,
    method: string,
    args: readonly unknown[],
    at?: string,
  ): Promise<T>;
  address(actor: EvmActor): string;
  close(): void;
}

function artifactOf(target: "gateway" | StoryContract): {
  readonly abi: readonly unknown[];
  readonly bytecode: string;
} {
  return target === "gateway" ? GATEWAY_ARTIFACT : STORY_CONTRACTS[target];
}

const gatewayView = new Contract(
  "0x0000000000000000000000000000000000000000",
  GATEWAY_ARTIFACT.abi as InterfaceAbi,
);

/** `DataCredentialRevoked(…)` → `data-credential/revoked`; other names keep theirs. */
const CODES: ReadonlyMap<string, string> = new Map([
  ["DataCredentialRevoked", "data-credential/revoked"],
  ["AlreadyDelivered", "bridge/already-delivered"],
  ["BadProof", "bridge/bad-proof"],
  ["PayloadMismatch", "bridge/payload-mismatch"],
  ["Encumbered", "asset/encumbered"],
]);

function decodeRefusal(contract: Contract, error: unknown): Error {
  const data = (error as { data?: unknown }).data;
  if (typeof data !== "string" || !data.startsWith("0x"))
    return error instanceof Error ? error : new Error(String(error));
  const parsed = contract.interface.parseError(data) ?? gatewayView.interface.parseError(data);
  if (!parsed) return new CodedError({ code: "evm/reverted", data }, { cause: error });
  return new CodedError(
    {
      code: CODES.get(parsed.name) ?? `evm/${parsed.name}`,
      operands: parsed.args.map(String).join(","),
    },
    { cause: error },
  );
}

function wrap(contract: Contract, receipt: ContractTransactionReceipt): EvmReceipt {
  return {
    hash: receipt.hash,
    height: BigInt(receipt.blockNumber),
    event(name): Result | undefined {
      for (const log of receipt.logs) {
        const parsed = contract.interface.parseLog(log) ?? gatewayView.interface.parseLog(log);
        if (parsed?.name === name) return parsed.args;
      }
      return undefined;
    },
  };
}

export function openStrand(description: StrandDescription, keys: KeyRing): Strand {
  const provider = new JsonRpcProvider(description.rpcUrl, description.chainId, {
    staticNetwork: true,
    pollingInterval: 200,
  });
  const wallets = new Map<EvmActor, Wallet>();

  function walletOf(actor: EvmActor): Wallet {
    const known = wallets.get(actor);
    if (known) return known;
    const wallet = new Wallet(`0x${keys.evm(actor).secretKey}`, provider);
    wallets.set(actor, wallet);
    return wallet;
  }

  function contractOf(
    target: "gateway" | StoryContract,
    runner: Wallet | JsonRpcProvider,
    at?: string,
  ): Contract {
    const address =
      at ?? (target === "gateway" ? description.gatewayAddress : description.contracts[target]);
    if (!address) throw new Error(`${target} is not deployed on ${description.name}`);
    return new Contract(address, artifactOf(target).abi as InterfaceAbi, runner);
  }

  return {
    ...description,
    provider,
    address: (actor) => walletOf(actor).address,
    async call(actor, target, method, args, at): Promise<EvmReceipt> {
      const contract = contractOf(target, walletOf(actor), at);
      try {
        const sent = await contract.getFunction(method).send(...args);
        const receipt = await sent.wait();
        if (!receipt) throw new Error(`no receipt for ${sent.hash}`);
        return wrap(contract, receipt as ContractTransactionReceipt);
      } catch (error) {
        throw decodeRefusal(contract, error);
      }
    },
    async view<T>(
      target: "gateway" | StoryContract,
      method: string,
      args: readonly unknown[],
      at?: string,
    ): Promise<T> {
      return (await contractOf(target, provider, at)
        .getFunction(method)
        .staticCall(...args)) as T;
    },
    close: () => provider.destroy(),
  };
}

/** Deploys one of the story's contracts and returns its address. */
export async function deployContract(
  rpcUrl: string,
  chainId: number,
  secretKey: string,
  name: StoryContract,
  args: readonly unknown[],
): Promise<string> {
  const provider = new JsonRpcProvider(rpcUrl, chainId, {
    staticNetwork: true,
    pollingInterval: 200,
  });
  try {
    const { abi, bytecode } = STORY_CONTRACTS[name];
    const factory = new ContractFactory(
      abi as InterfaceAbi,
      bytecode,
      new Wallet(`0x${secretKey}`, provider),
    );
    const contract = await factory.deploy(...args);
    await contract.waitForDeployment();
    return await contract.getAddress();
  } finally {
    provider.destroy();
  }
}

/** One call during set-up, before the network is described. */
export async function callContract(
  rpcUrl: string,
  chainId: number,
  secretKey: string,
  name: StoryContract,
  address: string,
  method: string,
  args: readonly unknown[],
): Promise<void> {
  const provider = new JsonRpcProvider(rpcUrl, chainId, {
    staticNetwork: true,
    pollingInterval: 200,
  });
  try {
    const runner = new Wallet(`0x${secretKey}`, provider);
    const contract = new Contract(address, STORY_CONTRACTS[name].abi as InterfaceAbi, runner);
    await (await contract.getFunction(method).send(...args)).wait();
  } finally {
    provider.destroy();
  }
}

/** Gives every actor coins to pay gas with, from the development node's own rich account. */
export async function fundActors(
  rpcUrl: string,
  chainId: number,
  addresses: readonly Uint8Array[],
): Promise<void> {
  const provider = new JsonRpcProvider(rpcUrl, chainId, {
    staticNetwork: true,
    pollingInterval: 200,
  });
  try {
    for (const address of addresses) {
      await provider.send("anvil_setBalance", [
        `0x${bytesToHex(address)}`,
        `0x${(10n ** 21n).toString(16)}`,
      ]);
    }
  } finally {
    provider.destroy();
  }
}
