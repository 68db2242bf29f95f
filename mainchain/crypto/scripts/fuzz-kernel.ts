import { parseArgs } from "node:util";
import { bytesToHex, concatBytes, sm2 } from "../src/index.ts";
import { identityDigest } from "../src/sm2/identity.ts";
import { type KernelAnswers, KernelUnderTest, MOST_TOGETHER } from "../test/kernel-sm2.ts";
import { nobleVerifyDigest } from "../test/noble-sm2.ts";
import { opensslVerify } from "../test/openssl-sm2.ts";
import { Differential } from "../test/sm2/differential.ts";
import { FastCases } from "../test/sm2/fast-cases.ts";
import { fuzzCase, SeededBytes } from "../test/sm2/fuzz-cases.ts";

/**
 * Differential fuzzing of verification: --fast cases whose answer follows from how they are made, with OpenSSL's
 * opinion where it can be asked and sm-crypto's on some; --cases of crafted digests against bigints; --messages of
 * which half are damaged, against OpenSSL. Prints one JSON line; exits 1 at the first difference. Ten million fast
 * cases take about an hour and a half on one core, most of it OpenSSL's.
 */
const { values } = parseArgs({
  options: {
    fast: { type: "string", default: "100000" },
    cases: { type: "string", default: "5000" },
    messages: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
  },
});

const random = new SeededBytes(`fuzz ${values.seed}`);
const seen: Record<string, number> = {};

function refuse(what: object): never {
  console.error(JSON.stringify({ ok: false, seed: values.seed, ...what }));
  process.exit(1);
}

function fuzzFast(cases: number): void {
  const differential = new Differential();
  const source = new FastCases(random);
  for (let index = 0; index < cases; index += 1) {
    const each = source.next();
    try {
      differential.check(each);
      differential.checkOpenssl(each);
      if (index % 2000 === 0) differential.checkSmCrypto(each);
    } catch (error) {
      refuse({ index, what: String(error) });
    }
    if (index % 1_000_000 === 999_999) console.error(`${index + 1} fast cases`);
  }
  differential.finish();
  Object.assign(seen, differential.seen);
}

function fuzzDigests(cases: number): void {
  const kernel = new KernelUnderTest();
  for (let done = 0; done < cases; done += MOST_TOGETHER) {
    const batch = Array.from({ length: MOST_TOGETHER }, () => fuzzCase(random));
    const together = kernel.verifyTogether(batch);
    for (const [index, { kind, signature, digest, publicKey }] of batch.entries()) {
      const expected = nobleVerifyDigest(signature, digest, publicKey);
      seen[`${kind} ${expected}`] = (seen[`${kind} ${expected}`] ?? 0) + 1;
      const alone = kernel.verifyDigest(signature, digest, publicKey);
      const answers = [alone, together[index] as KernelAnswers];
      if (answers.every(({ fresh, prepared }) => fresh === expected && prepared === expected)) {
        continue;
      }
      const [s, e, k] = [signature, digest, publicKey].map(bytesToHex);
      refuse({ index, kind, expected, answers, signature: s, digest: e, publicKey: k });
    }
  }
}

function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

function damaged(bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length);
  return bytes.map((byte, index) => (index === at ? byte ^ (1 << random.below(8)) : byte));
}

function fuzzMessages(cases: number): void {
  const secretKeys = Array.from({ length: 64 }, () => sm2.randomSecretKey());
  for (let index = 0; index < cases; index += 1) {
    const secretKey = random.pick(secretKeys);
    const publicKey = sm2.getPublicKey(secretKey);
    const message = randomBytes(1 + random.below(100));
    const made = sm2.sign(message, secretKey, { extraEntropy: randomBytes(8) });
    const signature = random.below(2) === 0 ? made : damaged(made);
    const seenMessage = random.below(8) === 0 ? damaged(message) : message;
    const ours = sm2.verify(signature, seenMessage, publicKey);
    const zAndMessage = concatBytes(identityDigest(publicKey), seenMessage);
    const theirs = opensslVerify(signature, zAndMessage, publicKey);
    seen[`message ${theirs}`] = (seen[`message ${theirs}`] ?? 0) + 1;
    if (ours !== theirs) refuse({ index, ours, theirs, signature: bytesToHex(signature) });
  }
}

fuzzFast(Number(values.fast));
fuzzDigests(Number(values.cases));
fuzzMessages(Number(values.messages));
console.log(JSON.stringify({ ok: true, seed: values.seed, seen }));
