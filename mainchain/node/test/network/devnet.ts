import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  addressOf,
  bytesToHex,
  encodeMessage,
  type MessageBodies,
  type MessageName,
  PROTOCOL_VERSION,
  signTransaction,
  sm2,
} from "@ropenet/protocol";
import { createDevnet, type Devnet, type DevnetOptions, type RpcMethods } from "../../src/index.ts";

export const MAIN = resolve(import.meta.dirname, "../../src/main.ts");

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

/** The first of `count` ports in a row that nobody holds. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all(
      Array.from({ length: count }, (_, index) => isFree(base + index)),
    );
    if (free.every(Boolean)) return base;
  }
}

/** What `probe` gives once it gives something; its last error says why it did not. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  while (Date.now() < deadline) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      cause = error;
    }
    await new Promise((next) => setTimeout(next, 20));
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause });
}

export class Refused extends Error {
  readonly code: string;
  readonly operands: Record<string, unknown>;

  constructor(error: {
    message: string;
    data: { code: string; operands: Record<string, unknown> };
  }) {
    super(error.message);
    this.code = error.data.code;
    this.operands = error.data.operands;
  }
}

/** One call. @throws {Refused} */
export async function call<M extends keyof RpcMethods>(
  url: string,
  method: M,
  params: RpcMethods[M]["params"],
): Promise<RpcMethods[M]["result"]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: AbortSignal.timeout(5_000),
  });
  const answer = (await response.json()) as {
    readonly error?: ConstructorParameters<typeof Refused>[0];
    readonly result: RpcMethods[M]["result"];
  };
  if (answer.error) throw new Refused(answer.error);
  return answer.result;
}

export interface Exit {
  readonly code: number | null;
  readonly stderr: string;
}

/** A node as a process of its own. */
export interface NodeProcess {
  readonly pid: number;
  readonly url: string;
  readonly alive: boolean;
  readonly exit: Promise<Exit>;
  signal(name: NodeJS.Signals): Promise<Exit>;
}

export function launch(configFile: string, url: string, logFile: string): NodeProcess {
  const log = openSync(logFile, "a");
  const child: ChildProcess = spawn(process.execPath, [MAIN, "--config", configFile], {
    stdio: ["ignore", log, "pipe"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exit = new Promise<Exit>((done) => {
    child.once("close", (code) => done({ code, stderr }));
  });
  return {
    pid: child.pid ?? 0,
    url,
    get alive(): boolean {
      return child.exitCode === null && child.signalCode === null;
    },
    exit,
    signal(name): Promise<Exit> {
      child.kill(name);
      return exit;
    },
  };
}

export interface TestAccount {
  readonly secretKey: Uint8Array;
  readonly address: Uint8Array;
}

export function createAccount(): TestAccount {
  const secretKey = sm2.randomSecretKey();
  return { secretKey, address: addressOf(sm2.getPublicKey(secretKey)) };
}

/** Hex of a signed transaction. */
export function transaction<K extends MessageName>(
  { devnet }: { readonly devnet: Pick<Devnet, "chainId"> },
  from: TestAccount,
  nonce: bigint,
  name: K,
  body: MessageBodies[K],
): string {
  const signed = signTransaction(
    {
      version: PROTOCOL_VERSION,
      chainId: devnet.chainId,
      publicKey: sm2.getPublicKey(from.secretKey),
      nonce,
      feeLimit: 10n ** 6n,
      expiryHeight: 50_000n,
      ...encodeMessage(name, body),
    },
    from.secretKey,
  );
  return bytesToHex(signed);
}

export function transfer(
  network: { readonly devnet: Pick<Devnet, "chainId"> },
  from: TestAccount,
  nonce: bigint,
  to: Uint8Array,
): string {
  return transaction(network, from, nonce, "accounts/transfer", { to, amount: 1n });
}

/** Validators as processes on free ports of 127.0.0.1, in a folder that is gone afterwards. */
export interface TestNetwork {
  readonly devnet: Devnet;
  readonly rich: readonly TestAccount[];
  readonly processes: readonly NodeProcess[];
  url(index: number): string;
  start(index: number): Promise<void>;
  kill(...indexes: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export async function startNetwork(
  options: Partial<DevnetOptions> & { readonly validators: number },
): Promise<TestNetwork> {
  const directory = mkdtempSync(join(tmpdir(), "rope-network-"));
  const rich = Array.from({ length: 4 }, createAccount);
  const devnet = createDevnet({
    directory,
    chainName: "test",
    basePort: await freePorts(2 * (options.validators + (options.candidates ?? 0))),
    accounts: rich.map(({ address }) => ({ address, balance: 10n ** 15n })),
    ...options,
  });
  const processes: NodeProcess[] = [];

  const network: TestNetwork = {
    devnet,
    rich,
    processes,
    url: (index) => devnet.nodes[index]?.rpcUrl ?? "",
    async start(index): Promise<void> {
      const node = devnet.nodes[index];
      if (!node) throw new Error(`no node ${index}`);
      const child = launch(node.configFile, node.rpcUrl, join(directory, `node-${index}.log`));
      processes[index] = child;
      await Promise.race([
        eventually(
          `node ${index}`,
          async () => (await fetch(`${node.rpcUrl}/health`)).ok || undefined,
        ),
        child.exit.then(({ code, stderr }) => {
          throw new Error(`node ${index} ended with ${code}: ${stderr}`);
        }),
      ]);
    },
    async kill(...indexes): Promise<void> {
      await Promise.all(indexes.flatMap((index) => processes[index]?.signal("SIGKILL") ?? []));
    },
    async close(): Promise<void> {
      await Promise.all(processes.map((child) => child.signal("SIGKILL")));
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await Promise.all(devnet.nodes.map(({ index }) => network.start(index)));
  return network;
}
