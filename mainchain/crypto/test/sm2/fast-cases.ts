import { bigintToBytes, bytesToBigint, concatBytes, sm2, sm3 } from "../../src/index.ts";
import { N, P, Point } from "../../src/sm2/curve.ts";
import { modN, nobleVerifyDigest } from "../noble-sm2.ts";
import { fuzzCase, type SeededBytes } from "./fuzz-cases.ts";

/** A digest-level verification problem whose answer follows from how it was made. */
export interface FastCase {
  readonly kind: string;
  readonly signature: Uint8Array;
  readonly digest: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly valid: boolean;
  /** SM3 of it is the digest, where that is so: what OpenSSL can be asked */
  readonly preimage?: Uint8Array;
}

interface Key {
  readonly d: bigint;
  /** 1/(1 + d) */
  readonly inverse: bigint;
  readonly publicKey: Uint8Array;
}

/** A case, and who knows its secret key can say what another signature of its digest must be. */
interface Known extends FastCase {
  readonly d: bigint;
}

const TOP = 1n << 256n;
const KEYS = 96;
const HIGH_X = 24;
const EDGES: readonly bigint[] = [0n, 1n, 2n, N - 2n, N - 1n, N, N + 1n, P, TOP - 1n];

const bytes32 = (value: bigint): Uint8Array => bigintToBytes(value, 32);
const pair = (r: bigint, s: bigint): Uint8Array => concatBytes(bytes32(r), bytes32(s));

/**
 * Cases by construction: for a known d, s·G + t·P is (s + t·d)·G, which the kernel of secrets computes by other
 * formulas than the kernel under test. Thousands a second, where bigints make some hundred.
 */
export class FastCases {
  readonly #random: SeededBytes;
  readonly #keys: readonly Key[];
  readonly #highX: readonly FastCase[];

  constructor(random: SeededBytes) {
    this.#random = random;
    const edges = [1n, 2n, 3n, N - 2n, N - 3n, (N - 1n) / 2n, 1n << 255n, (1n << 133n) - 1n];
    this.#keys = Array.from({ length: KEYS }, (_, index) => {
      const d = edges[index] ?? (random.bigint() % (N - 2n)) + 1n;
      return { d, inverse: Point.Fn.inv(d + 1n), publicKey: sm2.getPublicKey(bytes32(d)) };
    });
    this.#highX = this.#casesAboveOrder();
  }

  next(): FastCase {
    const random = this.#random;
    switch (random.below(12)) {
      case 0:
        return this.#infinity();
      case 1:
        return this.#boundary(this.#byScalars());
      case 2:
        return this.#badKey(this.#byScalars());
      case 3:
      case 4:
        return this.#flipped(this.#byScalars());
      case 5:
        return random.pick(this.#highX);
      case 6:
        return this.#digestAboveOrder();
      case 7:
      case 8:
        return this.#byMessage();
      case 9:
        return this.#flipped(this.#byMessage());
      default:
        return this.#byScalars();
    }
  }

  /** R.x in [n, p), where the order's remainder is not the coordinate. From the slow generator, made once. */
  #casesAboveOrder(): FastCase[] {
    const found: FastCase[] = [];
    while (found.length < HIGH_X) {
      const each = fuzzCase(this.#random);
      // Where r came out 0 it is not valid.
      const valid = nobleVerifyDigest(each.signature, each.digest, each.publicKey);
      if (each.kind === "x above n" && valid) found.push({ ...each, valid });
    }
    return found;
  }

  /** In [1, n−1]: small, large, sparse, dense, next to powers of two, or any. */
  #scalar(): bigint {
    const random = this.#random;
    const any = random.bigint();
    const power = 1n << (any % 256n);
    const values = [
      any,
      any,
      any >> 200n,
      power,
      power - 1n,
      N - power,
      N - (any >> 248n),
      TOP / 3n,
    ];
    const value = modN(random.pick(values));
    return value === 0n ? 1n : value;
  }

  #byScalars(): Known {
    const { d, publicKey } = this.#random.pick(this.#keys);
    const [s, t] = [this.#scalar(), this.#scalar()];
    const k = modN(s + t * d);
    const r = modN(t - s);
    if (k === 0n || r === 0n) return this.#byScalars();
    const e = modN(r - xOf(k));
    return {
      kind: "scalars",
      signature: pair(r, s),
      digest: bytes32(e),
      publicKey,
      d,
      valid: true,
    };
  }

  /** A message OpenSSL can hash, and a nonce from the edges. */
  #byMessage(): Known {
    const { d, inverse, publicKey } = this.#random.pick(this.#keys);
    const preimage = bytes32(this.#random.bigint());
    const digest = sm3(preimage);
    const k = this.#scalar();
    const r = modN(bytesToBigint(digest) + xOf(k));
    const s = modN(inverse * (k - r * d));
    if (r === 0n || s === 0n || r + k === N) return this.#byMessage();
    return { kind: "message", signature: pair(r, s), digest, publicKey, d, valid: true, preimage };
  }

  #infinity(): FastCase {
    const { d, publicKey } = this.#random.pick(this.#keys);
    const t = this.#scalar();
    const s = modN(-t * d);
    const r = modN(t - s);
    // A verifier that takes infinity for x = 0 sees r = e.
    return { kind: "infinity", signature: pair(r, s), digest: bytes32(r), publicKey, valid: false };
  }

  /**
   * Whether `signature` is one of `of`'s digest too. The same r asks for the same x, which k and −k have: with a
   * small d and a sparse k, one flipped bit of s leads from one to the other. Another r asks for an x that nobody aimed
   * at.
   */
  #isValidToo(of: Known, signature: Uint8Array): boolean {
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(bytesToBigint) as [
      bigint,
      bigint,
    ];
    const first = bytesToBigint(of.signature.subarray(0, 32));
    const t = modN(r + s);
    if (r !== first || s === 0n || s >= N || t === 0n) return false;
    const second = bytesToBigint(of.signature.subarray(32));
    const k = modN(second + (first + second) * of.d);
    const other = modN(s + t * of.d);
    return other === k || other === N - k;
  }

  #boundary(of: Known): FastCase {
    const random = this.#random;
    const r = bytesToBigint(of.signature.subarray(0, 32));
    const s = bytesToBigint(of.signature.subarray(32));
    const edge = random.pick(EDGES);
    const candidates = [
      pair(edge, s),
      pair(r, edge),
      pair(edge, random.pick(EDGES)),
      pair(r, N - r),
    ];
    if (r + N < TOP) candidates.push(pair(r + N, s));
    if (s + N < TOP) candidates.push(pair(r, s + N));
    const signature = random.pick(candidates);
    return { ...of, kind: "boundary", signature, valid: this.#isValidToo(of, signature) };
  }

  #badKey(of: FastCase): FastCase {
    const random = this.#random;
    const x = bytesToBigint(of.publicKey.subarray(1, 33));
    const y = bytesToBigint(of.publicKey.subarray(33));
    const key = (prefix: number, left: bigint, right: bigint): Uint8Array =>
      concatBytes(Uint8Array.of(prefix), bytes32(left), bytes32(right));
    const publicKey = random.pick([
      key(random.pick([0, 1, 2, 3, 5, 6, 7, 0x84]), x, y),
      key(4, x, (y + 1n) % P),
      key(4, x, P - y),
      key(4, y, x),
      key(4, P, y),
      key(4, x, P),
      key(4, TOP - 1n, TOP - 1n),
      key(4, 0n, 0n),
      x + P < TOP ? key(4, x + P, y) : key(4, x ^ 1n, y),
    ]);
    return { ...of, kind: "bad key", publicKey, valid: false };
  }

  #flipped(of: Known): FastCase {
    const field = this.#random.pick(["signature", "digest", "publicKey"] as const);
    const { preimage: _, ...rest } = of;
    const bit = this.#random.below(8 * of[field].length);
    const flipped = of[field].map((byte, index) =>
      index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
    );
    const kept = field !== "digest" && of.preimage !== undefined ? { preimage: of.preimage } : {};
    const valid = field === "signature" && this.#isValidToo(of, flipped);
    return { ...rest, ...kept, kind: `flipped ${field}`, [field]: flipped, valid };
  }

  /** e and e + n are one digest. */
  #digestAboveOrder(): FastCase {
    const of = this.#byScalars();
    const e = bytesToBigint(of.digest);
    return e + N < TOP ? { ...of, kind: "digest above n", digest: bytes32(e + N) } : of;
  }
}

/** The x of k·G, k in [1, n−1]. */
function xOf(k: bigint): bigint {
  // n − 1 is no secret key, and its point has G's x.
  const publicKey = sm2.getPublicKey(bytes32(k === N - 1n ? 1n : k));
  return bytesToBigint(publicKey.subarray(1, 33));
}
