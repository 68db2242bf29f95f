import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChainAdapter } from "@ropenet/adapter-sdk";
import {
  type AttestorSet,
  accountToB32,
  bytesToHex,
  ropeChainId,
  ropeGatewayUid,
} from "@ropenet/protocol";
import { pino } from "pino";
import {
  type AttestorService,
  createEvmAdapter,
  createEvmRpc,
  type DeployedGateway,
  deployGateway,
  type EvmAccount,
  type EvmRpc,
  openEvmAccount,
  type RunningAnvil,
  readHeader,
  startAnvil,
  startAttestorService,
} from "../../src/index.ts";
import { TEST_SET, TestRope } from "./test-rope.ts";

/** The well-known keys of the development mnemonic, rich on a new chain. */
export const RICH_KEYS = [
  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
  "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
  "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
] as const;

export const PAYEE: Uint8Array = accountToB32(new Uint8Array(20).fill(0x77));

export const signal = (): AbortSignal => AbortSignal.timeout(30_000);

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "ropenet-evm-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function eventually<T>(probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("it never happened");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function attestorKeyFiles(folder: string): readonly string[] {
  return Array.from({ length: 4 }, (_, index) => {
    const file = join(folder, `attestor-${index}.hex`);
    writeFileSync(file, `${index + 1}`.padStart(64, "5"), { mode: 0o600 });
    return file;
  });
}

export interface TestStrand {
  readonly rope: TestRope;
  readonly rpc: EvmRpc;
  readonly anvil: RunningAnvil;
  readonly gateway: DeployedGateway;
  readonly attestors: AttestorService;
  readonly attestorSet: AttestorSet;
  account(index: number): EvmAccount;
  /** a relayer with the key `index` */
  adapter(index: number, attestors?: readonly string[]): ChainAdapter;
  finalised(height: bigint): Promise<void>;
  close(): Promise<void>;
}

/** Real anvil, real gateway, real attestors; only the rope's side is made by hand. */
export async function startTestStrand(): Promise<TestStrand> {
  const folder = temporaryFolder();
  const anvil = await startAnvil({
    directory: join(folder.path, "chain"),
    port: await freePort(),
    chainId: 31_001,
  });
  const rpc = createEvmRpc(anvil.rpcUrl);
  const chainId = ropeChainId("evm-adapter-test");
  const gateway = await deployGateway({
    rpcUrl: anvil.rpcUrl,
    deployerKey: RICH_KEYS[0],
    ropeChainId: chainId,
    ropeGatewayUid: ropeGatewayUid(chainId),
    deployment: 0,
    initialSet: TEST_SET,
    trustedHeight: 0n,
    trustedTimeMs: BigInt(Date.now() - 60_000),
    trustingPeriodMs: 3_600_000n,
    maxLagMs: 60_000n,
  });
  const attestors = await startAttestorService(
    {
      name: "test",
      rpcUrl: anvil.rpcUrl,
      port: 0,
      genesisHash: bytesToHex(gateway.genesisHash),
      threshold: 3,
      keyFiles: attestorKeyFiles(folder.path),
      firstIndex: 0,
      directory: join(folder.path, "attestors"),
      pollMs: 100,
    },
    { logger: pino({ level: "silent" }) },
  );
  const adapters: ChainAdapter[] = [];
  return {
    rope: new TestRope(gateway.gatewayUid),
    rpc,
    anvil,
    gateway,
    attestors,
    attestorSet: {
      genesisHash: gateway.genesisHash,
      attestors: attestors.addresses,
      threshold: 3,
    },
    account: (index) => openEvmAccount(anvil.rpcUrl, RICH_KEYS[index] ?? RICH_KEYS[0]),
    adapter(index, urls = [`http://127.0.0.1:${attestors.port}`]): ChainAdapter {
      const adapter = createEvmAdapter({
        name: "test",
        rpcUrl: anvil.rpcUrl,
        gatewayAddress: gateway.address,
        gatewayUid: gateway.gatewayUid,
        ropeGatewayUid: ropeGatewayUid(chainId),
        secretKey: RICH_KEYS[index] ?? RICH_KEYS[0],
        payee: PAYEE,
        attestors: urls,
        startHeight: gateway.startHeight,
      });
      adapters.push(adapter);
      return adapter;
    },
    async finalised(height): Promise<void> {
      await eventually(async () =>
        (await readHeader(rpc, "finalized")).height >= height ? true : undefined,
      );
    },
    async close(): Promise<void> {
      await Promise.all(adapters.map((adapter) => adapter.close()));
      await attestors.close();
      await anvil.stop();
      folder.remove();
    },
  };
}
