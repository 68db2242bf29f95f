import { expect, test } from "vitest";
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
}, 180_000);
