import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createDevnet, NODE_FLAGS } from "@ropenet/node";
import {
  addressOf,
  bytesToHex,
  encodeMessage,
  PROTOCOL_VERSION,
  ropeChainId,
  signTransaction,
  sm2,
  sm3,
} from "@ropenet/protocol";
import { freeBasePort } from "../kit/processes.ts";

const HELP = `Usage: npm run bench:chain -- [--json FILE] [--validators N] [--seconds S] [--transactions N]

Signed transfers on a rope of N validator processes (4) on this machine: finality when idle, what it sustains, and
finality at 80 % of that. Load is open-loop: latency counts from the moment at which a transfer was due.
`;

const CHAIN = "ropenet-bench";
const ACCOUNTS = 400;
const MAIN = resolve(import.meta.dirname, "../../mainchain/node/src/main.ts");
const SEND_EVERY_MS = 5;
const BATCH = 50;

interface Sender {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
  nonce: bigint;
}

interface Signed {
  /** which sender signed it: nonces arrive in order only at one and the same node */
  readonly sender: number;
  readonly hex: string;
}

function createSenders(): readonly Sender[] {
  return Array.from({ length: ACCOUNTS }, () => {
    const secretKey = sm2.randomSecretKey();
    const publicKey = sm2.getPublicKey(secretKey);
    return { secretKey, publicKey, address: addressOf(publicKey), nonce: 0n };
  });
}

/** Transfers, round the senders, to accounts that do not exist yet. */
function signTransfers(senders: readonly Sender[], count: number): readonly Signed[] {
  const chainId = ropeChainId(CHAIN);
  return Array.from({ length: count }, (_, index) => {
    const sender = senders[index % senders.length] as Sender;
    const to = sm3(new Uint8Array([index & 255, (index >> 8) & 255, (index >> 16) & 255])).slice(
      0,
      20,
    );
    const bytes = signTransaction(
      {
        version: PROTOCOL_VERSION,
        chainId,
        publicKey: sender.publicKey,
        nonce: sender.nonce,
        feeLimit: 10_000_000n,
        expiryHeight: 90_000n,
        ...encodeMessage("accounts/transfer", { to, amount: 1n }),
      },
      sender.secretKey,
    );
    sender.nonce += 1n;
    return { sender: index % senders.length, hex: bytesToHex(bytes) };
  });
}

interface Node {
  readonly pid: number;
  readonly url: string;
  stop(): void;
}

async function call<T>(url: string, method: string, params: object): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: object };
  if (error) throw new Error(JSON.stringify(error));
  return result;
}

interface Committed {
  readonly atMs: number;
  readonly ids: readonly string[];
}

/** Everything committed, with the moment at which a client heard of it. */
async function follow(url: string, heard: (block: Committed) => void): Promise<() => void> {
  const socket = new WebSocket(url.replace("http", "ws"));
  await new Promise((done) => socket.addEventListener("open", done, { once: true }));
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as {
      readonly method?: string;
      readonly params?: { readonly transactions: readonly { id: string; code: string | null }[] };
    };
    if (message.method !== "block" || !message.params) return;
    const failed = message.params.transactions.find(({ code }) => code !== null);
    if (failed) throw new Error(`a transfer failed: ${failed.code}`);
    heard({ atMs: performance.now(), ids: message.params.transactions.map(({ id }) => id) });
  });
  socket.send(
    JSON.stringify({ jsonrpc: "2.0", id: 1, method: "subscribe", params: { topic: "blocks" } }),
  );
  return () => socket.close();
}

async function broadcast(url: string, transfers: readonly Signed[]): Promise<readonly string[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(
      transfers.map(({ hex }, id) => ({
        jsonrpc: "2.0",
        id,
        method: "broadcast_tx",
        params: { tx: hex },
      })),
    ),
  });
  const answers = (await response.json()) as readonly {
    readonly result?: { readonly id: string };
    readonly error?: { readonly message: string };
  }[];
  return answers.map(({ result, error }) => {
    if (!result) throw new Error(error?.message);
    return result.id;
  });
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

interface Load {
  readonly committed: number;
  /** that carried a transfer */
  readonly blocks: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly generatorCpu: number;
}

/** `rate` per second while `transfers` last. The transfers of one sender all go to one node. */
async function load(
  nodes: readonly Node[],
  transfers: readonly Signed[],
  rate: number,
): Promise<Load> {
  const due = new Map<string, number>();
  const early = new Map<string, number>();
  const latencies: number[] = [];
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let blocks = 0;
  const settle = (dueMs: number, atMs: number): void => {
    latencies.push(atMs - dueMs);
    last = Math.max(last, atMs);
  };
  const stop = await follow(nodes[0]?.url ?? "", ({ ids, atMs }) => {
    if (ids.length > 0) blocks += 1;
    for (const id of ids) {
      const dueMs = due.get(id);
      if (dueMs === undefined) early.set(id, atMs);
      else settle(dueMs, atMs);
    }
  });
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const queues: Promise<void>[] = [];
  const ready = transfers.map((transfer, at) => ({
    transfer,
    dueMs: startMs + (at / rate) * 1000,
  }));
  const send = async (node: Node, batch: typeof ready): Promise<void> => {
    const ids = await broadcast(
      node.url,
      batch.map(({ transfer }) => transfer),
    );
    for (const [position, id] of ids.entries()) {
      const { dueMs } = batch[position] as { dueMs: number };
      first = Math.min(first, dueMs);
      due.set(id, dueMs);
      const atMs = early.get(id);
      if (atMs !== undefined) settle(dueMs, atMs);
    }
  };
  for (let sent = 0; sent < transfers.length; ) {
    const dueCount = Math.min(
      transfers.length,
      Math.floor(((performance.now() - startMs) / 1000) * rate),
    );
    for (const [index, node] of nodes.entries()) {
      const mine = ready
        .slice(sent, dueCount)
        .filter(({ transfer }) => transfer.sender % nodes.length === index);
      for (let at = 0; at < mine.length; at += BATCH) {
        const batch = mine.slice(at, at + BATCH);
        queues[index] = (queues[index] ?? Promise.resolve()).then(() => send(node, batch));
      }
    }
    sent = dueCount;
    await new Promise((next) => setTimeout(next, SEND_EVERY_MS));
  }
  await Promise.all(queues);
  const deadline = performance.now() + 60_000;
  while (latencies.length < transfers.length && performance.now() < deadline) {
    await new Promise((next) => setTimeout(next, 20));
  }
  stop();
  const used = process.cpuUsage(cpu);
  const seconds = (last - first) / 1000;
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    committed: latencies.length,
    blocks,
    perSecond: Math.round(latencies.length / seconds),
    p50: Math.round(quantile(sorted, 0.5)),
    p99: Math.round(quantile(sorted, 0.99)),
    generatorCpu: Number(((used.user + used.system) / 1e6 / seconds).toFixed(2)),
  };
}

async function idle(nodes: readonly Node[], transfers: readonly Signed[]): Promise<Load> {
  const latencies: number[] = [];
  let heardOf: ((id: string, atMs: number) => void) | undefined;
  const stop = await follow(nodes[0]?.url ?? "", ({ ids, atMs }) => {
    for (const id of ids) heardOf?.(id, atMs);
  });
  for (const transfer of transfers) {
    await new Promise((next) => setTimeout(next, 250));
    const seen = new Map<string, number>();
    let wanted: string | undefined;
    const done = new Promise<number>((resolveAt) => {
      heardOf = (id, atMs) => {
        seen.set(id, atMs);
        if (id === wanted) resolveAt(atMs);
      };
    });
    const sentMs = performance.now();
    [wanted] = await broadcast(nodes[transfer.sender % nodes.length]?.url ?? "", [transfer]);
    const already = wanted === undefined ? undefined : seen.get(wanted);
    latencies.push((already ?? (await done)) - sentMs);
  }
  stop();
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    committed: latencies.length,
    blocks: latencies.length,
    perSecond: 0,
    p50: Number(quantile(sorted, 0.5).toFixed(1)),
    p99: Number(quantile(sorted, 0.99).toFixed(1)),
    generatorCpu: 0,
  };
}

function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

/** Processor seconds that a process has used, by the kernel's count of 10 ms ticks. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function startNodes(
  directory: string,
  validators: number,
  senders: readonly Sender[],
  minIntervalMs: number | undefined,
): Promise<readonly Node[]> {
  const basePort = await freeBasePort();
  const devnet = createDevnet({
    directory,
    chainName: CHAIN,
    validators,
    basePort,
    accounts: senders.map(({ address }) => ({ address, balance: 10n ** 18n })),
    ...(minIntervalMs === undefined ? {} : { config: { block: { minIntervalMs } } }),
  });
  const nodes = devnet.nodes.map(({ configFile }, index) => {
    const log = openSync(join(directory, `node-${index}.log`), "a");
    const args = [
      ...NODE_FLAGS,
      ...(process.env["BENCH_NODE_OPTIONS"]?.split(" ") ?? []),
      MAIN,
      "--config",
      configFile,
      "--log-level",
      "warn",
    ];
    const child = spawn(process.execPath, args, { stdio: ["ignore", log, log] });
    return {
      pid: child.pid ?? 0,
      url: `http://127.0.0.1:${basePort + 2 * index + 1}`,
      stop: () => void child.kill("SIGTERM"),
    };
  });
  for (const { url } of nodes) {
    for (let left = 200; ; left -= 1) {
      try {
        await call(url, "status", {});
        break;
      } catch (error) {
        if (left === 0) throw error;
        await new Promise((next) => setTimeout(next, 50));
      }
    }
  }
  return nodes;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: "string" },
      validators: { type: "string", default: "4" },
      transactions: { type: "string", default: "20000" },
      rate: { type: "string", default: "20000" },
      "min-interval-ms": { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const senders = createSenders();
  const total = Number(values.transactions);
  const signing = performance.now();
  const warm = signTransfers(senders, 2_000);
  const calm = signTransfers(senders, 40);
  const full = signTransfers(senders, total);
  const most = signTransfers(senders, total);
  const perSecond = Math.round((2 * total) / ((performance.now() - signing) / 1000));
  process.stderr.write(`signed ${2 * total} transfers, ${perSecond}/s\n`);
  const directory = mkdtempSync(join(tmpdir(), "ropenet-bench-"));
  const nodes = await startNodes(
    directory,
    Number(values.validators),
    senders,
    values["min-interval-ms"] === undefined ? undefined : Number(values["min-interval-ms"]),
  );
  try {
    await load(nodes, warm, 1_000);
    const still = await idle(nodes, calm);
    process.stderr.write(`idle ${JSON.stringify(still)}\n`);
    const cpuOf = (): number => nodes.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
    const cpuBefore = cpuOf();
    const peak = await load(nodes, full, Number(values.rate));
    const cpuMicros = ((cpuOf() - cpuBefore) * 1e6) / peak.committed;
    const perBlock = Math.round(peak.committed / peak.blocks);
    process.stderr.write(`sustained ${JSON.stringify(peak)}\n`);
    const eighty = await load(nodes, most, peak.perSecond * 0.8);
    process.stderr.write(`load80 ${JSON.stringify(eighty)}\n`);
    const figures = {
      machine: { cpus: cpus().length, model: cpus()[0]?.model },
      validators: nodes.length,
      "chain.finality.idle.p50": still.p50,
      "chain.finality.idle.p99": still.p99,
      "chain.transfers.sustained": peak.perSecond,
      "chain.transfers.cpuMicros": Math.round(cpuMicros),
      "chain.transfers.perBlock": perBlock,
      "chain.finality.load80.p50": eighty.p50,
      "chain.finality.load80.p99": eighty.p99,
      "chain.memory.rss": Math.max(...nodes.map(({ pid }) => memoryOf(pid))),
      "generator.cpu": peak.generatorCpu,
    };
    const text = `${JSON.stringify(figures, null, 2)}\n`;
    process.stdout.write(text);
    if (values.json) writeFileSync(values.json, text);
  } finally {
    for (const node of nodes) node.stop();
    if (values.keep) process.stderr.write(`${directory}\n`);
    else rmSync(directory, { recursive: true, force: true });
  }
}

await main();
