import { createPostgresBackend, type Job, Queue, Worker, withBackend } from "bullmq";
import { Redis } from "ioredis";

/** Where triggers wait. The truth is on the chains; losing every trigger loses nothing. */
export type QueueStore =
  | { readonly kind: "redis"; readonly url: string }
  | {
      readonly kind: "postgres";
      readonly connection: {
        readonly host: string;
        readonly port: number;
        readonly user: string;
        readonly password: string;
        readonly database: string;
      };
    };

export interface LaneTrigger {
  readonly lane: string;
}

export interface TriggerQueue {
  /** Asks for one step of a lane; asking again while one waits or runs changes nothing. */
  trigger(lane: string): Promise<void>;
  close(): Promise<void>;
}

const QUEUE_NAME = "lanes";

/**
 * A lane whose worker was killed is free again after this long. Longer than the longest step
 * between two renewals (BullMQ renews at half), short enough that nobody notices a dead worker.
 */
const LEASE_MS = 6_000;

interface Backend {
  readonly queue: Pick<Queue<LaneTrigger>, "add" | "close">;
  work(
    process: (job: Job<LaneTrigger>, signal: AbortSignal) => Promise<void>,
  ): Pick<Worker<LaneTrigger>, "close" | "on">;
  close(): Promise<void>;
}

function redisBackend(url: string): Backend {
  const connect = (): Redis => new Redis(url, { maxRetriesPerRequest: null });
  const connections = [connect(), connect()] as const;
  return {
    queue: new Queue<LaneTrigger>(QUEUE_NAME, { connection: connections[0] }),
    work: (process) =>
      new Worker<LaneTrigger>(
        QUEUE_NAME,
        (job, _token, signal) => process(job, signal ?? new AbortController().signal),
        {
          connection: connections[1],
          concurrency: 4,
          lockDuration: LEASE_MS,
          stalledInterval: LEASE_MS / 2,
          maxStalledCount: Number.MAX_SAFE_INTEGER,
        },
      ),
    async close(): Promise<void> {
      for (const connection of connections) connection.disconnect();
    },
  };
}

function postgresBackend(
  connection: Extract<QueueStore, { kind: "postgres" }>["connection"],
): Backend {
  const classes = withBackend(createPostgresBackend);
  const options = { connection: { ...connection, max: 6, migrate: true } };
  return {
    queue: new classes.Queue<LaneTrigger>(QUEUE_NAME, options) as unknown as Backend["queue"],
    work: (process) =>
      new classes.Worker<LaneTrigger>(
        QUEUE_NAME,
        (job, _token, signal) =>
          process(job as unknown as Job<LaneTrigger>, signal ?? new AbortController().signal),
        {
          ...options,
          concurrency: 4,
          lockDuration: LEASE_MS,
          stalledInterval: LEASE_MS / 2,
          maxStalledCount: 1_000_000,
        },
      ) as unknown as Pick<Worker<LaneTrigger>, "close" | "on">,
    close: async () => undefined,
  };
}

/** BullMQ over Redis or, without one, over PostgreSQL. */
export function openTriggerQueue(
  store: QueueStore,
  run: (lane: string, signal: AbortSignal) => Promise<void>,
  onError: (error: Error) => void,
): TriggerQueue {
  const backend =
    store.kind === "redis" ? redisBackend(store.url) : postgresBackend(store.connection);
  const worker = backend.work((job, signal) => run(job.data.lane, signal));
  worker.on("error", onError);
  return {
    async trigger(lane): Promise<void> {
      // The id is the content, and a finished job is removed: an id that lingers would swallow its successor.
      await backend.queue.add(
        "step",
        { lane },
        { jobId: `lane-${lane}`, removeOnComplete: true, removeOnFail: true, attempts: 1 },
      );
    },
    async close(): Promise<void> {
      await worker.close();
      await backend.queue.close();
      await backend.close();
    },
  };
}
