import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { createEvmRpc, type EvmRpc } from "../rpc/json-rpc.ts";
import { openAnvilState } from "./anvil-state.ts";

export type AnvilErrorInfo =
  | { readonly code: "anvil/not-installed"; readonly package: string; readonly mend: string }
  | { readonly code: "anvil/port-busy"; readonly port: number }
  | { readonly code: "anvil/exited"; readonly exitCode: number; readonly reason: string }
  | { readonly code: "anvil/not-ready"; readonly port: number; readonly afterMs: number }
  | { readonly code: "anvil/wrong-chain"; readonly expected: number; readonly actual: number };

export class AnvilError extends CodedError<AnvilErrorInfo> {}

export interface AnvilOptions {
  /** holds the chain's state; a second start continues it */
  readonly directory: string;
  readonly port: number;
  readonly chainId: number;
  readonly blockTimeSeconds?: number;
  /** BIP-39; its accounts are rich on a new chain */
  readonly mnemonic?: string;
}

export interface RunningAnvil {
  readonly rpcUrl: string;
  readonly pid: number;
  /** SIGTERM, upon which anvil writes its state; then SIGKILL */
  stop(): Promise<void>;
}

const PACKAGE = "@foundry-rs/anvil-linux-amd64";
/** Publicly known: nothing on such a chain is worth anything. */
const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";
/** A state file of a long-lived chain takes seconds to read. */
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 40;

function notInstalled(cause: unknown): AnvilError {
  return new AnvilError(
    { code: "anvil/not-installed", package: PACKAGE, mend: "npm ci --include=optional" },
    { cause },
  );
}

function anvilBinary(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    return join(dirname(manifest), "bin", "anvil");
  } catch (cause) {
    throw notInstalled(cause);
  }
}

/** Anvil says only "Address already in use" and exits 1, so the port is tried first. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function answers(rpc: EvmRpc): Promise<number | undefined> {
  try {
    return Number(await rpc.call<string>("eth_chainId", []));
  } catch {
    return undefined;
  }
}

async function whenReady(child: ChildProcess, rpc: EvmRpc, options: AnvilOptions): Promise<void> {
  let output = "";
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-2_000);
  };
  child.stderr?.on("data", collect);
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(notInstalled(cause)));
    child.once("exit", (exitCode) =>
      reject(new AnvilError({ code: "anvil/exited", exitCode: exitCode ?? -1, reason: output })),
    );
  });
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const actual = await Promise.race([answers(rpc), failed]);
    if (actual === options.chainId) break;
    if (actual !== undefined) {
      throw new AnvilError({ code: "anvil/wrong-chain", expected: options.chainId, actual });
    }
    if (performance.now() > deadline) {
      const { port } = options;
      throw new AnvilError({ code: "anvil/not-ready", port, afterMs: READY_TIMEOUT_MS });
    }
    await Promise.race([pause(POLL_MS), failed]);
  }
  failed.catch(() => undefined);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (hasExited(child)) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

/**
 * Anvil makes block 0 anew at each start and writes it into its state beside the first one, so a third start could
 * take up another block 0; the same time each start makes it the same block.
 */
function genesisTimeSeconds(directory: string): number {
  const path = join(directory, "genesis-time");
  try {
    const kept = Number(readFileSync(path, "utf8"));
    if (Number.isSafeInteger(kept) && kept > 0) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const now = Math.floor(Date.now() / 1000);
  writeFileSync(path, `${now}\n`, { flush: true });
  return now;
}

/**
 * A development EVM node. It signs nothing, so its finality is what attestors make of it.
 * A clean stop loses nothing; after kill -9 up to a few seconds of blocks are made anew, which attestors notice.
 * @throws {AnvilError}
 */
export async function startAnvil(options: AnvilOptions): Promise<RunningAnvil> {
  const { directory, port, chainId } = options;
  const binary = anvilBinary();
  if (await isListening(port)) throw new AnvilError({ code: "anvil/port-busy", port });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const state = openAnvilState(directory);
  const flags = {
    host: "127.0.0.1",
    port,
    "chain-id": chainId,
    "block-time": options.blockTimeSeconds ?? 1,
    // Nothing else of block 0 depends on the chain id: two chains born in one second would share its hash, and
    // with the same deployer their gateways would share a uid.
    "gas-limit": 30_000_000 + (chainId % 1_000_000),
    // `finalized` is the newest block minus two of these; with 32 it would trail by a minute.
    "slots-in-an-epoch": 1,
    timestamp: genesisTimeSeconds(directory),
    state: state.file,
    "state-interval": 1,
    mnemonic: options.mnemonic ?? DEVELOPMENT_MNEMONIC,
  };
  const child = spawn(
    binary,
    ["--quiet", ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])],
    // Its own group: a second signal, as Ctrl-C in a terminal would add, ends it in the middle of writing its state.
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  // A crash of this process must not leave a node behind that holds the port and the state.
  const killWithUs = (): void => {
    child.kill("SIGTERM");
  };
  process.once("exit", killWithUs);
  const copying = state.keepCopies();
  child.once("exit", () => {
    process.off("exit", killWithUs);
    clearInterval(copying);
  });
  const rpcUrl = `http://127.0.0.1:${port}`;
  try {
    const rpc = createEvmRpc(rpcUrl);
    await whenReady(child, rpc, options);
    // Its clock starts at its genesis, or at the newest block of its state.
    await rpc.call("evm_setTime", [Math.floor(Date.now() / 1000)]);
  } catch (error) {
    await stopChild(child);
    throw error;
  }
  return { rpcUrl, pid: child.pid ?? -1, stop: () => stopChild(child) };
}
