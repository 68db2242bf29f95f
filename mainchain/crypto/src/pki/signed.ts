import { sign } from "../sm2/sign.ts";
import { verify } from "../sm2/verify.ts";
import { type DerReader, der, derBits, derOid, TAG } from "./der.ts";
import { OID } from "./oids.ts";
import { signatureFromDer, signatureToDer } from "./sm2-der.ts";

/** SM2 with SM3, without parameters, as it is written. */
export const ALGORITHM: Uint8Array = der(TAG.sequence, derOid(OID.sm2WithSm3));

/** SM2 with SM3; GM/T 0015 has it without parameters, and some write NULL. */
export function readAlgorithm(reader: DerReader): void {
  const inner = reader.inside();
  inner.expectOid(OID.sm2WithSm3);
  if (!inner.atEnd) inner.null();
  inner.end();
}

/** SEQUENCE { body, algorithm, signature }: what certificates, requests and revocation lists have in common. */
export function signBody(body: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const signature = signatureToDer(sign(body, secretKey));
  return der(TAG.sequence, body, ALGORITHM, derBits(signature));
}

export interface SignedBody {
  /** what was signed, tag and length included */
  readonly body: Uint8Array;
  /** 64 bytes */
  readonly signature: Uint8Array;
}

export function readSigned(reader: DerReader): SignedBody {
  const inner = reader.inside();
  const body = inner.whole(TAG.sequence);
  readAlgorithm(inner);
  const signature = signatureFromDer(inner.bits());
  inner.end();
  return { body, signature };
}

export function isSignedBy({ body, signature }: SignedBody, publicKey: Uint8Array): boolean {
  return verify(signature, body, publicKey);
}
