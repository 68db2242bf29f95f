import {
  DEMO_CNY_ARTIFACT,
  deployGateway,
  GATEWAY_ARTIFACT,
  startAnvil,
} from "@ropenet/adapter-evm";
import {
  type AttestedHeader,
  attestationDigest,
  bytesToHex,
  hexToBytes,
  type SignerSet,
  secp256k1,
  type TrieNodes,
  type UpdateClient,
} from "@ropenet/protocol";
import {
  Contract,
  ContractFactory,
  type ContractTransactionReceipt,
  type InterfaceAbi,
  JsonRpcProvider,
  type Result,
  Wallet,
} from "ethers";
import { hexToAddress } from "./forged-state.ts";

export interface Attestor {
  readonly secretKey: Uint8Array;
  readonly address: Uint8Array;
}

/** A real EVM node with the real gateway, whose four attestors are the test itself. */
export interface StrandFixture {
  readonly name: string;
  readonly provider: JsonRpcProvider;
  readonly gatewayAddress: string;
  readonly gatewayUid: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly codeHash: Uint8Array;
  readonly attestors: readonly Attestor[];
  readonly gateway: Contract;
  /** a fungible token of this strand; its holder is `user` and has approved the gateway for all of it */
  readonly cny: Contract;
  readonly user: Wallet;
  /** Sends as `user` and waits. */
  call(contract: Contract, method: string, ...args: readonly unknown[]): Promise<StrandReceipt>;
  /** the newest block, or that of `height` */
  header(height?: bigint): Promise<AttestedHeader>;
  /** eth_getProof of the gateway, storage proofs in the order of `slots` */
  prove(
    height: bigint,
    slots: readonly Uint8Array[],
    address?: string,
  ): Promise<{ readonly accountProof: TrieNodes; readonly storage: readonly TrieNodes[] }>;
  stop(): Promise<void>;
}

export interface StrandReceipt {
  readonly height: bigint;
  /** arguments of the gateway's events of that name, in order */
  events(name: string): readonly Result[];
}

/** Signatures of the attestors of `indexes` over `header` of the chain with `genesisHash`. */
export function attest(
  strand: Pick<StrandFixture, "gatewayUid" | "attestors" | "genesisHash">,
  header: AttestedHeader,
  indexes: readonly number[] = [0, 1, 2],
): UpdateClient {
  const { height, headerHash, stateRoot, timeMs } = header;
  const message = attestationDigest({
    clientChainId: strand.genesisHash,
    height,
    headerHash,
    stateRoot,
    timeMs,
  });
  return {
    gateway: strand.gatewayUid,
    ...{ height, headerHash, stateRoot, timeMs },
    signatures: indexes.map((index) => {
      const attestor = strand.attestors[index];
      if (!attestor) throw new Error(`no attestor ${index}`);
      return { index, signature: secp256k1.sign(message, attestor.secretKey) };
    }),
  };
}

interface BlockJson {
  readonly number: string;
  readonly hash: string;
  readonly stateRoot: string;
  readonly timestamp: string;
}

interface ProofJson {
  readonly accountProof: readonly string[];
  readonly storageProof: readonly { readonly proof: readonly string[] }[];
}

const plain = (value: string): Uint8Array => hexToBytes(value.slice(2));
const quantity = (value: bigint): string => `0x${value.toString(16)}`;
export const RICH = 10n ** 24n;

export interface StrandFixtureOptions {
  readonly name: string;
  readonly directory: string;
  readonly port: number;
  readonly chainId: number;
  readonly ropeChainId: Uint8Array;
  readonly ropeGateway: Uint8Array;
  readonly signers: SignerSet;
  readonly genesisTimeMs: bigint;
  readonly deployment: number;
}

export async function startStrand(options: StrandFixtureOptions): Promise<StrandFixture> {
  const { name, directory, port, chainId } = options;
  const anvil = await startAnvil({ directory, port, chainId });
  const provider = new JsonRpcProvider(anvil.rpcUrl, chainId, {
    staticNetwork: true,
    pollingInterval: 50,
    cacheTimeout: -1,
  });
  // A block per transaction: tests need not wait for the clock.
  await provider.send("evm_setIntervalMining", [0]);
  await provider.send("evm_setAutomine", [true]);
  const user = new Wallet(`0x${bytesToHex(secp256k1.randomSecretKey())}`, provider);
  await provider.send("anvil_setBalance", [user.address, quantity(RICH)]);
  const deployed = await deployGateway({
    rpcUrl: anvil.rpcUrl,
    deployerKey: user.privateKey.slice(2),
    ropeChainId: options.ropeChainId,
    ropeGatewayUid: options.ropeGateway,
    deployment: options.deployment,
    initialSet: options.signers,
    trustedHeight: 0n,
    trustedTimeMs: options.genesisTimeMs,
    trustingPeriodMs: 14n * 24n * 3_600_000n,
    maxLagMs: 60_000n,
  });
  const gateway = new Contract(deployed.address, GATEWAY_ARTIFACT.abi as InterfaceAbi, user);
  const factory = new ContractFactory(
    DEMO_CNY_ARTIFACT.abi as InterfaceAbi,
    DEMO_CNY_ARTIFACT.bytecode,
    user,
  );
  const token = await (await factory.deploy()).waitForDeployment();
  const cny = new Contract(await token.getAddress(), DEMO_CNY_ARTIFACT.abi as InterfaceAbi, user);
  const attestors = Array.from({ length: 4 }, () => {
    const secretKey = secp256k1.randomSecretKey();
    return { secretKey, address: secp256k1.getAddress(secretKey) };
  });

  function wrap(receipt: ContractTransactionReceipt): StrandReceipt {
    return {
      height: BigInt(receipt.blockNumber),
      events: (event) =>
        receipt.logs.flatMap((log) => {
          const parsed = gateway.interface.parseLog(log);
          return parsed?.name === event ? [parsed.args] : [];
        }),
    };
  }

  const fixture: StrandFixture = {
    name,
    provider,
    gatewayAddress: deployed.address,
    gatewayUid: deployed.gatewayUid,
    genesisHash: deployed.genesisHash,
    codeHash: deployed.codeHash,
    attestors,
    gateway,
    cny,
    user,
    async call(contract, method, ...args): Promise<StrandReceipt> {
      const sent = await contract.getFunction(method).send(...args);
      const receipt = await sent.wait();
      if (!receipt) throw new Error(`no receipt for ${method}`);
      return wrap(receipt as ContractTransactionReceipt);
    },
    async header(height): Promise<AttestedHeader> {
      const tag = height === undefined ? "latest" : quantity(height);
      const block: BlockJson = await provider.send("eth_getBlockByNumber", [tag, false]);
      return {
        height: BigInt(block.number),
        headerHash: plain(block.hash),
        stateRoot: plain(block.stateRoot),
        timeMs: BigInt(block.timestamp) * 1000n,
      };
    },
    async prove(height, slots, address = deployed.address) {
      const keys = slots.map((slot) => `0x${bytesToHex(slot)}`);
      const proof: ProofJson = await provider.send("eth_getProof", [
        address,
        keys,
        quantity(height),
      ]);
      return {
        accountProof: proof.accountProof.map(plain),
        storage: proof.storageProof.map(({ proof: nodes }) => nodes.map(plain)),
      };
    },
    async stop(): Promise<void> {
      provider.destroy();
      await anvil.stop();
    },
  };
  await fixture.call(cny, "mint", user.address, RICH);
  await fixture.call(cny, "approve", deployed.address, RICH);
  return fixture;
}

/** The gateway's address as 20 bytes. */
export const gatewayBytes = (strand: StrandFixture): Uint8Array =>
  hexToAddress(strand.gatewayAddress);
