import { secp256k1 as curve } from "@noble/curves/secp256k1.js";
import { bytesToBigint, concatBytes } from "./bytes.ts";
import { CryptoError, expectBytes } from "./crypto-error.ts";
import { keccak256 } from "./keccak256.ts";

const { Point } = curve;
const { Fp, Fn } = Point;
const N = Fn.ORDER;
const P = Fp.ORDER;
const HALF_N = N >> 1n;

function addressOf(publicKey: Uint8Array): Uint8Array {
  return keccak256(publicKey.subarray(1)).slice(12);
}

/** The point with this x and this parity of y, if the curve has one. */
function liftX(x: bigint, odd: boolean): InstanceType<typeof Point> | undefined {
  const square = (x * x * x + 7n) % P;
  const root = Fp.pow(square, (P + 1n) / 4n);
  if ((root * root) % P !== square) return undefined;
  return Point.fromAffine({ x, y: (root & 1n) === (odd ? 1n : 0n) ? root : P - root });
}

/**
 * The Ethereum address (20 bytes) whose key made `signature` over `digest`, or undefined where the
 * signature is not one: wrong length, r or s outside [1, n−1], s above n/2 (EIP-2), v other than 27 or 28,
 * r not an x-coordinate, or the recovered key at infinity. Written out rather than around a `try`: inside
 * consensus a caught stack overflow would make one node disagree with the others.
 * @param digest 32 bytes, reduced mod n as `ecrecover` does
 * @param signature r‖s‖v, 65 bytes
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length` for the digest
 */
function recoverAddress(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  expectBytes(digest, "digest", 32);
  expectBytes(signature, "signature");
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
  const r = bytesToBigint(signature.subarray(0, 32));
  const s = bytesToBigint(signature.subarray(32, 64));
  if (r < 1n || r >= N || s < 1n || s > HALF_N) return undefined;
  const nonce = liftX(r, v === 28);
  if (!nonce) return undefined;
  const inverse = Fn.inv(r);
  const u1 = Fn.create(-Fn.create(bytesToBigint(digest)) * inverse);
  const u2 = Fn.create(s * inverse);
  const key = Point.BASE.mulAddUnsafe(u1, nonce, u2);
  return key.is0() ? undefined : addressOf(key.toBytes(false));
}

/** Source: SEC 2. d ∈ [1, n−1]. */
function expectSecretKey(secretKey: Uint8Array): void {
  expectBytes(secretKey, "secretKey", 32);
  const d = bytesToBigint(secretKey);
  if (d < 1n || d >= N) throw new CryptoError({ code: "crypto/bad-range", operand: "secretKey" });
}

/**
 * Signs a digest as it is (no hash, no prefix): r‖s‖v, 65 bytes, low s, v ∈ {27, 28}, nonce by RFC 6979.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
function sign(digest: Uint8Array, secretKey: Uint8Array): Uint8Array {
  expectBytes(digest, "digest", 32);
  expectSecretKey(secretKey);
  const signature = curve.sign(digest, secretKey, {
    prehash: false,
    lowS: true,
    format: "recovered",
  });
  const recovery = signature[0] as number;
  // r + n < p: one chance in 2^128, and Ethereum has no v for it.
  if (recovery > 1) throw new Error("secp256k1 nonce point above the group order");
  return concatBytes(signature.subarray(1), Uint8Array.of(27 + recovery));
}

/** Ethereum address, 20 bytes. @throws {CryptoError} `crypto/bad-length`, `crypto/bad-range` */
function getAddress(secretKey: Uint8Array): Uint8Array {
  expectSecretKey(secretKey);
  return addressOf(curve.getPublicKey(secretKey, false));
}

/** 32 bytes from the platform's generator. */
function randomSecretKey(): Uint8Array {
  return curve.utils.randomSecretKey();
}

/** secp256k1 as Ethereum uses it. */
export const secp256k1: {
  readonly recoverAddress: typeof recoverAddress;
  readonly sign: typeof sign;
  readonly getAddress: typeof getAddress;
  readonly randomSecretKey: typeof randomSecretKey;
} = { recoverAddress, sign, getAddress, randomSecretKey };
