import { bigintToBytes, bytesToBigint, concatBytes } from "../bytes.ts";
import { CryptoError, expectBytes, expectRecord } from "../crypto-error.ts";
import { kdfSm3 } from "../kdf-sm3.ts";
import { withSecrets } from "../kernel/secret-kernel.ts";
import { sm3OfSecret } from "../sm3-hasher.ts";
import { decodePoint, encodePoint, type Sm2Point } from "./curve.ts";
import { identityDigest, type Sm2UserId, userIdBytes } from "./identity.ts";
import { expectSecretKey, getPublicKey, loadSecretKey, multiplySecret } from "./keys.ts";

export interface KeyAgreementInput {
  /** The initiator is the standard's user A, the responder its user B; each side names its own. */
  readonly role: "initiator" | "responder";
  /** 32 bytes */
  readonly secretKey: Uint8Array;
  /** 32 bytes, fresh for this run: `sm2.randomSecretKey()` */
  readonly ephemeralSecretKey: Uint8Array;
  /** 65 bytes */
  readonly peerPublicKey: Uint8Array;
  /** 65 bytes */
  readonly peerEphemeralPublicKey: Uint8Array;
  /** bytes of key wanted, 1 to 65,536 */
  readonly keyBytes: number;
  readonly selfId?: Sm2UserId;
  readonly peerId?: Sm2UserId;
}

export interface KeyAgreementResult {
  readonly key: Uint8Array;
  /** S1 = SB, 32 bytes: the responder sends it, the initiator compares */
  readonly responderConfirmation: Uint8Array;
  /** S2 = SA, 32 bytes: the initiator sends it, the responder compares */
  readonly initiatorConfirmation: Uint8Array;
}

const MOST_KEY_BYTES = 65_536;
const TWO_127 = 1n << 127n;

/** x̄ = 2^127 + (x mod 2^127) */
function truncatedX(publicKey: Uint8Array): bigint {
  return TWO_127 + (bytesToBigint(publicKey.subarray(1, 33)) % TWO_127);
}

function peerPoint(bytes: Uint8Array, operand: string): Sm2Point {
  expectBytes(bytes, operand, 65);
  const point = decodePoint(bytes);
  if (!point) throw new CryptoError({ code: "crypto/bad-point", operand });
  return point;
}

/** t = d + x̄·r mod n, 32 bytes. */
function ownScalar(input: KeyAgreementInput, ownEphemeral: Uint8Array): Uint8Array {
  return withSecrets((kernel) => {
    const { exports, memory, secret, nonce, digest } = kernel;
    loadSecretKey(kernel, input.secretKey);
    memory.set(input.ephemeralSecretKey, nonce);
    memory.set(bigintToBytes(truncatedX(ownEphemeral), 32), digest);
    if (exports.secretCombine() !== 1) {
      throw new CryptoError({ code: "crypto/bad-point", operand: "shared" });
    }
    return memory.slice(secret, secret + 32);
  });
}

/** x‖y of the shared point t·(P + x̄·R) of the peer's P and R, which are public. */
function sharedPoint(input: KeyAgreementInput, ownEphemeral: Uint8Array): Uint8Array {
  const peer = peerPoint(input.peerPublicKey, "peerPublicKey");
  const peerEphemeral = peerPoint(input.peerEphemeralPublicKey, "peerEphemeralPublicKey");
  const base = peer.add(peerEphemeral.multiplyUnsafe(truncatedX(input.peerEphemeralPublicKey)));
  if (base.is0()) throw new CryptoError({ code: "crypto/bad-point", operand: "shared" });
  const t = ownScalar(input, ownEphemeral);
  const product = multiplySecret(encodePoint(base), t);
  t.fill(0);
  if (product === undefined) throw new Error("SM2 shared base off the curve");
  return product.subarray(1);
}

/**
 * SM2 authenticated key agreement. Compare the peer's confirmation with `equalSecretBytes` before using the
 * key. Source: GB/T 32918.3-2016 §6.
 * @throws {CryptoError} `crypto/bad-point` for a peer's key off the curve or a shared point at infinity;
 * `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function keyAgreement(input: KeyAgreementInput): KeyAgreementResult {
  expectRecord(input, "input");
  if (input.role !== "initiator" && input.role !== "responder") {
    throw new CryptoError({ code: "crypto/bad-range", operand: "role" });
  }
  if (!Number.isInteger(input.keyBytes) || input.keyBytes < 1 || input.keyBytes > MOST_KEY_BYTES) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "keyBytes" });
  }
  userIdBytes(input.selfId, "selfId");
  userIdBytes(input.peerId, "peerId");
  expectSecretKey(input.secretKey);
  expectSecretKey(input.ephemeralSecretKey, "ephemeralSecretKey");
  const self = getPublicKey(input.secretKey);
  const selfEphemeral = getPublicKey(input.ephemeralSecretKey);
  const shared = sharedPoint(input, selfEphemeral);

  const selfZ = identityDigest(self, input.selfId);
  const peerZ = identityDigest(input.peerPublicKey, input.peerId);
  const ownFirst = input.role === "initiator";
  const identities = ownFirst ? concatBytes(selfZ, peerZ) : concatBytes(peerZ, selfZ);
  const ownPart = selfEphemeral.subarray(1);
  const peerPart = input.peerEphemeralPublicKey.subarray(1);
  const ephemerals = ownFirst ? concatBytes(ownPart, peerPart) : concatBytes(peerPart, ownPart);
  const transcript = sm3OfSecret(shared.subarray(0, 32), identities, ephemerals);
  const confirmation = (tag: number): Uint8Array =>
    sm3OfSecret(Uint8Array.of(tag), shared.subarray(32), transcript);
  const result = {
    key: kdfSm3(concatBytes(shared, identities), input.keyBytes),
    responderConfirmation: confirmation(2),
    initiatorConfirmation: confirmation(3),
  };
  shared.fill(0);
  return result;
}
