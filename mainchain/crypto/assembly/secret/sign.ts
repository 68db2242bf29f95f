import { CURVE_B, FE, fromWords, invert, isZero, mul, mulSub, ONE, add, sqr, sub, wipeField } from "../field";
import { wipeSm3 } from "../sm3";
import { fromBytes, isBelow, P, subWords } from "../words";
import { multiplyBase, multiplyPoint, wipeMultiples } from "./multiply";
import { toBytes, wipePlain } from "./normalize";
import { LONGEST_ENTROPY, nextNonce, rejectNonce, seedNonces, wipeNonces } from "./nonce";
import { POINT, setPoint, wipePoints } from "./point";
import {
  addScalars,
  invertScalar,
  maskBelowOrder,
  maskOfZero,
  mulScalars,
  reduceScalar,
  SCALAR,
  subScalars,
  wipeScalars,
} from "./scalar";

/**
 * What the host does with secrets of SM2. Input: d (32 bytes), k (32), e or another public scalar (32), a public
 * point 04‖x‖y (65), entropy (up to 1,024). Output: 65 bytes. The host wipes after every use.
 */
const INPUT = memory.data(32 + 32 + 32 + 65 + 1024, 8);
const SECRET: usize = INPUT;
const NONCE: usize = INPUT + 32;
const DIGEST: usize = INPUT + 64;
const PUBLIC_POINT: usize = INPUT + 96;
const ENTROPY: usize = INPUT + 161;
const OUTPUT = memory.data(65, 8);

const SCALARS = memory.data(6 * 32);
const D: usize = SCALARS;
const K: usize = SCALARS + SCALAR;
const E: usize = SCALARS + 2 * SCALAR;
const R: usize = SCALARS + 3 * SCALAR;
const S: usize = SCALARS + 4 * SCALAR;
const T: usize = SCALARS + 5 * SCALAR;
const REDUCED = memory.data(32);

const BASE = memory.data(108);
const PRODUCT = memory.data(108);
const AFFINE = memory.data(72);
const Z = memory.data(36);

const UNIT: usize = memory.data<u32>([1, 0, 0, 0, 0, 0, 0, 0]);

export function secretAddress(): usize {
  return INPUT;
}

export function secretOutputAddress(): usize {
  return OUTPUT;
}

/** Everything that a secret went through, but for the machine's own registers and stack. */
export function wipe(): void {
  memory.fill(INPUT, 0, 96 + 65 + LONGEST_ENTROPY);
  memory.fill(OUTPUT, 0, 65);
  memory.fill(SCALARS, 0, 6 * SCALAR);
  memory.fill(REDUCED, 0, 32);
  memory.fill(BASE, 0, POINT);
  memory.fill(PRODUCT, 0, POINT);
  memory.fill(AFFINE, 0, 2 * FE);
  memory.fill(Z, 0, FE);
  wipeScalars();
  wipePoints();
  wipeMultiples();
  wipeNonces();
  wipePlain();
  wipeField();
  wipeSm3();
}

/** Big-endian bytes of eight words. */
function storeWords(out: usize, words: usize): void {
  for (let i: usize = 0; i < SCALAR; i += 4) store<u32>(out + 28 - i, bswap<u32>(load<u32>(words + i)));
}

/** Whether the 32 bytes are in [1, n − less]: the answer is public, what makes it is not. */
function inRange(words: usize, less: usize): bool {
  addScalars(T, words, less);
  // words < n, words ≠ 0, and words + less did not come round to 0 or beyond.
  const good = maskBelowOrder(words) & ~maskOfZero(words) & ~maskOfZero(T);
  return good != 0;
}

/** 1 if d is a secret key, in [1, n−2]. */
export function isSecretKey(): i32 {
  fromBytes(D, SECRET);
  return inRange(D, UNIT) ? 1 : 0;
}

/** OUTPUT = 04‖x‖y of the finite PRODUCT; 0 where it is not finite. */
function storeProduct(): i32 {
  invert(Z, PRODUCT + 2 * FE);
  mul(AFFINE, PRODUCT, Z);
  mul(AFFINE + FE, PRODUCT + FE, Z);
  store<u8>(OUTPUT, 4);
  toBytes(OUTPUT + 1, AFFINE);
  toBytes(OUTPUT + 33, AFFINE + FE);
  // Whether a secret multiple of a point of prime order is infinite is known beforehand: k is not 0.
  mul(Z, PRODUCT + 2 * FE, ONE);
  return isZero(Z) ? 0 : 1;
}

/** OUTPUT = d·G, for d in [1, n−1]. */
export function secretPublicKey(): i32 {
  fromBytes(D, SECRET);
  multiplyBase(PRODUCT, D);
  return storeProduct();
}

/** Whether PUBLIC_POINT is 04‖x‖y on the curve, coordinates below p; then BASE is it. Public data. */
function loadPoint(): bool {
  if (load<u8>(PUBLIC_POINT) != 4) return false;
  fromBytes(T, PUBLIC_POINT + 1);
  if (!isBelow(T, P)) return false;
  fromWords(AFFINE, T);
  fromBytes(T, PUBLIC_POINT + 33);
  if (!isBelow(T, P)) return false;
  fromWords(AFFINE + FE, T);
  sqr(Z, AFFINE);
  sub(Z, Z, ONE);
  sub(Z, Z, ONE);
  sub(Z, Z, ONE);
  sqr(BASE, AFFINE + FE);
  mulSub(Z, Z, AFFINE, BASE);
  add(Z, Z, CURVE_B);
  mul(Z, Z, ONE);
  if (!isZero(Z)) return false;
  setPoint(BASE, AFFINE);
  return true;
}

/** OUTPUT = d·point, for d in [1, n−1]; 0 where the point is none. */
export function secretMultiply(): i32 {
  if (!loadPoint()) return 0;
  fromBytes(D, SECRET);
  multiplyPoint(PRODUCT, BASE, D);
  return storeProduct();
}

/** d = d + e·k mod n, back into the input: key agreement's t. 0 where that is 0. */
export function secretCombine(): i32 {
  fromBytes(D, SECRET);
  fromBytes(K, NONCE);
  fromBytes(E, DIGEST);
  mulScalars(T, K, E);
  addScalars(D, D, T);
  storeWords(SECRET, D);
  return maskOfZero(D) == 0 ? 1 : 0;
}

/** (r, s) from D, K and E; false where the standard wants another nonce: r = 0, r + k = n or s = 0. */
function signLoaded(): bool {
  multiplyBase(PRODUCT, K);
  invert(Z, PRODUCT + 2 * FE);
  mul(AFFINE, PRODUCT, Z);
  toBytes(OUTPUT, AFFINE);
  fromBytes(R, OUTPUT);
  reduceScalar(R, R);
  addScalars(R, R, E);
  addScalars(T, R, K);
  // s = (k − r·d)/(1 + d) = (k + r)/(1 + d) − r: one product less.
  addScalars(S, D, UNIT);
  invertScalar(S, S);
  mulScalars(S, S, T);
  subScalars(S, S, R);
  storeWords(OUTPUT, R);
  storeWords(OUTPUT + 32, S);
  return (maskOfZero(R) | maskOfZero(T) | maskOfZero(S)) == 0;
}

function loadForSigning(): void {
  fromBytes(D, SECRET);
  fromBytes(E, DIGEST);
  reduceScalar(E, E);
}

/** OUTPUT = r‖s by the nonce in the input, in [1, n−1]; 0 where the standard wants another. */
export function secretSignWithNonce(): i32 {
  loadForSigning();
  fromBytes(K, NONCE);
  return signLoaded() ? 1 : 0;
}

/** OUTPUT = r‖s by a nonce of RFC 6979 with `length` bytes of extra entropy, d in [1, n−2]. */
export function secretSign(length: usize): void {
  loadForSigning();
  storeWords(REDUCED, E);
  seedNonces(SECRET, REDUCED, ENTROPY, length);
  for (;;) {
    nextNonce(NONCE);
    fromBytes(K, NONCE);
    // A candidate outside [1, n−1] is thrown away, so that it was one gives nothing away.
    const usable = maskBelowOrder(K) & ~maskOfZero(K);
    if (usable != 0 && signLoaded()) return;
    rejectNonce();
  }
}
