import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CryptoError, expectList, expectRecord } from "../src/crypto-error.ts";
import type { Sm2VerifyItem } from "../src/sm2/verifier.ts";
import { Job } from "./job.ts";
import { PoolError } from "./pool-error.ts";
import {
  answersOf,
  type CheckedItem,
  checkItem,
  createRing,
  type Ring,
  SLOTS,
  SlotWriter,
} from "./ring.ts";

export { PoolError, type PoolErrorInfo } from "./pool-error.ts";

export interface VerifyPoolOptions {
  /** Threads. Default: one for each core. */
  readonly workers?: number;
  /** Items that may wait for a thread before calls are refused. Default 65,536. */
  readonly maxQueued?: number;
  /** Per thread, as in `createSm2Verifier`. Default 1,024. */
  readonly maxKeyTables?: number;
}

export interface VerifyPoolCall {
  /** Rejects the call with the signal's reason; items that no thread has yet are dropped. */
  readonly signal?: AbortSignal;
}

/** How a thread comes to be; `workerData` is what worker.ts reads. */
export interface VerifyPoolComponents {
  readonly startWorker: (file: URL, workerData: object) => Worker;
}

const nodeThreads: VerifyPoolComponents = {
  startWorker: (file, workerData) => new Worker(file, { workerData }),
};

/** Where a slot's items came from: entry i of a batch is item `indexes[i]` of `jobs[i]`. */
interface Batch {
  readonly jobs: Job[];
  readonly indexes: number[];
}

interface Retry {
  readonly job: Job;
  readonly index: number;
}

interface Thread {
  worker: Worker;
  ring: Ring;
  /** batches handed over, oldest first; slot = number of the batch mod SLOTS */
  readonly inFlight: Batch[];
  published: number;
}

// Below this, waking another thread costs about what it saves (bench/sm.ts: sm2.pool).
const LEAST_SHARE = 8;

const WORKER = new URL(
  `./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);

function expectCount(value: number, option: string, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new PoolError({ code: "pool/bad-option", option });
}

/**
 * SM2 verification on threads. The calling thread only copies items into shared memory, at most a slot (128 items
 * or 64 KB) at a time, so it is never held for more than a fraction of a millisecond.
 */
export class VerifyPool {
  readonly #threads: Thread[];
  readonly #start: VerifyPoolComponents["startWorker"];
  readonly #maxQueued: number;
  readonly #maxKeyTables: number;
  readonly #jobs: Job[] = [];
  readonly #retries: Retry[] = [];
  readonly #waiting: (() => void)[] = [];
  #queued = 0;
  #scheduled = false;
  #closed = false;

  constructor(options: VerifyPoolOptions, { startWorker }: VerifyPoolComponents) {
    expectRecord(options, "options");
    this.#start = startWorker;
    const workers = expectCount(options.workers ?? availableParallelism(), "workers", 256);
    this.#maxQueued = expectCount(options.maxQueued ?? 65_536, "maxQueued", 2 ** 31);
    this.#maxKeyTables = expectCount(options.maxKeyTables ?? 1024, "maxKeyTables", 65_536);
    this.#threads = Array.from({ length: workers }, () => this.#startThread());
  }

  /** Items that no thread has yet. */
  get queued(): number {
    return this.#queued;
  }

  /** As `sm2.verify`. @throws {CryptoError} as that does; {PoolError} `pool/full`, `pool/closed` */
  async verify(item: Sm2VerifyItem, call: VerifyPoolCall = {}): Promise<boolean> {
    const [valid] = await this.verifyMany([item], call);
    return valid === true;
  }

  /**
   * One answer per item, in order. Items are read until the promise settles: do not change them before.
   * @throws {CryptoError} as `sm2.verify`, for the first bad item; {PoolError} `pool/full`, `pool/closed`
   */
  async verifyMany(items: readonly Sm2VerifyItem[], call: VerifyPoolCall = {}): Promise<boolean[]> {
    expectList(items, "items");
    expectRecord(call, "call");
    const { signal } = call;
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new CryptoError({
        code: "crypto/bad-type",
        operand: "signal",
        expected: "AbortSignal",
      });
    }
    signal?.throwIfAborted();
    if (this.#closed) throw new PoolError({ code: "pool/closed" });
    if (items.length === 0) return [];
    if (this.#queued > 0 && this.#queued + items.length > this.#maxQueued) {
      throw new PoolError({ code: "pool/full", queued: this.#queued, maxQueued: this.#maxQueued });
    }
    const job = new Job(items, signal, (aborted) => this.#forget(aborted));
    this.#jobs.push(job);
    this.#queued += items.length;
    this.#schedule();
    return job.promise;
  }

  /** Resolves once fewer items wait than half of `maxQueued`. */
  async room(): Promise<void> {
    while (!this.#closed && this.#queued * 2 >= this.#maxQueued) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Ends the threads; what they had not answered is rejected with `pool/closed`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closed = new PoolError({ code: "pool/closed" });
    for (const job of this.#jobs) job.fail(closed);
    for (const { job } of this.#retries) job.fail(closed);
    for (const { inFlight } of this.#threads) {
      for (const { jobs } of inFlight) for (const job of jobs) job.fail(closed);
    }
    this.#jobs.length = 0;
    this.#retries.length = 0;
    this.#queued = 0;
    this.#wakeWaiting();
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Calls of one turn of the event loop share batches. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#fill();
    });
  }

  /** One slot for each thread in turn, so that a short queue is spread over all of them. */
  #fill(): void {
    for (let slot = 0; slot < SLOTS; slot += 1) {
      for (const thread of this.#threads) {
        if (this.#closed || this.#idle()) return;
        if (thread.inFlight.length <= slot) this.#fillSlot(thread);
      }
    }
  }

  #idle(): boolean {
    return this.#jobs.length === 0 && this.#retries.length === 0;
  }

  #fillSlot(thread: Thread): void {
    const post = (message: Uint8Array): void => thread.worker.postMessage(message);
    const writer = new SlotWriter(thread.ring, thread.published % SLOTS, post);
    const batch: Batch = { jobs: [], indexes: [] };
    // What a lost worker had goes alone, so that the one item at fault is found.
    const retry = this.#retries.shift();
    if (retry === undefined) this.#writeJobs(writer, batch);
    else if (!retry.job.settled) this.#writeItem(writer, batch, retry.job, retry.index);
    if (batch.jobs.length === 0) return;
    if (thread.inFlight.length === 0) thread.worker.ref();
    thread.inFlight.push(batch);
    thread.published += 1;
    writer.publish();
  }

  #writeJobs(writer: SlotWriter, batch: Batch): void {
    // A fair share: no thread takes everything while others sleep.
    const share = Math.max(LEAST_SHARE, Math.ceil(this.#queued / this.#threads.length));
    while (batch.jobs.length < share) {
      const [job] = this.#jobs;
      if (job === undefined) return;
      const outcome = this.#writeItem(writer, batch, job, job.cursor);
      if (outcome === "full") return;
      if (outcome === "refused") continue;
      job.cursor += 1;
      this.#queued -= 1;
      if (job.cursor === job.items.length) this.#jobs.shift();
    }
  }

  /** "refused": the item is bad, and with it its job is gone. */
  #writeItem(
    writer: SlotWriter,
    batch: Batch,
    job: Job,
    index: number,
  ): "written" | "full" | "refused" {
    let checked: CheckedItem;
    try {
      checked = checkItem(job.items[index] as Sm2VerifyItem);
    } catch (error) {
      job.fail(error);
      this.#forget(job);
      return "refused";
    }
    if (!writer.write(checked)) return "full";
    batch.jobs.push(job);
    batch.indexes.push(index);
    return "written";
  }

  #onAnswer(thread: Thread, slot: number): void {
    const batch = thread.inFlight.shift();
    if (batch === undefined) return;
    const answers = answersOf(thread.ring, slot, batch.jobs.length);
    batch.jobs.forEach((job, index) => {
      job.answer(batch.indexes[index] as number, answers[index] === 1);
    });
    if (!this.#idle()) this.#fillSlot(thread);
    if (thread.inFlight.length === 0) thread.worker.unref();
    if (this.#queued * 2 < this.#maxQueued) this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #forget(job: Job): void {
    const at = this.#jobs.indexOf(job);
    if (at < 0) return;
    this.#jobs.splice(at, 1);
    this.#queued -= job.items.length - job.cursor;
    this.#wakeWaiting();
  }

  #startThread(): Thread {
    const ring = createRing();
    const worker = this.#startWorker(ring);
    const thread: Thread = { worker, ring, inFlight: [], published: 0 };
    this.#watch(thread);
    return thread;
  }

  #startWorker(ring: Ring): Worker {
    return this.#start(WORKER, { memory: ring.memory, maxKeyTables: this.#maxKeyTables });
  }

  #watch(thread: Thread): void {
    const { worker } = thread;
    worker.on("message", (slot: number) => this.#onAnswer(thread, slot));
    // An error is followed by the exit, which is what counts.
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      if (!this.#closed && thread.worker === worker) this.#replace(thread);
    });
    // Idle threads keep no process alive. After the listeners: adding one takes a reference again.
    worker.unref();
  }

  /**
   * A worker is gone: another takes its place, and the items that it had go once more, one by one. It was at the
   * oldest batch; where that was one item, the item is to blame.
   */
  #replace(thread: Thread): void {
    const [current, ...later] = thread.inFlight.splice(0);
    if (current?.jobs.length === 1) {
      current.jobs[0]?.fail(new PoolError({ code: "pool/worker-lost" }));
    } else if (current !== undefined) {
      later.unshift(current);
    }
    for (const { jobs, indexes } of later) {
      jobs.forEach((job, at) => {
        this.#retries.push({ job, index: indexes[at] as number });
      });
    }
    thread.ring = createRing();
    thread.published = 0;
    thread.worker = this.#startWorker(thread.ring);
    this.#watch(thread);
    this.#schedule();
  }
}

/** @throws {PoolError} `pool/bad-option` */
export function createVerifyPool(
  options: VerifyPoolOptions = {},
  components: VerifyPoolComponents = nodeThreads,
): VerifyPool {
  return new VerifyPool(options, components);
}
