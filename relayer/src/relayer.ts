import { createServer, type Server } from "node:http";
import { type ChainAdapter, isAdapterError } from "@ropenet/adapter-sdk";
import type { Logger } from "pino";
import { createLaneRunner, type Lane, type SetAside } from "./lane.ts";
import { openTriggerQueue, type QueueStore } from "./queue/trigger-queue.ts";

export interface RelayerOptions {
  readonly worker: string;
  readonly rope: ChainAdapter;
  readonly strands: readonly { readonly adapter: ChainAdapter; readonly startHeight: bigint }[];
  readonly queue: QueueStore;
  readonly scanEveryMs: number;
  readonly limits: { readonly maxItems: number; readonly maxBytes: number };
  readonly statusPort: number;
}

interface LaneStatus {
  delivered: number;
  alreadyDelivered: number;
  undelivered: number;
  /** events that their destination refuses, each left alone for a while that grows */
  setAside: readonly SetAside[];
  lastError: string | undefined;
  pausedUntil: number;
}

export interface Relayer {
  readonly statusPort: number;
  close(): Promise<void>;
}

/** A permanent refusal is looked at again after this long: the cause may have been lifted by people. */
const PERMANENT_PAUSE_MS = 15_000;
const RETRY_PAUSE_MS = 500;

function lanesOf(options: RelayerOptions): readonly Lane[] {
  return options.strands.flatMap(({ adapter }) => [
    { name: `${adapter.name}>rope`, source: adapter, destination: options.rope },
    { name: `rope>${adapter.name}`, source: options.rope, destination: adapter },
  ]);
}

function noteFailure(status: LaneStatus, error: unknown, now: number): void {
  const detail = error instanceof Error ? error.message : String(error);
  if (!isAdapterError(error)) {
    status.lastError = detail;
    status.pausedUntil = now + RETRY_PAUSE_MS;
    return;
  }
  const { disposition, code } = error.info;
  status.lastError = code;
  if (disposition.kind === "wait-until") status.pausedUntil = now + disposition.afterMs;
  else if (disposition.kind === "retryable") status.pausedUntil = now + RETRY_PAUSE_MS;
  else status.pausedUntil = now + PERMANENT_PAUSE_MS;
}

function serveStatus(
  port: number,
  worker: string,
  statuses: ReadonlyMap<string, LaneStatus>,
): Promise<Server> {
  const server = createServer((request, response) => {
    const { method = "", url = "" } = request;
    const answer = (status: number, body: object, headers: object = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    if (url !== "/status" && url !== "/health") {
      answer(404, { error: { code: "relayer/unknown-route", path: url } });
    } else if (method !== "GET" && method !== "HEAD") {
      const error = { code: "relayer/wrong-method", method, allow: "GET, HEAD" };
      answer(405, { error }, { allow: "GET, HEAD" });
    } else answer(200, { worker, lanes: Object.fromEntries(statuses) });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** One worker process: it triggers every lane on a clock and takes whichever trigger the queue gives it. */
export async function startRelayer(options: RelayerOptions, logger: Logger): Promise<Relayer> {
  const lanes = lanesOf(options);
  const byName = new Map(lanes.map((lane) => [lane.name, lane]));
  const statuses = new Map<string, LaneStatus>(
    lanes.map((lane) => [
      lane.name,
      {
        delivered: 0,
        alreadyDelivered: 0,
        undelivered: 0,
        setAside: [],
        lastError: undefined,
        pausedUntil: 0,
      },
    ]),
  );
  const starts = new Map(
    options.strands.map(({ adapter, startHeight }) => [adapter.name, startHeight]),
  );
  const runner = createLaneRunner({
    limits: options.limits,
    startHeight: (lane) => starts.get(lane.source.name) ?? 1n,
    logger,
  });
  const closing = new AbortController();

  async function runLane(name: string, signal: AbortSignal): Promise<void> {
    const lane = byName.get(name);
    const status = statuses.get(name);
    if (!lane || !status || status.pausedUntil > Date.now()) return;
    try {
      const step = await runner.step(lane, AbortSignal.any([signal, closing.signal]));
      status.delivered += step.delivered;
      status.alreadyDelivered += step.alreadyDelivered;
      status.undelivered = step.undelivered;
      status.setAside = step.setAside;
      status.lastError = undefined;
    } catch (error) {
      if (closing.signal.aborted) return;
      noteFailure(status, error, Date.now());
      const info = isAdapterError(error) ? error.info : { code: "relayer/unexpected" };
      logger.warn(
        { lane: name, ...info, err: isAdapterError(error) ? undefined : error },
        "lane step failed",
      );
    }
  }

  const queue = openTriggerQueue(options.queue, runLane, (error) => {
    if (!closing.signal.aborted) logger.warn({ err: error }, "queue error");
  });
  const server = await serveStatus(options.statusPort, options.worker, statuses);
  const trigger = (): void => {
    for (const lane of lanes) {
      queue.trigger(lane.name).catch((error: unknown) => {
        if (!closing.signal.aborted) logger.warn({ err: error }, "trigger failed");
      });
    }
  };
  trigger();
  const timer = setInterval(trigger, options.scanEveryMs);
  const address = server.address();
  return {
    statusPort: typeof address === "object" && address ? address.port : 0,
    async close(): Promise<void> {
      clearInterval(timer);
      closing.abort();
      server.closeAllConnections();
      server.close();
      await queue.close();
      await Promise.all([
        options.rope.close(),
        ...options.strands.map(({ adapter }) => adapter.close()),
      ]);
    },
  };
}
