import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

/** Who is kept out for a while, and how often that was necessary. Survives a restart if it has a file. */
export interface BanBook {
  isBanned(publicKeyHex: string): boolean;
  /** Notes an offence; returns for how long the key stays out: 0 if `code` is none. */
  note(publicKeyHex: string, code: string): number;
  /** kept out at present */
  readonly size: number;
}

export interface BanBookOptions {
  readonly file?: string;
  readonly nowMs?: () => number;
}

const FIRST_BAN_MS = 30_000;
/** Short of what would cost the chain a validator for good by one bad evening. */
const MAX_BAN_MS = 600_000;
const GROWTH = 4;
/** An offence that was not repeated for so long is forgotten. */
const MEMORY_MS = 24 * 3_600_000;
const MAX_KEYS = 1_000;

/** What only the holder of the key can have done: each time it stays out longer. */
const PROVEN: ReadonlySet<string> = new Set(["p2p/malformed", "p2p/misbehaving"]);
/** What somebody on the line can have done to an honest peer as well: never longer than the first time. */
const UNPROVEN: ReadonlySet<string> = new Set(["p2p/frame-too-long", "p2p/not-authentic"]);

const entrySchema = z.strictObject({
  untilMs: z.number(),
  offences: z.int().min(0),
  lastMs: z.number(),
});
type Entry = z.infer<typeof entrySchema>;
const fileSchema = z.record(z.string().regex(/^04[0-9a-f]{128}$/), entrySchema);

export function createBanBook({ file, nowMs = Date.now }: BanBookOptions = {}): BanBook {
  const entries = new Map<string, Entry>(file === undefined ? [] : readEntries(file));

  function forget(): void {
    const now = nowMs();
    for (const [key, { lastMs }] of entries) if (now - lastMs > MEMORY_MS) entries.delete(key);
    for (const key of entries.keys()) {
      if (entries.size <= MAX_KEYS) return;
      entries.delete(key);
    }
  }

  return {
    get size(): number {
      const now = nowMs();
      return [...entries.values()].filter(({ untilMs }) => untilMs > now).length;
    },
    isBanned(key): boolean {
      const leftMs = (entries.get(key)?.untilMs ?? 0) - nowMs();
      // More than any ban lasts: it was noted under a clock that has been set back since.
      return leftMs > 0 && leftMs <= MAX_BAN_MS;
    },
    note(key, code): number {
      const isProven = PROVEN.has(code);
      if (!isProven && !UNPROVEN.has(code)) return 0;
      const now = nowMs();
      const known = entries.get(key);
      const before = known && now - known.lastMs <= MEMORY_MS ? known.offences : 0;
      const banMs = isProven ? Math.min(FIRST_BAN_MS * GROWTH ** before, MAX_BAN_MS) : FIRST_BAN_MS;
      entries.delete(key);
      entries.set(key, {
        untilMs: Math.max(now + banMs, known?.untilMs ?? 0),
        offences: isProven ? before + 1 : before,
        lastMs: now,
      });
      forget();
      if (file !== undefined) writeEntries(file, entries);
      return banMs;
    },
  };
}

/** A book that cannot be read is an empty one: it protects a node, it is not what the node stands on. */
function readEntries(file: string): readonly (readonly [string, Entry])[] {
  try {
    return Object.entries(fileSchema.parse(JSON.parse(readFileSync(file, "utf8"))));
  } catch {
    return [];
  }
}

function writeEntries(file: string, entries: ReadonlyMap<string, Entry>): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`, {
    mode: 0o600,
  });
  renameSync(fresh, file);
}
