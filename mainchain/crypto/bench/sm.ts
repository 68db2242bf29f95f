import { spawnSync } from "node:child_process";
import { createCipheriv, createHash, createPublicKey, createSign, createVerify } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import smCrypto from "sm-crypto";
import * as smCryptoV2 from "sm-crypto-v2";
import { createVerifyPool, type VerifyPool } from "../pool/index.ts";
import {
  bytesToBigint,
  bytesToHex,
  concatBytes,
  createSm2Verifier,
  sm2,
  sm3,
  sm3Many,
  sm3Nodes,
  sm4CtrHmac,
  sm4Gcm,
} from "../src/index.ts";
import { identityDigest, messageDigest } from "../src/sm2/identity.ts";
import { nobleSignDigest, nobleVerifyDigest } from "../test/noble-sm2.ts";
import { opensslSecretKey, spkiOf, toDer } from "../test/openssl-sm2.ts";
import { type Contestant, contest, type Figure, repeat } from "./contest.ts";
import { buildNative } from "./native.ts";

/**
 * Rates of this package beside sm-crypto, sm-crypto-v2, noble with SM2 parameters, node:crypto and, where there is
 * a C compiler, the verification kernel as native code: medians, all in one run. Usage:
 * npm run bench:sm -- [--json FILE] [--runs N] [--only NAME]
 */
const { values } = parseArgs({
  options: {
    json: { type: "string" },
    runs: { type: "string", default: "7" },
    only: { type: "string", default: "" },
  },
});
const runs = Number(values.runs);
const failures: string[] = [];

function must(holds: boolean, what: string): void {
  if (!holds) failures.push(what);
}

const KEYS = 256;
const items = Array.from({ length: KEYS }, (_, index) => {
  const secretKey = sm2.randomSecretKey();
  const publicKey = sm2.getPublicKey(secretKey);
  const message = sm3(Uint8Array.of(index & 0xff, index >> 8));
  const signature = sm2.sign(message, secretKey, { publicKey });
  const z = identityDigest(publicKey);
  return {
    secretKey,
    publicKey,
    message,
    signature,
    z,
    der: toDer(signature),
    hex: {
      secretKey: bytesToHex(secretKey),
      publicKey: bytesToHex(publicKey),
      message: Array.from(message),
      signature: bytesToHex(signature),
    },
  };
});
type Item = (typeof items)[number];
const item = (index: number): Item => items[index % KEYS] as Item;
const only = item(0);

function smCryptoVerify({ hex }: Item): boolean {
  return smCrypto.sm2.doVerifySignature(hex.message, hex.signature, hex.publicKey, { hash: true });
}

function v2Verify(
  { message, hex }: Item,
  key: Parameters<typeof smCryptoV2.sm2.doVerifySignature>[2],
): boolean {
  return smCryptoV2.sm2.doVerifySignature(message, hex.signature, key, { hash: true });
}

function nobleVerify({ signature, message, publicKey }: Item): boolean {
  return nobleVerifyDigest(signature, messageDigest(message, publicKey), publicKey);
}

function nodeVerify({ z, message, der }: Item, key: ReturnType<typeof createPublicKey>): boolean {
  return createVerify("sm3").update(z).update(message).verify(key, der);
}

function checkPeers(): void {
  must(smCryptoVerify(only), "sm-crypto refuses our signature");
  must(v2Verify(only, only.hex.publicKey), "sm-crypto-v2 refuses our signature");
  must(nobleVerify(only), "noble refuses our signature");
  must(
    nodeVerify(only, createPublicKey(spkiOf(only.publicKey))),
    "node:crypto refuses our signature",
  );
}

using native = buildNative(
  items.map(({ signature, message, publicKey }) =>
    concatBytes(signature, messageDigest(message, publicKey), publicKey),
  ),
);

/** It starts from the digest, which is a few percent less to do. */
function nativePeer(which: "fresh" | "cached"): Contestant[] {
  if (native === undefined) return [];
  const measure = (): number => native.rates()[which];
  return [{ name: "native C (from the digest)", operations: 0, run: measure, measure }];
}

/** A verifier that remembers so few keys that each of these is new to it whenever it comes. */
function freshKeys(
  name: string,
  verifyAll: (verifier: ReturnType<typeof createSm2Verifier>) => boolean,
): Contestant {
  const verifier = createSm2Verifier({ maxKeyTables: 1 });
  return {
    name,
    operations: others.length,
    run: () => must(verifyAll(verifier), `${name} refused a signature`),
  };
}

const others = items;
const single = (): Contestant =>
  freshKeys("single", (verifier) =>
    others.every(({ signature, message, publicKey }) =>
      verifier.verify(signature, message, publicKey),
    ),
  );

function fresh(): Promise<Figure> {
  return contest("sm2.verify.fresh", runs, single(), [
    repeat("sm-crypto", 8, (index) => smCryptoVerify(item(index))),
    repeat("sm-crypto-v2", 30, (index) => v2Verify(item(index), item(index).hex.publicKey)),
    repeat("noble", 40, (index) => nobleVerify(item(index))),
    repeat("node:crypto", KEYS, (index) =>
      nodeVerify(item(index), createPublicKey(spkiOf(item(index).publicKey))),
    ),
    ...nativePeer("fresh"),
  ]);
}

async function cached(): Promise<Figure> {
  const verifier = createSm2Verifier();
  verifier.prepare([only.publicKey]);
  const v2Key = smCryptoV2.sm2.precomputePublicKey(only.hex.publicKey);
  const nodeKey = createPublicKey(spkiOf(only.publicKey));
  let all = true;
  const figure = await contest(
    "sm2.verify.cached",
    runs,
    repeat("ours", 2000, () => {
      all = verifier.verify(only.signature, only.message, only.publicKey) && all;
    }),
    [
      repeat("sm-crypto", 8, () => smCryptoVerify(only)),
      repeat("sm-crypto-v2", 40, () => v2Verify(only, v2Key)),
      repeat("noble", 40, () => nobleVerify(only)),
      repeat("node:crypto", 400, () => nodeVerify(only, nodeKey)),
      ...nativePeer("cached"),
    ],
  );
  must(all, "sm2.verify.cached refused a signature");
  return figure;
}

function batch(): Promise<Figure> {
  const many = freshKeys("many", (verifier) => verifier.verifyMany(others).every(Boolean));
  return contest("sm2.verify.batch", runs, many, [single()]);
}

function sign(): Promise<Figure> {
  const key = opensslSecretKey(only.secretKey, only.publicKey);
  const options = { hash: true, publicKey: only.hex.publicKey };
  const d = bytesToBigint(only.secretKey);
  return contest(
    "sm2.sign",
    runs,
    repeat("ours", 600, () =>
      sm2.sign(only.message, only.secretKey, { publicKey: only.publicKey }),
    ),
    [
      repeat("sm-crypto", 20, () =>
        smCrypto.sm2.doSignature(only.hex.message, only.hex.secretKey, options),
      ),
      repeat("sm-crypto-v2", 60, () =>
        smCryptoV2.sm2.doSignature(only.message, only.hex.secretKey, options),
      ),
      repeat("noble", 60, () =>
        nobleSignDigest(
          messageDigest(only.message, only.publicKey),
          d,
          bytesToBigint(sm2.randomSecretKey()),
        ),
      ),
      repeat("node:crypto", 400, () =>
        createSign("sm3").update(only.z).update(only.message).sign(key),
      ),
    ],
  );
}

function prepareKey(): Promise<Figure> {
  const verifiers = Array.from({ length: runs + 1 }, () => createSm2Verifier());
  for (const verifier of verifiers) verifier.verify(only.signature, only.message, only.publicKey);
  return contest("sm2.prepareKey", runs, {
    name: "ours",
    operations: KEYS - 1,
    run: () => verifiers.pop()?.prepare(items.slice(1).map((each) => each.publicKey)),
  });
}

function nodes(): Promise<Figure> {
  const count = 4096;
  const input = Uint8Array.from({ length: 64 * count }, (_, index) => index & 0xff);
  const parts = Array.from({ length: count }, (_, i) => input.subarray(64 * i, 64 * i + 64));
  const part = (index: number): Uint8Array => parts[index % count] as Uint8Array;
  const words = parts.map((each) => Array.from(each));
  return contest(
    "sm3.nodes64",
    runs,
    { name: "ours", operations: count, run: () => sm3Nodes(input) },
    [
      repeat("one by one", count, (index) => sm3(part(index))),
      { name: "sm3Many", operations: count, run: () => sm3Many(parts) },
      repeat("sm-crypto", 400, (index) => smCrypto.sm3(words[index % count] as number[])),
      repeat("sm-crypto-v2", 1000, (index) => smCryptoV2.sm3(part(index))),
      repeat("node:crypto", count, (index) => createHash("sm3").update(part(index)).digest()),
    ],
  );
}

const MEGABYTE = 1_000_000;

function gcm(): Promise<Figure> {
  const key = sm3(Uint8Array.of(1)).subarray(0, 16);
  const nonce = new Uint8Array(12);
  const iv = new Uint8Array(16);
  const text = new Uint8Array(1 << 20);
  const small = text.subarray(0, 1 << 16);
  const bytes = (name: string, input: Uint8Array, run: () => unknown): Contestant => ({
    name,
    operations: input.length,
    run,
  });
  return contest(
    "sm4.gcm",
    runs,
    bytes("ours", text, () => sm4Gcm.seal(key, nonce, text)),
    [
      bytes("our CTR + HMAC-SM3", small, () => sm4CtrHmac.seal(new Uint8Array(32), nonce, small)),
      bytes("sm-crypto-v2", small, () =>
        smCryptoV2.sm4.encrypt(small, key, {
          mode: "gcm",
          iv: nonce,
          output: "array",
          outputTag: true,
        }),
      ),
      bytes("node:crypto (CTR, without a tag)", text, () =>
        createCipheriv("sm4-ctr", key, iv).update(text),
      ),
    ],
    "MB per second",
    MEGABYTE,
  );
}

interface BareThreads extends AsyncDisposable {
  readonly run: () => Promise<void>;
}

function bareThreads(count: number, work: readonly Item[]): BareThreads {
  const share = Math.ceil(work.length / count);
  const threads = Array.from({ length: count }, (_, index) => {
    const workerData = work
      .slice(index * share, (index + 1) * share)
      .map(({ signature, message, publicKey }) => ({ signature, message, publicKey }));
    return new Worker(new URL("./bare-thread.ts", import.meta.url), { workerData });
  });
  return {
    run: async () => {
      const answers = threads.map((thread) => once(thread, "message"));
      for (const thread of threads) thread.postMessage("again");
      for (const [valid] of await Promise.all(answers)) must(valid, "a bare thread refused");
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

const milliseconds = (since: bigint): number => Number(process.hrtime.bigint() - since) / 1e6;

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.round(part * (sorted.length - 1))] as number).toFixed(2);
  return `${at(0.5)} (quartiles ${at(0.25)} to ${at(0.75)}, from ${at(0)} to ${at(1)})`;
}

/**
 * Per core: all threads over one, in pairs that follow each other, so that a neighbour's load falls on both; by the
 * clock, and by the processor time of the whole process, which neighbours do not use. And for how long the calling
 * thread is held where most falls to it in one turn of its event loop: a call that fills every slot of every thread.
 */
async function scaling(
  cores: number,
  work: readonly Item[],
  one: VerifyPool,
  all: VerifyPool,
): Promise<void> {
  const held: number[] = [];
  const timed = async (pool: VerifyPool): Promise<{ clock: number; processor: number }> => {
    const before = process.cpuUsage();
    const start = process.hrtime.bigint();
    const answers = pool.verifyMany(work);
    await Promise.resolve();
    held.push(milliseconds(start));
    await answers;
    const { user, system } = process.cpuUsage(before);
    return { clock: milliseconds(start), processor: user + system };
  };
  await timed(one);
  await timed(all);
  held.length = 0;
  const pairs: { clock: number; processor: number }[] = [];
  for (let run = 0; run < 2 * runs + 1; run += 1) {
    const [single, together] = [await timed(one), await timed(all)];
    pairs.push({
      clock: single.clock / together.clock / cores,
      processor: single.processor / together.processor,
    });
  }
  const of = (key: "clock" | "processor"): string => spread(pairs.map((each) => each[key]));
  console.log(`sm2.pool, per core of ${cores}, ${pairs.length} pairs: ${of("clock")}`);
  console.log(`  by processor time: ${of("processor")}`);
  console.log(`  the calling thread held, ms: ${spread(held)}`);
}

/**
 * All cores, over one thread of the same pool, and over as many threads that have their items already and share
 * nothing: on a busy machine those do not reach "cores × one thread" either.
 */
async function pool(): Promise<Figure> {
  const cores = availableParallelism();
  const work = Array.from({ length: 40 }, () => items).flat();
  await using one = createVerifyPool({ workers: 1 });
  await using all = createVerifyPool({ workers: cores });
  await using bare = bareThreads(cores, work);
  const through = (name: string, pool: typeof one): Contestant => ({
    name,
    operations: work.length,
    run: async () => {
      const answers = await pool.verifyMany(work);
      must(answers.every(Boolean), `${name} refused a signature`);
    },
  });
  await scaling(cores, work, one, all);
  const before = process.threadCpuUsage();
  const figure = await contest("sm2.pool", runs, through(`${cores} threads`, all), [
    through("one thread", one),
    { name: `${cores} bare threads`, operations: work.length, run: bare.run },
  ]);
  const { user, system } = process.threadCpuUsage(before);
  const perItem = (user + system) / (2 * (runs + 1) * work.length);
  console.log(`  the calling thread: ${perItem.toFixed(1)} µs of CPU per item`);
  return figure;
}

checkPeers();
const contests = { fresh, cached, batch, prepareKey, sign, nodes, gcm, pool };
const figures: Figure[] = [];
for (const [name, run] of Object.entries(contests)) {
  if (name.includes(values.only)) figures.push(await run());
}
for (const { name, versus } of figures.filter((each) => each.name.startsWith("sm2."))) {
  for (const peer of ["sm-crypto", "sm-crypto-v2", "noble", "node:crypto"]) {
    const { ratio } = versus[peer] ?? { ratio: 2 };
    must(ratio > 1, `${name} is behind ${peer}`);
  }
}
const commit = spawnSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).stdout.trim();
const report = {
  name: "sm",
  commit,
  machine: { cpus: availableParallelism(), node: process.version },
  ok: failures.length === 0,
  figures,
  failures,
};
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
else console.log(JSON.stringify(report));
process.exitCode = report.ok ? 0 : 1;
