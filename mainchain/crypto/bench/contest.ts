/** Rates side by side: every contestant runs in every round, so that a busy machine slows all of them alike. */
export interface Contestant {
  readonly name: string;
  /** operations that one call of `run` does */
  readonly operations: number;
  readonly run: () => unknown;
  /** in place of the clock here: the rate as the contestant measured it itself */
  readonly measure?: () => number;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  /** our median over the peer's; the peer's median is beside it */
  readonly versus: Record<string, { readonly ratio: number; readonly median: number }>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

const rounded = (value: number): number =>
  value < 1000 ? Number(value.toFixed(1)) : Math.round(value);

function summary(
  name: string,
  unit: string,
  rates: readonly number[],
  peers: Readonly<Record<string, readonly number[]>>,
): Figure {
  const own = median(rates);
  const versus: Record<string, { ratio: number; median: number }> = {};
  console.log(`${name}: ${rounded(own)} ${unit}`);
  for (const [peer, theirs] of Object.entries(peers)) {
    const ratio = Number((own / median(theirs)).toFixed(2));
    versus[peer] = { ratio, median: rounded(median(theirs)) };
    console.log(`  ${ratio} × ${peer} (${rounded(median(theirs))})`);
  }
  return {
    name,
    unit,
    median: rounded(own),
    min: rounded(Math.min(...rates)),
    max: rounded(Math.max(...rates)),
    runs: rates.length,
    versus,
  };
}

async function rateOf({ operations, run, measure }: Contestant): Promise<number> {
  if (measure !== undefined) return measure();
  const start = process.hrtime.bigint();
  const pending = run();
  if (pending instanceof Promise) await pending;
  return (operations * 1e9) / Number(process.hrtime.bigint() - start);
}

/** `scale` operations are one unit. */
export async function contest(
  name: string,
  runs: number,
  ours: Contestant,
  peers: readonly Contestant[] = [],
  unit = "per second",
  scale = 1,
): Promise<Figure> {
  const contestants = [ours, ...peers];
  for (const contestant of contestants) await rateOf(contestant);
  const rates = contestants.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [index, contestant] of contestants.entries()) {
      rates[index]?.push((await rateOf(contestant)) / scale);
    }
  }
  const theirs = peers.map((peer, index) => [peer.name, rates[index + 1] as number[]] as const);
  return summary(name, unit, rates[0] as number[], Object.fromEntries(theirs));
}

export function repeat(
  name: string,
  operations: number,
  act: (index: number) => unknown,
): Contestant {
  return {
    name,
    operations,
    run: () => {
      for (let index = 0; index < operations; index += 1) act(index);
    },
  };
}
