import { bytesToBigint, concatBytes } from "../bytes.ts";
import { CryptoError } from "../crypto-error.ts";
import { kdfSm3 } from "../kdf-sm3.ts";
import { sm3OfSecret } from "../sm3-hasher.ts";
import { encodePoint, modN } from "./curve.ts";
import { identityDigest, type Sm2UserId } from "./identity.ts";
import { getPublicKey, publicPoint, secretScalar } from "./keys.ts";

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
  /** bytes of key wanted */
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

const TWO_127 = 1n << 127n;

/** x̄ = 2^127 + (x mod 2^127) */
function truncatedX(publicKey: Uint8Array): bigint {
  return TWO_127 + (bytesToBigint(publicKey.subarray(1, 33)) % TWO_127);
}

/**
 * SM2 authenticated key agreement. Compare the peer's confirmation with `equalSecretBytes` before using the
 * key. Source: GB/T 32918.3-2016 §6.
 * @throws {CryptoError} `crypto/bad-point` for a peer's key off the curve or a shared point at infinity;
 * `crypto/bad-type`, `crypto/bad-length`, `crypto/bad-range`
 */
export function keyAgreement(input: KeyAgreementInput): KeyAgreementResult {
  const peer = publicPoint(input.peerPublicKey, "peerPublicKey");
  const peerEphemeral = publicPoint(input.peerEphemeralPublicKey, "peerEphemeralPublicKey");
  const d = secretScalar(input.secretKey);
  const r = secretScalar(input.ephemeralSecretKey, "ephemeralSecretKey");
  const self = getPublicKey(input.secretKey);
  const selfEphemeral = getPublicKey(input.ephemeralSecretKey);

  const t = modN(d + truncatedX(selfEphemeral) * r);
  const base = peer.add(peerEphemeral.multiplyUnsafe(truncatedX(input.peerEphemeralPublicKey)));
  if (t === 0n || base.is0()) {
    throw new CryptoError({ code: "crypto/bad-point", operand: "shared" });
  }
  const shared = encodePoint(base.multiply(t)).subarray(1);

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
  return {
    key: kdfSm3(concatBytes(shared, identities), input.keyBytes),
    responderConfirmation: confirmation(2),
    initiatorConfirmation: confirmation(3),
  };
}
