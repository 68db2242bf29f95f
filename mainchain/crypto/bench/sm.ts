import { spawnSync } from "node:child_process";
import { createHash, createPublicKey, createSign, createVerify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import smCrypto from "sm-crypto";
import * as smCryptoV2 from "sm-crypto-v2";
import { bytesToHex, createSm2Verifier, sm2, sm3, sm3Many, sm3Nodes } from "../src/index.ts";
import { identityDigest, messageDigest } from "../src/sm2/identity.ts";
import { nobleVerifyDigest } from "../test/noble-sm2.ts";
import { opensslSecretKey, spkiOf, toDer } from "../test/openssl-sm2.ts";

/**
 * Rates of this package beside sm-crypto, sm-crypto-v2, noble with SM2 parameters and node:crypto, all in one
 * run, round robin, so that a busy machine slows every one of them alike. Usage:
 * npm run bench:sm -- [--json FILE] [--runs N]
 */
const { values } = parseArgs({
  options: { json: { type: "string" }, runs: { type: "string", default: "7" } },
});
const runs = Number(values.runs);

interface Contestant {
  readonly name: string;
  /** operations that one call of `run` does */
  readonly operations: number;
  readonly run: () => void;
}

interface Figure {
  readonly name: string;
  readonly unit: "per second";
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  readonly versus: Record<string, number>;
}

const failures: string[] = [];

function must(holds: boolean, what: string): void {
  if (!holds) failures.push(what);
}

function ratePerSecond({ operations, run }: Contestant): number {
  const start = process.hrtime.bigint();
  run();
  return (operations * 1e9) / Number(process.hrtime.bigint() - start);
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

function figure(name: string, ours: Contestant, peers: readonly Contestant[] = []): Figure {
  const contestants = [ours, ...peers];
  for (const contestant of contestants) contestant.run();
  const rates = contestants.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    contestants.forEach((contestant, index) => {
      rates[index]?.push(ratePerSecond(contestant));
    });
  }
  const [own, ...others] = rates.map((each) => each.sort((a, b) => a - b)) as [
    number[],
    ...number[][],
  ];
  const versus: Record<string, number> = {};
  others.forEach((each, index) => {
    const { name: peer } = peers[index] as Contestant;
    versus[peer] = Number((median(own) / median(each)).toFixed(2));
    console.log(`  ${name}  ${peer}: ${Math.round(median(each))}/s`);
  });
  console.log(`${name}: ${Math.round(median(own))}/s`);
  return {
    name,
    unit: "per second",
    median: Math.round(median(own)),
    min: Math.round(own[0] as number),
    max: Math.round(own.at(-1) as number),
    runs,
    versus,
  };
}

function repeat(name: string, operations: number, act: (index: number) => unknown): Contestant {
  return {
    name,
    operations,
    run: () => {
      for (let index = 0; index < operations; index += 1) act(index);
    },
  };
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
) {
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

function fresh(): Figure {
  // A new verifier each time, so that no key is ever seen twice; its table of G is made outside the clock.
  const verifiers = Array.from({ length: runs + 1 }, () => {
    const verifier = createSm2Verifier();
    const warm = item(KEYS - 1);
    must(verifier.verify(warm.signature, warm.message, warm.publicKey), "warm-up");
    return verifier;
  });
  let all = true;
  const ours: Contestant = {
    name: "ours",
    operations: KEYS - 1,
    run: () => {
      const verifier = verifiers.pop();
      for (const each of items.slice(0, -1)) {
        all = verifier?.verify(each.signature, each.message, each.publicKey) === true && all;
      }
    },
  };
  const made = figure("sm2.verify.fresh", ours, [
    repeat("sm-crypto", 12, (index) => smCryptoVerify(item(index))),
    repeat("sm-crypto-v2", 40, (index) => v2Verify(item(index), item(index).hex.publicKey)),
    repeat("noble", 40, (index) => nobleVerify(item(index))),
    repeat("node:crypto", KEYS, (index) =>
      nodeVerify(item(index), createPublicKey(spkiOf(item(index).publicKey))),
    ),
  ]);
  must(all, "sm2.verify.fresh refused a signature");
  return made;
}

function cached(): Figure {
  const verifier = createSm2Verifier();
  verifier.prepare([only.publicKey]);
  const v2Key = smCryptoV2.sm2.precomputePublicKey(only.hex.publicKey);
  const nodeKey = createPublicKey(spkiOf(only.publicKey));
  let all = true;
  const made = figure(
    "sm2.verify.cached",
    repeat("ours", 2000, () => {
      all = verifier.verify(only.signature, only.message, only.publicKey) && all;
    }),
    [
      repeat("sm-crypto", 12, () => smCryptoVerify(only)),
      repeat("sm-crypto-v2", 40, () => v2Verify(only, v2Key)),
      repeat("noble", 40, () => nobleVerify(only)),
      repeat("node:crypto", 400, () => nodeVerify(only, nodeKey)),
    ],
  );
  must(all, "sm2.verify.cached refused a signature");
  return made;
}

function sign(): Figure {
  const key = opensslSecretKey(only.secretKey, only.publicKey);
  const options = { hash: true, publicKey: only.hex.publicKey };
  return figure(
    "sm2.sign",
    repeat("ours", 100, () =>
      sm2.sign(only.message, only.secretKey, { publicKey: only.publicKey }),
    ),
    [
      repeat("sm-crypto", 24, () =>
        smCrypto.sm2.doSignature(only.hex.message, only.hex.secretKey, options),
      ),
      repeat("sm-crypto-v2", 60, () =>
        smCryptoV2.sm2.doSignature(only.message, only.hex.secretKey, options),
      ),
      repeat("node:crypto", 400, () =>
        createSign("sm3").update(only.z).update(only.message).sign(key),
      ),
    ],
  );
}

function prepareKey(): Figure {
  const fixed = createSm2Verifier();
  fixed.prepare([only.publicKey]);
  const verifiers = Array.from({ length: runs + 1 }, () => createSm2Verifier());
  for (const verifier of verifiers) verifier.verify(only.signature, only.message, only.publicKey);
  return figure("sm2.prepareKey", {
    name: "ours",
    operations: KEYS - 1,
    run: () => verifiers.pop()?.prepare(items.slice(1).map((each) => each.publicKey)),
  });
}

function nodes(): Figure {
  const count = 4096;
  const input = Uint8Array.from({ length: 64 * count }, (_, index) => index & 0xff);
  const parts = Array.from({ length: count }, (_, i) => input.subarray(64 * i, 64 * i + 64));
  const part = (index: number): Uint8Array => parts[index % count] as Uint8Array;
  const words = parts.map((each) => Array.from(each));
  return figure(
    "sm3.nodes64",
    { name: "ours", operations: count, run: () => void sm3Nodes(input) },
    [
      repeat("one by one", count, (index) => sm3(part(index))),
      { name: "sm3Many", operations: count, run: () => void sm3Many(parts) },
      repeat("sm-crypto", 400, (index) => smCrypto.sm3(words[index % count] as number[])),
      repeat("sm-crypto-v2", 1000, (index) => smCryptoV2.sm3(part(index))),
      repeat("node:crypto", count, (index) => createHash("sm3").update(part(index)).digest()),
    ],
  );
}

checkPeers();
const figures = [fresh(), cached(), prepareKey(), sign(), nodes()];
for (const { name, versus } of figures.filter((each) => each.name.startsWith("sm2.verify"))) {
  for (const [peer, ratio] of Object.entries(versus)) must(ratio > 1, `${name} is behind ${peer}`);
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
