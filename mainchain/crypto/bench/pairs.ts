import { createHash, createPublicKey, createVerify, type KeyObject } from "node:crypto";
import { parseArgs } from "node:util";
import { createSm2Verifier, sm2, sm3, sm3Nodes } from "../src/index.ts";
import { identityDigest } from "../src/sm2/identity.ts";
import { opensslPublicKey, spkiOf, toDer } from "../test/openssl-sm2.ts";

/**
 * Ratios on a machine that is not ours alone: short turns of everything, one after the other, hundreds of times. A
 * neighbour's load falls on both sides of a pair, and the tenth percentile of a turn is about what it takes alone.
 * Usage: node bench/pairs.ts [--rounds N]
 */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "600" } } });

const KEYS = 256;
const items = Array.from({ length: KEYS }, (_, index) => {
  const secretKey = sm2.randomSecretKey();
  const publicKey = sm2.getPublicKey(secretKey);
  const message = sm3(Uint8Array.of(index));
  const signature = sm2.sign(message, secretKey, { publicKey });
  const z = identityDigest(publicKey);
  const imported = opensslPublicKey(publicKey);
  return { publicKey, message, signature, z, der: toDer(signature), imported };
});
type Item = (typeof items)[number];

let position = 0;
function take(count: number): Item[] {
  if (position + count > KEYS) position = 0;
  position += count;
  return items.slice(position - count, position);
}

function must(holds: boolean): void {
  if (!holds) throw new Error("a signature was refused");
}

const forgetful = createSm2Verifier({ maxKeyTables: 1 });
const prepared = createSm2Verifier();
prepared.prepare(items.map(({ publicKey }) => publicKey));
const nodes = new Uint8Array(64 * 1024);
const node = nodes.subarray(0, 64);

function oneByOne(verifier: typeof prepared, count: number): () => void {
  return () => {
    for (const { signature, message, publicKey } of take(count)) {
      must(verifier.verify(signature, message, publicKey));
    }
  };
}

function byOpenssl(count: number, keyOf: (item: Item) => KeyObject): () => void {
  return () => {
    for (const item of take(count)) {
      must(createVerify("sm3").update(item.z).update(item.message).verify(keyOf(item), item.der));
    }
  };
}

/** Operations in a turn, and the turn. */
const turns = {
  fresh: [16, oneByOne(forgetful, 16)],
  freshMany: [32, () => must(forgetful.verifyMany(take(32)).every(Boolean))],
  cached: [48, oneByOne(prepared, 48)],
  cachedMany: [64, () => must(prepared.verifyMany(take(64)).every(Boolean))],
  nodeKeyInHand: [8, byOpenssl(8, ({ imported }) => imported)],
  nodeImporting: [8, byOpenssl(8, ({ publicKey }) => createPublicKey(spkiOf(publicKey)))],
  nodes64: [1024, () => sm3Nodes(nodes)],
  nodeHash: [
    512,
    () => {
      for (let index = 0; index < 512; index += 1) createHash("sm3").update(node).digest();
    },
  ],
} as const satisfies Record<string, readonly [number, () => unknown]>;
type Name = keyof typeof turns;

const times = new Map<Name, number[]>(Object.keys(turns).map((name) => [name as Name, []]));
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const [name, [operations, act]] of Object.entries(turns)) {
    const start = process.hrtime.bigint();
    act();
    times.get(name as Name)?.push(Number(process.hrtime.bigint() - start) / operations);
  }
}

const of = (name: Name): number[] => times.get(name) as number[];
const at = (part: number, of: readonly number[]): number =>
  [...of].sort((a, b) => a - b)[Math.floor(part * (of.length - 1))] as number;

for (const name of times.keys()) {
  const [tenth, middle] = [at(0.1, of(name)), at(0.5, of(name))].map((ns) => Math.round(1e9 / ns));
  console.log(`${name}: ${tenth} per second at the tenth percentile, ${middle} at the median`);
}

function ratio(ours: Name, theirs: Name): void {
  const pairs = of(theirs).map((time, index) => time / (of(ours)[index] as number));
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => at(part, pairs).toFixed(2));
  const tenth = (at(0.1, of(theirs)) / at(0.1, of(ours))).toFixed(2);
  console.log(`${ours} : ${theirs} = ${middle} (quartiles ${low} to ${high}); tenths ${tenth}`);
}
ratio("fresh", "nodeKeyInHand");
ratio("fresh", "nodeImporting");
ratio("freshMany", "nodeKeyInHand");
ratio("freshMany", "fresh");
ratio("cached", "nodeKeyInHand");
ratio("cachedMany", "nodeKeyInHand");
ratio("cachedMany", "cached");
ratio("nodes64", "nodeHash");
