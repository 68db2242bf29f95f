import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { KeyValueReader, WriteBatch } from "@ropenet/protocol";
import { StateTrie } from "../src/state/state-trie.ts";
import type { NodeReference } from "../src/state/trie-nodes.ts";
import type { Change } from "../src/state/trie-update.ts";

const HELP = `Usage: npm run bench:trie -- [--json FILE] [--keys N] [--batch N] [--batches N] [--max-nodes N]

Updates of the SM3 state tree a second: batches of random keys among N (1,000,000), hashed and laid out for the store,
which is a Map here. --max-nodes bounds what of the tree is in memory (all of it if left out).
`;

/** What the tree needs of a store: chunks by key. */
function createChunkMap(): KeyValueReader & { write(batch: WriteBatch): void } {
  const rows = new Map<string, Uint8Array>();
  const nameOf = (key: Uint8Array): string => Buffer.from(key).toString("latin1");
  return {
    get: (key) => rows.get(nameOf(key)),
    *range(): Generator<never> {},
    write(batch): void {
      for (const { key, value } of batch) if (value) rows.set(nameOf(key), value);
    },
  };
}

function changeOf(key: number, value: number): Change {
  const bytes = new Uint8Array(37);
  const view = new DataView(bytes.buffer);
  view.setUint32(20, key);
  const content = new Uint8Array(24);
  new DataView(content.buffer).setUint32(0, value);
  return { key: bytes, value: content };
}

function randomKeys(count: number, below: number): readonly number[] {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(Math.random() * below));
  return [...chosen];
}

interface Sizes {
  readonly keys: number;
  readonly batch: number;
  readonly batches: number;
  readonly maxNodes: number;
}

/** Microseconds of processor time that one update took, batch by batch. */
function measure({ keys, batch, batches, maxNodes }: Sizes): readonly number[] {
  const store = createChunkMap();
  const trie = new StateTrie(store, { maxNodes });
  let root: NodeReference | undefined;
  let version = 0n;
  const commit = (changes: readonly Change[]): void => {
    const next = trie.update(root, version, changes);
    trie.adopt(next);
    store.write(next.writes);
    root = next.root;
    version += 1n;
  };
  for (let from = 0; from < keys; from += 20_000) {
    const count = Math.min(20_000, keys - from);
    commit(Array.from({ length: count }, (_, index) => changeOf(from + index, 0)));
  }
  const micros: number[] = [];
  for (let done = 0; done < batches; done += 1) {
    const changes = randomKeys(batch, keys).map((key) => changeOf(key, done + 1));
    const before = process.cpuUsage();
    commit(changes);
    const { user, system } = process.cpuUsage(before);
    micros.push((user + system) / batch);
  }
  return micros.toSorted((left, right) => left - right);
}

function main(): void {
  const { values } = parseArgs({
    options: {
      json: { type: "string" },
      keys: { type: "string", default: "1000000" },
      batch: { type: "string", default: "10000" },
      batches: { type: "string", default: "20" },
      "max-nodes": { type: "string", default: "100000000" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const sizes = {
    keys: Number(values.keys),
    batch: Number(values.batch),
    batches: Number(values.batches),
    maxNodes: Number(values["max-nodes"]),
  };
  const micros = measure(sizes);
  const perSecond = (micro = Number.NaN): number => Math.round(1e6 / micro);
  const report = {
    ...sizes,
    "trie.updates": {
      median: perSecond(micros[micros.length >> 1]),
      min: perSecond(micros.at(-1)),
      max: perSecond(micros[0]),
    },
    rss: process.memoryUsage.rss(),
  };
  const text = `${JSON.stringify(report, null, 2)}\n`;
  process.stdout.write(text);
  if (values.json) writeFileSync(values.json, text);
}

main();
