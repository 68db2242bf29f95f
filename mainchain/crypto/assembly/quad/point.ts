import {
  add,
  addTwice,
  copy,
  eightTimes,
  FE,
  fourTimesSub,
  mul,
  mulSub,
  ONE,
  sqr,
  sqrSub,
  sub,
  subThrice,
  ZERO,
} from "./field";

/**
 * Four points, one in each lane, in Jacobian coordinates. Equal, opposite and infinite points have no branch here:
 * where two such meet in an addition, Z becomes 0 and stays 0, and the caller asks the other engine.
 */
export const POINT: usize = 3 * FE;

const T0 = memory.data(160, 16);
const T1 = memory.data(160, 16);
const T2 = memory.data(160, 16);
const T3 = memory.data(160, 16);
const T4 = memory.data(160, 16);
const H = memory.data(160, 16);
const RR = memory.data(160, 16);
const V = memory.data(160, 16);

/** p = 2p, for a = −3. 3M + 5S. */
export function double(p: usize): void {
  const x = p;
  const y = p + FE;
  const z = p + 2 * FE;
  sqr(T0, z); // δ
  sqr(T1, y); // γ
  add(T3, x, T0); // X + δ, weight 2
  sub(T2, x, T0); // X − δ, weight 2
  mul(T2, T2, T3);
  subThrice(T2, T2, ZERO); // M = 3(X − δ)(X + δ)
  add(T3, y, z);
  add(T4, T0, T1);
  sqrSub(z, T3, T4); // Z' = (Y + Z)² − γ − δ
  mul(T3, x, T1); // β = Xγ
  sqr(T1, T1);
  eightTimes(T1, T1);
  eightTimes(T4, T3);
  sqrSub(x, T2, T4); // X' = M² − 8β
  fourTimesSub(T3, T3, x); // 4β − X', weight 5
  mulSub(y, T2, T3, T1); // Y' = M(4β − X') − 8γ²
}

/** p = p + q, q affine. 8M + 3S. */
export function addAffine(p: usize, q: usize): void {
  const y = p + FE;
  const z = p + 2 * FE;
  sqr(T0, z);
  mul(T1, T0, z);
  mulSub(H, q, T0, p);
  mulSub(RR, q + FE, T1, y);
  mul(z, z, H);
  sqr(T0, H);
  mul(T1, T0, H);
  mul(V, p, T0);
  addTwice(T2, T1, V);
  mul(T4, y, T1);
  sqrSub(p, RR, T2); // X' = R² − H³ − 2V
  sub(T3, V, p);
  mulSub(y, RR, T3, T4); // Y' = R(V − X') − Y₁H³
}

/**
 * twice = 2P and p = P over one Z = 2y, which is left in z, from the affine P = p. 3M + 5S.
 * Meloni 2007; Goundar, Joye, Miyaji 2010 (DBLU).
 */
export function doubleShared(twice: usize, p: usize, z: usize): void {
  const x = p;
  const y = p + FE;
  add(z, y, y); // Z = 2y, weight 2
  sqr(T0, z); // 4y²
  sqr(T1, y);
  add(T1, T1, T1); // 2y², weight 2
  mul(T1, T0, T1); // Y of P: 8y⁴
  sqr(T2, x);
  subThrice(T2, T2, ONE); // M = 3(x² − 1)
  mul(p, x, T0); // X of P: 4xy²
  copy(p + FE, T1);
  add(T3, p, p);
  sqrSub(twice, T2, T3); // M² − 2X
  sub(T3, p, twice);
  mulSub(twice + FE, T2, T3, T1); // M(X − X') − 8y⁴
}

/**
 * sum = p + q, and p over the sum's Z, which is the earlier one times `factor` = X_p − X_q. 5M + 2S (ZADDU).
 */
export function addShared(sum: usize, p: usize, q: usize, factor: usize): void {
  sub(factor, p, q); // weight 2
  sqr(T0, factor);
  mul(T1, q, T0); // W₂
  sub(RR, p + FE, q + FE); // weight 2
  mul(p, p, T0); // W₁
  sub(T2, p, T1);
  mul(p + FE, p + FE, T2); // A₁ = Y_p(W₁ − W₂)
  add(T2, p, T1);
  sqrSub(sum, RR, T2); // R² − W₁ − W₂
  sub(T3, p, sum);
  mulSub(sum + FE, RR, T3, p + FE); // R(W₁ − X') − A₁
}
