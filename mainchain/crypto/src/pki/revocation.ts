import { copyBytes, equalBytes } from "../bytes.ts";
import { CryptoError, expectBytes, expectList, expectRecord } from "../crypto-error.ts";
import type { CertificateIssuer } from "./certificate.ts";
import { context, type DerReader, der, derInteger, derOid, readDer, TAG } from "./der.ts";
import { derName } from "./name.ts";
import { OID } from "./oids.ts";
import { ALGORITHM, readAlgorithm, readSigned, type SignedBody, signBody } from "./signed.ts";
import { derTime, readTime } from "./time.ts";

export interface RevokedCertificate {
  readonly serial: Uint8Array;
  /** seconds since 1970 */
  readonly revokedAt: number;
}

export interface RevocationList {
  readonly signed: SignedBody;
  readonly issuerDer: Uint8Array;
  /** seconds since 1970 */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly RevokedCertificate[];
}

export interface RevocationListContents {
  /** counts up with every list, below 2^31 */
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly RevokedCertificate[];
}

/**
 * A version 2 certificate revocation list, DER. Source: GM/T 0015-2012, RFC 5280 §5.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-range`
 */
export function issueRevocationList(
  contents: RevocationListContents,
  issuer: CertificateIssuer,
): Uint8Array {
  expectRecord(contents, "contents");
  expectRecord(issuer, "issuer");
  expectList(contents.revoked, "revoked");
  if (!Number.isInteger(contents.number) || contents.number < 0 || contents.number >= 2 ** 31) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "number" });
  }
  if (contents.nextUpdate < contents.thisUpdate) {
    throw new CryptoError({ code: "crypto/bad-range", operand: "nextUpdate" });
  }
  for (const each of contents.revoked) {
    expectRecord(each, "revoked");
    expectBytes(each.serial, "serial");
  }
  const entries = contents.revoked.map(({ serial, revokedAt }) =>
    der(TAG.sequence, derInteger(serial), derTime(revokedAt)),
  );
  const { number } = contents;
  const count = Uint8Array.of(
    number >>> 24,
    (number >>> 16) & 0xff,
    (number >>> 8) & 0xff,
    number & 0xff,
  );
  const numbered = der(
    TAG.sequence,
    derOid(OID.crlNumber),
    der(TAG.octetString, derInteger(count)),
  );
  const body = der(
    TAG.sequence,
    derInteger(Uint8Array.of(1)),
    ALGORITHM,
    derName(issuer.name),
    derTime(contents.thisUpdate),
    derTime(contents.nextUpdate),
    // An empty list is left out.
    ...(entries.length === 0 ? [] : [der(TAG.sequence, ...entries)]),
    der(context(0), der(TAG.sequence, numbered)),
  );
  return signBody(body, issuer.secretKey);
}

/** Extensions of a list or an entry: none that is critical, as deltas and partial lists would be. */
function passOverExtensions(reader: DerReader): void {
  const list = reader.inside();
  while (!list.atEnd) {
    const each = list.inside();
    each.oid();
    if (each.tag === TAG.boolean && each.boolean()) each.refuse();
    each.contents(TAG.octetString);
    each.end();
  }
}

function readRevoked(reader: DerReader): RevokedCertificate[] {
  const list = reader.inside();
  const revoked: RevokedCertificate[] = [];
  while (!list.atEnd) {
    const entry = list.inside();
    revoked.push({ serial: entry.integer().slice(), revokedAt: readTime(entry) });
    if (entry.tag === TAG.sequence) passOverExtensions(entry);
    entry.end();
  }
  return revoked;
}

function readBody(reader: DerReader): Omit<RevocationList, "signed"> {
  const inner = reader.inside();
  if (inner.smallInteger() !== 1) inner.refuse();
  readAlgorithm(inner);
  const issuerDer = inner.whole(TAG.sequence);
  const thisUpdate = readTime(inner);
  const nextUpdate = readTime(inner);
  const revoked = inner.tag === TAG.sequence ? readRevoked(inner) : [];
  if (inner.tag === context(0)) {
    const wrapped = inner.inside(context(0));
    passOverExtensions(wrapped);
    wrapped.end();
  }
  inner.end();
  return { issuerDer, thisUpdate, nextUpdate, revoked };
}

/** @throws {CryptoError} `crypto/bad-encoding` */
export function parseRevocationList(encoded: Uint8Array): RevocationList {
  expectBytes(encoded, "revocationList");
  const signed = readDer(copyBytes(encoded), "revocationList", readSigned);
  return { signed, ...readDer(signed.body, "revocationList", readBody) };
}

/** Whether the list names the serial number, from this moment on or before. */
export function isRevoked({ revoked }: RevocationList, serial: Uint8Array, at: number): boolean {
  return revoked.some((each) => each.revokedAt <= at && equalBytes(each.serial, serial));
}
