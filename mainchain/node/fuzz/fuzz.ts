import { createNodeUnderTest } from "./node-under-test.ts";
import { createRandom } from "./random.ts";
import { createSeeds } from "./seeds.ts";
import { TARGETS } from "./targets.ts";

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  /** stop at the first that many */
  readonly maxFailures: number;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzFailure {
  readonly target: string;
  /** `--seed S --only N` plays it again */
  readonly number: number;
  readonly message: string;
}

export interface FuzzReport {
  readonly seed: number;
  readonly cases: number;
  readonly elapsedMs: number;
  /** target → outcome → how often */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly failures: readonly FuzzFailure[];
  /** resident memory after warming up, and the most seen from then on */
  readonly memory: { readonly baseBytes: number; readonly peakBytes: number };
}

const WARM_CASES = 2_000;
const MEMORY_EVERY = 500;
/** Each case has a random stream of its own, so that it can be played alone. */
const caseSeed = (seed: number, number: number): number =>
  Math.imul(seed ^ 0x5bd1_e995, 0x9e37_79b1) + number;

export async function fuzzNode(options: FuzzOptions): Promise<FuzzReport> {
  const { cases, seed, maxFailures } = options;
  const node = createNodeUnderTest();
  const seeds = createSeeds(node, createRandom(seed));
  const targets = Object.entries(TARGETS);
  const outcomes: Record<string, Record<string, number>> = {};
  const failures: FuzzFailure[] = [];
  const memory = { baseBytes: 0, peakBytes: 0 };
  const beganMs = performance.now();
  let number = 0;
  for (; number < cases && failures.length < maxFailures; number += 1) {
    const [target, run] = targets[number % targets.length] ?? ["none", () => "taken"];
    const context = { node, seeds, random: createRandom(caseSeed(seed, number)), number };
    try {
      const outcome = await run(context);
      const counts = outcomes[target] ?? {};
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      outcomes[target] = counts;
    } catch (error) {
      failures.push({ target, number, message: String((error as Error).stack ?? error) });
    }
    for (const fault of node.faults.splice(0)) failures.push({ target, number, message: fault });
    if (number % MEMORY_EVERY === 0) watchMemory(memory, number);
    if (number % 10_000 === 0) options.onProgress?.(number);
  }
  const mempoolBytes = node.mempool.bytes;
  node.close();
  if (mempoolBytes > 64 * 1024 * 1024) {
    failures.push({ target: "mempool", number, message: `holds ${mempoolBytes} bytes` });
  }
  const elapsedMs = performance.now() - beganMs;
  return { seed, cases: number, elapsedMs, outcomes, failures, memory };
}

function watchMemory(memory: { baseBytes: number; peakBytes: number }, number: number): void {
  const rss = process.memoryUsage.rss();
  if (number <= WARM_CASES) memory.baseBytes = rss;
  memory.peakBytes = Math.max(memory.peakBytes, rss);
}
