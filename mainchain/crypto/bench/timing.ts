import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  equalBytes,
  equalSecretBytes,
  hmacSm3,
  sm2,
  sm3,
  sm4,
  sm4CtrHmac,
  sm4Gcm,
} from "../src/index.ts";
import { multiplySecret } from "../src/sm2/keys.ts";

/**
 * Whether running times tell secrets apart: Welch's t-test between a fixed secret and random ones, in random
 * order, as in Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?" (2017). |t| above 4.5 asks for
 * more samples, above 10 is a leak. Two planted leaks show that the test sees what it has to see. Usage:
 * npm run bench:timing -- [--samples N] [--only NAME] [--json FILE]
 */
const { values } = parseArgs({
  options: {
    samples: { type: "string", default: "6000" },
    only: { type: "string", default: "" },
    json: { type: "string" },
  },
});
const samples = Number(values.samples);
const LEAK = 10;

interface Target {
  readonly name: string;
  /** a planted leak has to be found, everything else not */
  readonly leaks: boolean;
  readonly fixed: Uint8Array;
  readonly random: () => Uint8Array;
  readonly run: (secret: Uint8Array) => unknown;
}

const randomBytes = (length: number): Uint8Array =>
  globalThis.crypto.getRandomValues(new Uint8Array(length));

const message = new Uint8Array(64);
const peer = sm2.getPublicKey(sm2.randomSecretKey());
const smallKey = new Uint8Array(32);
smallKey[31] = 3;
const zeros = new Uint8Array(16);
const block = new Uint8Array(512);
const ciphertextHead = sm2.encrypt(block.subarray(0, 32), peer);
const tag = randomBytes(32);
/** Unlike the tag, as random bytes are, but in its last byte only. */
const almostTag = tag.map((byte, index) => (index === 31 ? byte ^ 1 : byte));

function decryptFor(secretKey: Uint8Array): void {
  try {
    sm2.decrypt(ciphertextHead, secretKey);
  } catch {
    // Not this key's ciphertext, for every key in the test: what counts is the time until it is known.
  }
}

function spin(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i += 1) x = Math.imul(x, 0x9e3779b1) ^ i;
  return x;
}

const secretKeys = { fixed: smallKey, random: () => sm2.randomSecretKey() };
const sm4Keys = { fixed: zeros, random: () => randomBytes(16) };
const words = { fixed: new Uint8Array(32), random: () => randomBytes(32) };
const quiet = { extraEntropy: false, publicKey: peer } as const;

const targets: readonly Target[] = [
  { name: "sm2.getPublicKey", leaks: false, ...secretKeys, run: (d) => sm2.getPublicKey(d) },
  {
    name: "sm2.sign",
    leaks: false,
    ...secretKeys,
    run: (d) => sm2.sign(message, d, quiet),
  },
  {
    name: "sm2.multiply",
    leaks: false,
    ...secretKeys,
    run: (k) => multiplySecret(peer, k),
  },
  { name: "sm2.decrypt", leaks: false, ...secretKeys, run: decryptFor },
  { name: "sm4.key", leaks: false, ...sm4Keys, run: (key) => sm4.ctr(key, zeros, block) },
  {
    name: "sm4.plaintext",
    leaks: false,
    ...sm4Keys,
    run: (plaintext) => sm4.encryptBlock(zeros, plaintext),
  },
  {
    name: "sm4Gcm",
    leaks: false,
    ...sm4Keys,
    run: (key) => sm4Gcm.seal(key, tag.subarray(0, 12), block),
  },
  {
    name: "sm4CtrHmac",
    leaks: false,
    ...words,
    run: (key) => sm4CtrHmac.seal(key, tag.subarray(0, 12), block),
  },
  { name: "sm3", leaks: false, ...words, run: (bytes) => sm3.create().update(bytes).digest() },
  { name: "hmacSm3", leaks: false, ...words, run: (key) => hmacSm3(key, message) },
  {
    name: "equalSecretBytes",
    leaks: false,
    fixed: almostTag,
    random: () => randomBytes(32),
    run: (bytes) => {
      let equal = 0;
      for (let i = 0; i < 50; i += 1) equal += Number(equalSecretBytes(bytes, tag));
      return equal;
    },
  },
  {
    name: "planted: a microsecond for an odd key",
    leaks: true,
    fixed: smallKey,
    random: () => sm2.randomSecretKey(),
    run: (d) => {
      sm2.getPublicKey(d);
      return (d[31] as number) & 1 ? spin(1200) : 0;
    },
  },
  {
    name: "planted: comparison that stops early",
    leaks: true,
    fixed: almostTag,
    random: () => randomBytes(32),
    run: (bytes) => {
      let equal = 0;
      for (let i = 0; i < 50; i += 1) equal += Number(equalBytes(bytes, tag));
      return equal;
    },
  },
];

function welch(left: readonly number[], right: readonly number[]): number {
  const moments = (values: readonly number[]): { mean: number; error: number } => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, error: square / (values.length - 1) / values.length };
  };
  const [a, b] = [moments(left), moments(right)];
  const error = Math.sqrt(a.error + b.error);
  return error === 0 ? 0 : (a.mean - b.mean) / error;
}

/** The largest |t| over several crops: interrupted runs would drown everything else. */
function largestT(times: readonly number[], classes: Uint8Array): number {
  const sorted = [...times].sort((a, b) => a - b);
  let largest = 0;
  for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const limit = sorted[Math.floor(part * (sorted.length - 1))] as number;
    const kept = (which: number): number[] =>
      times.filter((time, index) => time <= limit && classes[index] === which);
    const [left, right] = [kept(0), kept(1)];
    if (left.length > 50 && right.length > 50) {
      largest = Math.max(largest, Math.abs(welch(left, right)));
    }
  }
  return largest;
}

function measure({ name, fixed, random, run, leaks }: Target): {
  name: string;
  t: number;
  leaks: boolean;
  medianNs: number;
} {
  // Everything is made before the clock starts, and all secrets are copies made alike: an array whose buffer was
  // handed to the generator lies elsewhere than one that was not, and is slower to read.
  const classes = randomBytes(samples).map((byte) => byte & 1);
  const secrets = Array.from(classes, (each) => {
    const secret = new Uint8Array(fixed.length);
    secret.set(each === 0 ? fixed : random());
    return secret;
  });
  for (const secret of secrets.slice(0, 500)) run(secret);
  const times = secrets.map((secret) => {
    const start = process.hrtime.bigint();
    run(secret);
    return Number(process.hrtime.bigint() - start);
  });
  const medianNs = [...times].sort((a, b) => a - b)[times.length >> 1] as number;
  return { name, t: Number(largestT(times, classes).toFixed(2)), leaks, medianNs };
}

const results = targets.filter(({ name }) => name.includes(values.only)).map(measure);
for (const { name, t, medianNs } of results) {
  console.log(`${name}: |t| = ${t}, median ${(medianNs / 1000).toFixed(1)} µs`);
}
const failures = results
  .filter(({ t, leaks }) => t > LEAK !== leaks)
  .map(({ name, leaks }) => (leaks ? `${name}: not seen` : `${name}: leaks`));
const report = { name: "timing", samples, ok: failures.length === 0, results, failures };
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
for (const failure of failures) console.error(failure);
process.exitCode = report.ok ? 0 : 1;
