import {
  add,
  addTwice,
  copy,
  fourTimesSub,
  FE,
  isZero,
  mul,
  mulSub,
  mulSubEightSquares,
  mulSubMul,
  negate,
  ONE,
  sqr,
  sqrSub,
  sqrSub8,
  sub,
  subThrice,
} from "./field";

/**
 * Points in Jacobian coordinates, x = X/Z², y = Y/Z³: X, Y, Z one after the other, limbs of weight 1.
 * Infinity is Z = 0, and then its limbs are 0: Z leaves an addition as a plain product, and a doubling
 * never makes a zero (the order is odd).
 */
export const POINT: usize = 3 * FE;

const T0 = memory.data(36);
const T1 = memory.data(36);
const T2 = memory.data(36);
const T3 = memory.data(36);
const T4 = memory.data(36);
const H = memory.data(36);
const RR = memory.data(36);
const V = memory.data(36);
const NEGATED = memory.data(36);

@inline
export function isInfinity(p: usize): bool {
  return isZero(p + 2 * FE);
}

export function setInfinity(p: usize): void {
  memory.fill(p, 0, POINT);
}

export function setAffine(p: usize, x: usize, y: usize): void {
  copy(p, x);
  copy(p + FE, y);
  copy(p + 2 * FE, ONE);
}

/** p = 2p, for a = −3. 3M + 5S. */
export function double(p: usize): void {
  const x = p;
  const y = p + FE;
  const z = p + 2 * FE;
  if (isZero(z)) return;
  sqr(T0, z); // δ
  sqr(T1, y); // γ
  subThrice(T2, x, T0); // 3(X − δ), weight 6
  add(T3, x, T0); // X + δ, weight 2
  mul(T2, T2, T3); // M
  add(T3, y, z);
  add(T4, T0, T1);
  sqrSub(z, T3, T4); // Z' = (Y + Z)² − γ − δ
  mul(T3, x, T1); // β = Xγ
  sqrSub8(x, T2, T3); // X' = M² − 8β
  fourTimesSub(T3, T3, x); // 4β − X', weight 5
  mulSubEightSquares(y, T2, T3, T1); // Y' = M(4β − X') − 8γ²
}

/** X', Y', Z' from V = X₁·H², H² in T0, H³ in T1, −Y₁·H³ due, R; Z' is already there. */
@inline
function finishAddition(p: usize, y1: usize): void {
  addTwice(T2, T1, V);
  sqrSub(p, RR, T2); // X' = R² − H³ − 2V
  sub(T3, V, p);
  mulSubMul(p + FE, RR, T3, y1, T1); // Y' = R(V − X') − Y₁H³
}

/** H was 0 mod p: the points are equal, or opposite. */
function addEqualOrOpposite(p: usize, q: usize, y: usize, zOfQ: usize): void {
  mul(T0, RR, ONE);
  if (!isZero(T0)) {
    setInfinity(p);
    return;
  }
  copy(p, q);
  copy(p + FE, y);
  copy(p + 2 * FE, zOfQ);
  double(p);
}

/** p = p + (x, y), any p. 8M + 3S. */
export function addAffine(p: usize, x: usize, y: usize): void {
  const z = p + 2 * FE;
  if (isZero(z)) {
    setAffine(p, x, y);
    return;
  }
  sqr(T0, z);
  mul(T1, T0, z);
  mulSub(H, x, T0, p);
  mulSub(RR, y, T1, p + FE);
  mul(T2, z, H);
  if (isZero(T2)) {
    addEqualOrOpposite(p, x, y, ONE);
    return;
  }
  copy(z, T2);
  sqr(T0, H);
  mul(T1, T0, H);
  mul(V, p, T0);
  finishAddition(p, p + FE);
}

/** p = p ± (x, y at x + FE). */
export function addAffineSigned(p: usize, x: usize, negative: bool): void {
  if (!negative) {
    addAffine(p, x, x + FE);
    return;
  }
  negate(NEGATED, x + FE);
  addAffine(p, x, NEGATED);
}

/** A point with Z² and Z³ beside it. */
export const WIDE_POINT: usize = 5 * FE;

export function widen(out: usize, p: usize): void {
  memory.copy(out, p, POINT);
  widenInPlace(out);
}

export function widenInPlace(p: usize): void {
  sqr(p + 3 * FE, p + 2 * FE);
  mul(p + 4 * FE, p + 3 * FE, p + 2 * FE);
}

/** twice = 2P and p = P over one Z = 2y, which is left in z, from the affine P = p. 3M + 5S (DBLU of co-Z). */
export function doubleShared(twice: usize, p: usize, z: usize): void {
  const y = p + FE;
  add(z, y, y); // weight 2
  sqr(T0, z); // 4y²
  sqr(T1, y);
  add(T1, T1, T1); // 2y², weight 2
  sqr(T2, p);
  sub(T2, T2, ONE);
  addTwice(T2, T2, T2); // M = 3(x² − 1), weight 6
  mul(T2, T2, ONE);
  mul(p, p, T0); // X of P: 4xy²
  mul(y, T0, T1); // Y of P: 8y⁴
  add(T3, p, p);
  sqrSub(twice, T2, T3); // M² − 2X
  sub(T3, p, twice);
  mulSub(twice + FE, T2, T3, y); // M(X − X') − 8y⁴
}

/** sum = p + q, and p over the sum's Z, which is the earlier one times factor = X_p − X_q. 5M + 2S (ZADDU). */
export function addShared(sum: usize, p: usize, q: usize, factor: usize): void {
  sub(factor, p, q); // weight 2
  sub(RR, p + FE, q + FE); // weight 2
  sqr(T0, factor);
  mul(T1, q, T0); // W₂
  mul(p, p, T0); // W₁
  sub(T2, p, T1);
  mul(p + FE, p + FE, T2); // A = Y_p(W₁ − W₂)
  add(T2, p, T1);
  sqrSub(sum, RR, T2); // R² − W₁ − W₂
  sub(T3, p, sum);
  mulSub(sum + FE, RR, T3, p + FE); // R(W₁ − X') − A
}

const U1 = memory.data(36);
const S1 = memory.data(36);

/** p = p ± q, q wide and not infinity. 12M + 4S less the two squares kept in q. */
export function addWideSigned(p: usize, q: usize, negative: bool): void {
  const z = p + 2 * FE;
  let y = q + FE;
  if (negative) {
    negate(NEGATED, y);
    y = NEGATED;
  }
  if (isZero(z)) {
    copy(p, q);
    copy(p + FE, y);
    copy(z, q + 2 * FE);
    return;
  }
  mul(U1, p, q + 3 * FE);
  mul(S1, p + FE, q + 4 * FE);
  sqr(T0, z);
  mul(T1, T0, z);
  mulSub(H, q, T0, U1);
  mulSub(RR, y, T1, S1);
  mul(T2, z, q + 2 * FE);
  mul(T2, T2, H);
  if (isZero(T2)) {
    addEqualOrOpposite(p, q, y, q + 2 * FE);
    return;
  }
  copy(z, T2);
  sqr(T0, H);
  mul(T1, T0, H);
  mul(V, U1, T0);
  finishAddition(p, S1);
}
