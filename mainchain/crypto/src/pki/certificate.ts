import { copyBytes } from "../bytes.ts";
import { CryptoError, expectBytes, expectRecord } from "../crypto-error.ts";
import { expectPublicKey, getPublicKey } from "../sm2/keys.ts";
import { sm3 } from "../sm3.ts";
import { context, type DerReader, der, derInteger, readDer, TAG } from "./der.ts";
import {
  type CertificateExtensions,
  derExtensions,
  type KeyUsage,
  readExtensions,
} from "./extensions.ts";
import { type DistinguishedName, derName, readName } from "./name.ts";
import { publicKeyToSpki, readSpki } from "./private-key.ts";
import { ALGORITHM, readAlgorithm, readSigned, type SignedBody, signBody } from "./signed.ts";
import { derTime, readTime } from "./time.ts";

export interface Certificate extends CertificateExtensions {
  /** the whole certificate */
  readonly encoded: Uint8Array;
  readonly signed: SignedBody;
  /** big-endian, without zeros in front */
  readonly serial: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** as they are written: names are the same if these are */
  readonly issuerDer: Uint8Array;
  readonly subjectDer: Uint8Array;
  /** seconds since 1970, both inclusive */
  readonly notBefore: number;
  readonly notAfter: number;
  /** 65 bytes */
  readonly publicKey: Uint8Array;
}

export interface CertificateRequest {
  readonly subject: DistinguishedName;
  /** 65 bytes */
  readonly publicKey: Uint8Array;
  /** seconds since 1970 */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly keyUsage: readonly KeyUsage[];
  /** given: it may issue certificates itself */
  readonly authority?: { readonly pathLength?: number };
  /** up to 20 bytes; default 16 random ones */
  readonly serial?: Uint8Array;
}

export interface CertificateIssuer {
  readonly secretKey: Uint8Array;
  readonly name: DistinguishedName;
}

/** First 20 bytes of the key's SM3: a hint for finding issuers, not a security property. */
function keyId(publicKey: Uint8Array): Uint8Array {
  return sm3(publicKey).subarray(0, 20);
}

function randomSerial(): Uint8Array {
  const serial = globalThis.crypto.getRandomValues(new Uint8Array(16));
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  return serial;
}

/**
 * An X.509 v3 certificate, SM2 with SM3, DER. Source: GM/T 0015-2012, RFC 5280.
 * @throws {CryptoError} `crypto/bad-range` for times, and as `sm2.getPublicKey` and `sm2.encrypt` for keys
 */
export function issueCertificate(
  request: CertificateRequest,
  issuer: CertificateIssuer,
): Uint8Array {
  expectRecord(request, "request");
  expectRecord(issuer, "issuer");
  const serial = request.serial ?? randomSerial();
  expectBytes(serial, "serial");
  const { pathLength = 0 } = request.authority ?? {};
  if (!Number.isInteger(pathLength) || pathLength < 0 || pathLength > 127) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "pathLength" });
  }
  // RFC 5280 §4.1.2.2: positive, at most 20 bytes.
  if (serial.length > 20 || serial.every((byte) => byte === 0)) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "serial" });
  }
  if (request.notAfter < request.notBefore) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "notAfter" });
  }
  expectPublicKey(request.publicKey, "publicKey");
  const issuerKey = getPublicKey(issuer.secretKey);
  const extensions: CertificateExtensions = {
    ...(request.authority === undefined ? {} : { authority: request.authority }),
    keyUsage: request.keyUsage,
    subjectKeyId: keyId(request.publicKey),
    authorityKeyId: keyId(issuerKey),
  };
  const body = der(
    TAG.sequence,
    der(context(0), derInteger(Uint8Array.of(2))),
    derInteger(serial),
    ALGORITHM,
    derName(issuer.name),
    der(TAG.sequence, derTime(request.notBefore), derTime(request.notAfter)),
    derName(request.subject),
    publicKeyToSpki(request.publicKey),
    derExtensions(extensions),
  );
  return signBody(body, issuer.secretKey);
}

function readNameTwice(reader: DerReader): readonly [DistinguishedName, Uint8Array] {
  const encoded = reader.whole(TAG.sequence);
  return [readDer(encoded, "certificate", readName), encoded];
}

function readBody(reader: DerReader): Omit<Certificate, "encoded" | "signed"> {
  const inner = reader.inside();
  const version = inner.inside(context(0));
  if (version.smallInteger() !== 2) version.refuse();
  version.end();
  const serial = inner.integer().slice();
  if (serial.length > 20) inner.refuse();
  readAlgorithm(inner);
  const [issuer, issuerDer] = readNameTwice(inner);
  const validity = inner.inside();
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  validity.end();
  const [subject, subjectDer] = readNameTwice(inner);
  const publicKey = readSpki(inner);
  const extensions = inner.tag === context(3) ? readWrapped(inner) : {};
  inner.end();
  return {
    serial,
    issuer,
    issuerDer,
    notBefore,
    notAfter,
    subject,
    subjectDer,
    publicKey,
    ...extensions,
  };
}

function readWrapped(reader: DerReader): CertificateExtensions {
  const wrapped = reader.inside(context(3));
  const extensions = readExtensions(wrapped);
  wrapped.end();
  return extensions;
}

/**
 * What a certificate says; that it is true, `verifyChain` says.
 * @throws {CryptoError} `crypto/bad-encoding` for whatever is not DER, not v3, not SM2, or has a critical extension
 * that is not known here; `crypto/bad-point`
 */
export function parseCertificate(encoded: Uint8Array): Certificate {
  expectBytes(encoded, "certificate");
  // The caller's bytes may change; what was read must not.
  const own = copyBytes(encoded);
  const signed = readDer(own, "certificate", readSigned);
  const body = readDer(signed.body, "certificate", readBody);
  return { encoded: own, signed, ...body };
}
