/** As JSON can say it; amounts and heights are decimal strings. */
export type Value = string | boolean | readonly Value[];

/** One thing that was read from a chain, an agent or a database, beside what it had to be. */
export interface Observation {
  readonly what: string;
  /** who said so */
  readonly where: string;
  readonly expected: Value;
  readonly seen: Value;
  readonly ok: boolean;
}

export interface StepTransaction {
  readonly chain: string;
  readonly hash: string;
  readonly height: string;
}

/** What one step has seen and done. Nothing gets in here that was not asked for just now. */
export interface Notes {
  readonly observations: readonly Observation[];
  readonly transactions: readonly StepTransaction[];
  /** Keeps both, and returns what was seen for the line that people read. */
  see<T extends Seen>(what: string, where: string, seen: T, expected: T): T;
  did(chain: string, receipt: { readonly hash: string; readonly height: bigint }): void;
}

type Seen = string | boolean | bigint | number | readonly Seen[];

function toValue(seen: Seen): Value {
  if (Array.isArray(seen)) return seen.map((one: Seen) => toValue(one));
  return typeof seen === "boolean" ? seen : String(seen as string | bigint | number);
}

export function createNotes(): Notes {
  const observations: Observation[] = [];
  const transactions: StepTransaction[] = [];
  return {
    observations,
    transactions,
    see(what, where, seen, expected) {
      const [was, due] = [toValue(seen), toValue(expected)];
      const ok = JSON.stringify(was) === JSON.stringify(due);
      observations.push({ what, where, expected: due, seen: was, ok });
      return seen;
    },
    did(chain, { hash, height }): void {
      transactions.push({ chain, hash: hash.replace(/^0x/, ""), height: String(height) });
    },
  };
}
