import { bigintToBytes, bytesToBigint, concatBytes, sm3, utf8ToBytes } from "../../src/index.ts";
import { A, B, decodePoint, N, P, type Sm2Point } from "../../src/sm2/curve.ts";
import { modN, multiplyBase } from "../noble-sm2.ts";

/** A digest-level verification problem and what it is about. */
export interface FuzzCase {
  readonly kind: string;
  readonly signature: Uint8Array;
  readonly digest: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Same seed, same cases. */
export class SeededBytes {
  #counter = 0n;
  readonly #seed: Uint8Array;

  constructor(seed: string) {
    this.#seed = utf8ToBytes(seed);
  }

  bigint(): bigint {
    this.#counter += 1n;
    return bytesToBigint(sm3(concatBytes(this.#seed, bigintToBytes(this.#counter, 8))));
  }

  below(limit: number): number {
    return Number(this.bigint() % BigInt(limit));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

const TOP = 1n << 256n;

/** Scalars on which windows, combs and carries turn. */
function scalar(random: SeededBytes): bigint {
  const power = 1n << BigInt(random.below(256));
  const tooth = 1n << BigInt(19 * random.below(14));
  const value = random.pick([
    random.bigint(),
    random.bigint(),
    random.bigint() & 0xffffn,
    power,
    power - 1n,
    power + 1n,
    N - power,
    N - 1n - BigInt(random.below(40)),
    1n + BigInt(random.below(40)),
    (TOP - 1n) / 3n,
    (TOP - 1n) / 5n,
    tooth,
    tooth + 2n,
    N - tooth,
    random.bigint() & (random.bigint() & random.bigint()),
    random.bigint() | random.bigint() | random.bigint(),
  ]);
  return (value % (N - 1n)) + (value % (N - 1n) === 0n ? 1n : 0n);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let e = exponent, square = base % P; e > 0n; e >>= 1n, square = (square * square) % P) {
    if (e & 1n) result = (result * square) % P;
  }
  return result;
}

/** The first point with an x from `from` upwards. */
function liftFrom(from: bigint, odd: boolean): Uint8Array {
  for (let x = from % P; ; x = (x + 1n) % P) {
    const square = (x ** 3n + A * x + B) % P;
    const root = power(square, (P + 1n) / 4n);
    if ((root * root) % P !== square) continue;
    const y = (root & 1n) === (odd ? 1n : 0n) ? root : P - root;
    return concatBytes(Uint8Array.of(4), bigintToBytes(x, 32), bigintToBytes(y, 32));
  }
}

function point(publicKey: Uint8Array): Sm2Point {
  const decoded = decodePoint(publicKey);
  if (decoded === undefined) throw new Error("not a point");
  return decoded;
}

const encode = (p: Sm2Point): Uint8Array => p.toBytes(false);
const pair = (r: bigint, s: bigint): Uint8Array =>
  concatBytes(bigintToBytes(r, 32), bigintToBytes(s, 32));

/** The signature (r, s) and digest e for which s·G + t·P is this sum: valid, unless r is 0. */
function made(kind: string, s: bigint, t: bigint, key: Uint8Array, sumX: bigint): FuzzCase {
  const r = modN(t - s);
  return {
    kind,
    signature: pair(r, s),
    digest: bigintToBytes(modN(r - sumX), 32),
    publicKey: key,
  };
}

function combination(s: bigint, t: bigint, key: Sm2Point): Sm2Point {
  return multiplyBase(s).add(key.multiplyUnsafe(t));
}

function validByScalars(random: SeededBytes, publicKey?: Uint8Array): FuzzCase {
  const s = scalar(random);
  const t = scalar(random);
  const key = publicKey ?? encode(multiplyBase(scalar(random)));
  const sum = combination(s, t, point(key));
  return made("scalars", s, t, key, sum.is0() ? 0n : sum.toAffine().x);
}

function infinite(random: SeededBytes): FuzzCase {
  const d = scalar(random);
  const t = scalar(random);
  return made("infinity", modN(-t * d), t, encode(multiplyBase(d)), 0n);
}

/** A key for which R is the point we want: P = (R − s·G)/t. */
function aimedAt(kind: string, random: SeededBytes, wanted: Uint8Array): FuzzCase {
  const s = scalar(random);
  const t = scalar(random);
  const inverse = powerModN(t, N - 2n);
  const key = point(wanted).subtract(multiplyBase(s)).multiplyUnsafe(inverse);
  if (key.is0()) return validByScalars(random);
  return made(kind, s, t, encode(key), bytesToBigint(wanted.subarray(1, 33)));
}

function powerModN(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let e = exponent, square = base; e > 0n; e >>= 1n, square = (square * square) % N) {
    if (e & 1n) result = (result * square) % N;
  }
  return result;
}

function specialKey(random: SeededBytes): Uint8Array {
  const start = random.pick([
    0n,
    BigInt(random.below(1000)),
    P - 1n - BigInt(random.below(1000)),
    1n << BigInt(random.below(256)),
    (1n << 64n) - 1n,
    (1n << 96n) - 1n,
    1n << 224n,
    N - BigInt(random.below(3)),
  ]);
  return liftFrom(start, random.below(2) === 1);
}

function flipped(random: SeededBytes, of: FuzzCase): FuzzCase {
  const flip = (bytes: Uint8Array): Uint8Array => {
    const bit = random.below(8 * bytes.length);
    return bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
  };
  const field = random.pick(["signature", "digest", "publicKey"] as const);
  return { ...of, kind: `flipped ${field}`, [field]: flip(of[field]) };
}

function boundary(random: SeededBytes, of: FuzzCase): FuzzCase {
  const edges = [0n, 1n, N - 1n, N, N + 1n, TOP - 1n];
  const r = bytesToBigint(of.signature.subarray(0, 32));
  const s = bytesToBigint(of.signature.subarray(32));
  const signature = random.pick([
    pair(random.pick(edges), s),
    pair(r, random.pick(edges)),
    pair(random.pick(edges), random.pick(edges)),
    pair(r, modN(N - r)),
    pair(modN(N - s), s),
  ]);
  return { ...of, kind: "boundary", signature };
}

/** e and e + n are the same digest mod n, where both fit. */
function digestAboveOrder(random: SeededBytes): FuzzCase {
  const s = scalar(random);
  const t = scalar(random);
  const key = encode(multiplyBase(scalar(random)));
  const sum = combination(s, t, point(key));
  const base = made("digest above n", s, t, key, sum.is0() ? 0n : sum.toAffine().x);
  const e = bytesToBigint(base.digest);
  return e + N < TOP ? { ...base, digest: bigintToBytes(e + N, 32) } : base;
}

function badKey(random: SeededBytes, of: FuzzCase): FuzzCase {
  const x = bytesToBigint(of.publicKey.subarray(1, 33));
  const y = of.publicKey.subarray(33);
  const publicKey = random.pick([
    concatBytes(Uint8Array.of(random.below(256)), of.publicKey.subarray(1)),
    concatBytes(Uint8Array.of(4), bigintToBytes((x + P) % TOP, 32), y),
    concatBytes(Uint8Array.of(4), bigintToBytes(P, 32), y),
    concatBytes(Uint8Array.of(4), bigintToBytes(TOP - 1n, 32), y),
    concatBytes(of.publicKey.subarray(0, 33), bigintToBytes(P, 32)),
    new Uint8Array(65).fill(0, 1).fill(4, 0, 1),
  ]);
  return { ...of, kind: "bad key", publicKey };
}

export function fuzzCase(random: SeededBytes): FuzzCase {
  switch (random.below(10)) {
    case 0:
      return infinite(random);
    case 1:
      // R.x in [n, p): the case in which x mod n is not x.
      return aimedAt("x above n", random, liftFrom(N + (random.bigint() >> 135n), true));
    case 2:
      return aimedAt("aimed", random, specialKey(random));
    case 3:
      return validByScalars(random, specialKey(random));
    case 4:
      return digestAboveOrder(random);
    case 5:
      return boundary(random, validByScalars(random));
    case 6:
      return badKey(random, validByScalars(random));
    case 7:
      return flipped(random, validByScalars(random));
    default:
      return validByScalars(random);
  }
}
