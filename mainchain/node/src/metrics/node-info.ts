import { createHistory } from "./history.ts";
import type { SoftwareJson } from "./machine.ts";
import { type HardwareJson, readHardware, readMachine, readSoftware } from "./machine.ts";
import type { NodeMetrics } from "./metrics.ts";
import type { LaneTraffic } from "./traffic.ts";

/** One moment of a node: totals since its process began unless said otherwise. */
export interface NodeSampleJson {
  readonly atMs: number;
  readonly height: number;
  readonly transactions: number;
  readonly mempool: number;
  readonly peers: number;
  /** share of one core since the sample before; 0 in the first */
  readonly cpu: number;
  readonly load1: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly memoryFreeBytes: number;
  readonly loopLagMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly diskReadBytes: number;
  readonly diskWrittenBytes: number;
  readonly storeBytes: number;
  readonly diskFreeBytes: number;
}

export interface NodeInfoJson {
  readonly hardware: HardwareJson;
  readonly software: SoftwareJson;
  readonly network: {
    readonly peers: number;
    readonly lanes: Readonly<Record<string, LaneTraffic>>;
  };
  readonly now: NodeSampleJson;
  readonly everyMs: number;
  /** oldest first */
  readonly history: readonly NodeSampleJson[];
}

export interface NodeInfoOptions {
  readonly directory: string;
  readonly protocolVersion: number;
  readonly sampleEveryMs: number;
}

export interface NodeInfoComponents {
  readonly metrics: Pick<NodeMetrics, "traffic" | "transactions" | "loopLagMs">;
  readonly height: () => bigint;
  readonly peers: () => number;
  readonly mempool: () => number;
}

/** Hardware, software, network and data I/O of this node, with history (requirement 40). */
export interface NodeInfo {
  read(pace: "fine" | "coarse", limit: number): NodeInfoJson;
  start(): void;
  stop(): void;
}

const COARSE = 30;

export function createNodeInfo(options: NodeInfoOptions, parts: NodeInfoComponents): NodeInfo {
  const { directory, protocolVersion, sampleEveryMs } = options;
  const hardware = readHardware(directory);
  const software = readSoftware(protocolVersion);
  const history = createHistory<NodeSampleJson>();
  let timer: NodeJS.Timeout | undefined;
  let before: { readonly atMs: number; readonly cpuSeconds: number } | undefined;
  let newest: NodeSampleJson | undefined;

  function sample(): NodeSampleJson {
    const { cpuSeconds, ...machine } = readMachine(directory);
    const atMs = Date.now();
    const cpu =
      before && ((cpuSeconds - before.cpuSeconds) * 1_000) / Math.max(1, atMs - before.atMs);
    before = { atMs, cpuSeconds };
    return {
      ...machine,
      atMs,
      height: Number(parts.height()),
      transactions: parts.metrics.transactions,
      mempool: parts.mempool(),
      peers: parts.peers(),
      cpu: Math.max(0, cpu ?? 0),
      loopLagMs: parts.metrics.loopLagMs(),
      ...parts.metrics.traffic.total(),
    };
  }

  function take(): NodeSampleJson {
    newest = sample();
    history.push(newest);
    return newest;
  }

  return {
    read: (pace, limit) => ({
      hardware,
      software,
      network: { peers: parts.peers(), lanes: parts.metrics.traffic.lanes() },
      // A question costs no reading of the machine: whoever asks often gets the same answer.
      now: newest ?? take(),
      everyMs: pace === "fine" ? sampleEveryMs : sampleEveryMs * COARSE,
      history: history.last(pace, limit),
    }),
    start(): void {
      take();
      timer = setInterval(take, sampleEveryMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}
