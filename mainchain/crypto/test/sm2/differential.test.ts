import { expect, test } from "vitest";
import { nobleVerifyDigest } from "../noble-sm2.ts";
import { hex } from "../vectors.ts";
import { Differential } from "./differential.ts";
import { FastCases } from "./fast-cases.ts";
import { SeededBytes } from "./fuzz-cases.ts";

const CASES = 100_000;

// More: npm run fuzz -w mainchain/crypto -- --fast 10000000
test("a hundred thousand cases: all walks, OpenSSL and sm-crypto say what construction says", () => {
  const cases = new FastCases(new SeededBytes("differential.test"));
  const differential = new Differential();
  for (let index = 0; index < CASES; index += 1) {
    const each = cases.next();
    differential.check(each);
    if (index % 16 === 0) differential.checkOpenssl(each);
    if (index % 2000 === 0) differential.checkSmCrypto(each);
  }
  differential.finish();
  const { seen } = differential;
  for (const kind of ["scalars true", "message true", "infinity false", "bad key false"]) {
    expect(seen[kind], kind).toBeGreaterThan(CASES / 40);
  }
  expect(seen["x above n true"]).toBeGreaterThan(1000);
  expect(seen["OpenSSL"]).toBeGreaterThan(500);
  expect(seen["sm-crypto"]).toBeGreaterThan(10);
}, 600_000);

// Found by the long run: d = 3, k = n − 2^221, and bit 220 of s is flipped.
test("a signature that a flipped bit leads from k to −k is valid still, and everyone says so", () => {
  const of = {
    kind: "flipped signature",
    signature: hex(
      "a800883336ce3804c231ec85986fe991a6db8ffe2abb93a2cd7db4010f223e26",
      "01ff99d91ee555fc6e5a8e9bcdac10d27bdd43b6f0d653db8fbfb303d190f1f5",
    ),
    digest: hex("b88419281a5a68eb4bf3c66b54229d9ff18d5647a711436312a354d90845bf0f"),
    publicKey: hex(
      "04a97f7cd4b3c993b4be2daa8cdb41e24ca13f6bd945302244e26918f1d0509ebf",
      "530b5dd88c688ef5ccc5cec08a72150f7c400ee5cd045292aaacdd037458f6e6",
    ),
    valid: true,
  };
  const differential = new Differential();
  differential.check(of);
  differential.checkSmCrypto(of);
  differential.finish();
  expect(nobleVerifyDigest(of.signature, of.digest, of.publicKey)).toBe(true);
});
