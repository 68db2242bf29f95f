import { bytesToBigint, concatBytes } from "./bytes.ts";
import { CodedError } from "./coded-error.ts";
import {
  checkLength,
  encodePoint,
  getPublicKey,
  identityDigest,
  modOrder,
  parsePoint,
  secretScalar,
} from "./sm2-signature.ts";
import { kdfSm3, sm3 } from "./sm3.ts";

export interface KeyAgreementInput {
  readonly role: "initiator" | "responder";
  readonly secretKey: Uint8Array;
  readonly ephemeralSecretKey: Uint8Array;
  readonly peerPublicKey: Uint8Array;
  readonly peerEphemeralPublicKey: Uint8Array;
  readonly keyBytes: number;
  readonly selfId?: string | Uint8Array;
  readonly peerId?: string | Uint8Array;
}

export interface KeyAgreementResult {
  readonly key: Uint8Array;
  /** S1 = SB: sent by the responder */
  readonly responderConfirmation: Uint8Array;
  /** S2 = SA: sent by the initiator */
  readonly initiatorConfirmation: Uint8Array;
}

const TWO_127 = 1n << 127n;

/** x̄ = 2^127 + (x mod 2^127). */
function reduced(publicKey: Uint8Array): bigint {
  return TWO_127 + (bytesToBigint(publicKey.subarray(1, 33)) % TWO_127);
}

/** SM2 key agreement. Source: GB/T 32918.3 §6. @throws {CodedError} `crypto/bad-point` */
export function keyAgreement(input: KeyAgreementInput): KeyAgreementResult {
  checkLength(input.peerPublicKey, 65, "peerPublicKey");
  checkLength(input.peerEphemeralPublicKey, 65, "peerEphemeralPublicKey");
  const peer = parsePoint(input.peerPublicKey);
  const peerEphemeral = parsePoint(input.peerEphemeralPublicKey);
  if (!peer || !peerEphemeral) throw new CodedError({ code: "crypto/bad-point", operand: "peer" });
  const self = getPublicKey(input.secretKey);
  const selfEphemeral = getPublicKey(input.ephemeralSecretKey);
  const t = modOrder(
    secretScalar(input.secretKey) + reduced(selfEphemeral) * secretScalar(input.ephemeralSecretKey),
  );
  const shared = peer.add(peerEphemeral.multiplyUnsafe(reduced(input.peerEphemeralPublicKey)));
  if (t === 0n || shared.is0())
    throw new CodedError({ code: "crypto/bad-point", operand: "shared" });
  const u = encodePoint(shared.multiply(t));
  const [x, y] = [u.slice(1, 33), u.slice(33)];
  const zSelf = identityDigest(self, input.selfId);
  const zPeer = identityDigest(input.peerPublicKey, input.peerId);
  const initiates = input.role === "initiator";
  const z = initiates ? concatBytes(zSelf, zPeer) : concatBytes(zPeer, zSelf);
  const ephemerals = initiates
    ? concatBytes(selfEphemeral.slice(1), input.peerEphemeralPublicKey.slice(1))
    : concatBytes(input.peerEphemeralPublicKey.slice(1), selfEphemeral.slice(1));
  const inner = sm3(concatBytes(x, z, ephemerals));
  return {
    key: kdfSm3(concatBytes(x, y, z), input.keyBytes),
    responderConfirmation: sm3(concatBytes(Uint8Array.of(2), y, inner)),
    initiatorConfirmation: sm3(concatBytes(Uint8Array.of(3), y, inner)),
  };
}
