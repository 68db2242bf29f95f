import { add, CURVE_B, FE, mul, mulSub, ONE, sqr, sub, subThrice } from "../field";
import { reduce } from "./normalize";

/**
 * Points in homogeneous coordinates, x = X/Z, y = Y/Z, with the complete formulas of Renes, Costello and Batina
 * (2016, algorithms 4 to 6, a = −3): right for every pair of points, equal, opposite and infinite ones
 * included, so that no case needs a branch. Coordinates leave `reduce`d: size ≤ 0.51, weight ≤ 1.2.
 */
export const POINT: usize = 3 * FE;

const TEMPORARY = memory.data(36 * 10);
const T0: usize = TEMPORARY;
const T1: usize = TEMPORARY + FE;
const T2: usize = TEMPORARY + 2 * FE;
const T3: usize = TEMPORARY + 3 * FE;
const T4: usize = TEMPORARY + 4 * FE;
const M: usize = TEMPORARY + 5 * FE;
const U: usize = TEMPORARY + 6 * FE;
const V: usize = TEMPORARY + 7 * FE;
const LEFT: usize = TEMPORARY + 8 * FE;
const RIGHT: usize = TEMPORARY + 9 * FE;

/** 3b of the curve, times R. */
const THREE_B: usize = memory.data<i32>([
  139655374, -158258813, -46657004, 162810696, 157985499, -15614219, 209434178, 175737505, -7998317,
]);

export function wipePoints(): void {
  memory.fill(TEMPORARY, 0, 10 * FE);
}

/** out = 3a */
function thrice(out: usize, a: usize): void {
  for (let i: usize = 0; i < FE; i += 4) store<i32>(out + i, 3 * load<i32>(a + i));
}

/**
 * X and Y of a sum from T0 = X₁X₂, T1 = Y₁Y₂, T2 = Z₁Z₂, T3 = X₁Y₂ + X₂Y₁, T4 = Y₁Z₂ + Y₂Z₁ and
 * M = X₁Z₂ + X₂Z₁ (weight ≤ 2). Leaves RIGHT = T1 + 3u and V = t0 − t2 for the Z of an addition.
 */
function finish(p: usize): void {
  thrice(U, M);
  mulSub(U, THREE_B, T2, U); // 3(b·Z₁Z₂ − M) = 3u, size ≤ 5.3
  sub(LEFT, T1, U); // weight 2
  add(RIGHT, T1, U); // weight 2
  thrice(V, T2);
  add(V, V, T0); // weight ≤ 4.6
  mulSub(U, CURVE_B, M, V); // b·M − 3Z₁Z₂ − X₁X₂, size ≤ 2.6
  thrice(U, U); // weight 3, size ≤ 7.8
  sub(V, T0, T2); // weight ≤ 2.2
  mul(M, V, U);
  subThrice(M, ZERO, M); // −3·(…), weight 3
  mulSub(p + FE, LEFT, RIGHT, M);
  mul(M, T4, U);
  mulSub(p, T3, LEFT, M);
  reduce(p, p);
  reduce(p + FE, p + FE);
}

const ZERO = memory.data(36);

function finishAddition(p: usize): void {
  finish(p);
  // T4·(T1 + 3u) + 3·T3·(t0 − t2)
  mul(M, T3, V);
  subThrice(M, ZERO, M);
  mulSub(p + 2 * FE, T4, RIGHT, M);
  reduce(p + 2 * FE, p + 2 * FE);
}

/** p = p + q. 12M + 2 by b. */
export function addPoint(p: usize, q: usize): void {
  mul(T0, p, q);
  mul(T1, p + FE, q + FE);
  mul(T2, p + 2 * FE, q + 2 * FE);
  add(LEFT, p, p + FE);
  add(RIGHT, q, q + FE);
  add(U, T0, T1);
  mulSub(T3, LEFT, RIGHT, U);
  add(LEFT, p + FE, p + 2 * FE);
  add(RIGHT, q + FE, q + 2 * FE);
  add(U, T1, T2);
  mulSub(T4, LEFT, RIGHT, U);
  add(LEFT, p, p + 2 * FE);
  add(RIGHT, q, q + 2 * FE);
  add(U, T0, T2);
  mulSub(M, LEFT, RIGHT, U);
  finishAddition(p);
}

/** p = p + (x, y at x + FE). 11M + 2 by b. */
export function addAffine(p: usize, x: usize): void {
  const y = x + FE;
  const z = p + 2 * FE;
  mul(T0, p, x);
  mul(T1, p + FE, y);
  add(LEFT, p, p + FE);
  add(RIGHT, x, y);
  add(U, T0, T1);
  mulSub(T3, LEFT, RIGHT, U);
  sub(U, ZERO, p + FE);
  mulSub(T4, y, z, U);
  sub(U, ZERO, p);
  mulSub(M, x, z, U);
  memory.copy(T2, z, FE);
  finishAddition(p);
}

/** p = 2p. 8M + 3S. */
export function doublePoint(p: usize): void {
  const y = p + FE;
  const z = p + 2 * FE;
  sqr(T0, p);
  sqr(T1, y);
  sqr(T2, z);
  mul(T3, p, y);
  add(T3, T3, T3); // weight 2
  mul(M, p, z);
  add(M, M, M); // weight 2
  mul(T4, y, z);
  add(T4, T4, T4); // weight 2
  finish(p);
  mul(z, T4, T1); // 2YZ·Y²
  add(z, z, z);
  add(z, z, z);
  reduce(z, z);
}

/** p = (x, y). */
export function setPoint(p: usize, x: usize): void {
  memory.copy(p, x, 2 * FE);
  memory.copy(p + 2 * FE, ONE, FE);
}
