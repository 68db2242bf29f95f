import { CryptoError, expectList } from "../crypto-error.ts";
import { context, contextBytes, type DerReader, der, derInteger, derOid, TAG } from "./der.ts";
import { OID } from "./oids.ts";

/** By bit number. Source: RFC 5280 §4.2.1.3; GM/T 0015 uses the same. */
const USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "crlSign",
] as const;

export type KeyUsage = (typeof USAGES)[number];

export interface CertificateExtensions {
  /** whether it may issue certificates, and how many more may issue below it */
  readonly authority?: { readonly pathLength?: number };
  readonly keyUsage?: readonly KeyUsage[];
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
}

const CRITICAL: Uint8Array = Uint8Array.of(TAG.boolean, 1, 0xff);

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  const marks = critical ? [CRITICAL] : [];
  return der(TAG.sequence, derOid(oid), ...marks, der(TAG.octetString, value));
}

function basicConstraints({ authority }: CertificateExtensions): Uint8Array {
  if (authority === undefined) return der(TAG.sequence);
  const { pathLength } = authority;
  const limit = pathLength === undefined ? [] : [derInteger(Uint8Array.of(pathLength))];
  return der(TAG.sequence, CRITICAL, ...limit);
}

/** Bits from the top of one byte, less the zeros at the end. */
function usageBits(usages: readonly KeyUsage[]): Uint8Array {
  expectList(usages, "keyUsage");
  let byte = 0;
  for (const usage of usages) {
    const bit = USAGES.indexOf(usage);
    if (bit < 0) throw new CryptoError({ code: "crypto/bad-range", operand: "keyUsage" });
    byte |= 0x80 >> bit;
  }
  const unused = byte === 0 ? 0 : Math.clz32(byte & -byte) ^ 31;
  const body = byte === 0 ? [] : [byte];
  return der(TAG.bitString, Uint8Array.of(unused, ...body));
}

export function derExtensions(extensions: CertificateExtensions): Uint8Array {
  const { keyUsage, subjectKeyId, authorityKeyId } = extensions;
  const parts = [extension(OID.basicConstraints, true, basicConstraints(extensions))];
  if (keyUsage !== undefined) parts.push(extension(OID.keyUsage, true, usageBits(keyUsage)));
  if (subjectKeyId !== undefined) {
    parts.push(extension(OID.subjectKeyId, false, der(TAG.octetString, subjectKeyId)));
  }
  if (authorityKeyId !== undefined) {
    const id = der(TAG.sequence, der(contextBytes(0), authorityKeyId));
    parts.push(extension(OID.authorityKeyId, false, id));
  }
  return der(context(3), der(TAG.sequence, ...parts));
}

type Mutable = { -readonly [K in keyof CertificateExtensions]: CertificateExtensions[K] };

function readConstraints(reader: DerReader, into: Mutable): void {
  const inner = reader.inside();
  if (inner.tag === TAG.boolean) {
    // DER leaves the default, false, out.
    if (!inner.boolean()) inner.refuse();
    into.authority = inner.atEnd ? {} : { pathLength: inner.smallInteger() };
  }
  inner.end();
}

function readUsage(reader: DerReader, into: Mutable): void {
  const [unused, byte = 0, more = 0, ...rest] = reader.contents(TAG.bitString);
  // The ninth bit, decipherOnly, is one that nothing here asks for.
  if (unused === undefined || unused > 7 || rest.length > 0 || (more & 0x7f) !== 0) reader.refuse();
  into.keyUsage = USAGES.filter((_, bit) => (byte & (0x80 >> bit)) !== 0);
}

const READERS: Readonly<Record<string, (reader: DerReader, into: Mutable) => void>> = {
  [OID.basicConstraints]: readConstraints,
  [OID.keyUsage]: readUsage,
  [OID.subjectKeyId]: (reader, into) => {
    into.subjectKeyId = reader.contents(TAG.octetString).slice();
  },
  [OID.authorityKeyId]: (reader, into) => {
    const inner = reader.inside();
    if (inner.tag === contextBytes(0))
      into.authorityKeyId = inner.contents(contextBytes(0)).slice();
    // Issuer and serial may follow; the key's id is what is used.
    while (!inner.atEnd) inner.contents(inner.tag as number);
  },
};

/** Extensions in their SEQUENCE; unknown ones are passed over unless critical, which is a refusal. */
export function readExtensions(reader: DerReader): CertificateExtensions {
  const extensions: Mutable = {};
  const seen = new Set<string>();
  const list = reader.inside();
  if (list.atEnd) list.refuse();
  while (!list.atEnd) {
    const each = list.inside();
    const oid = each.oid();
    if (seen.has(oid)) each.refuse();
    seen.add(oid);
    const critical = each.tag === TAG.boolean ? each.boolean() : false;
    const value = each.inside(TAG.octetString);
    each.end();
    const read = READERS[oid];
    if (read === undefined && critical) each.refuse();
    if (read === undefined) continue;
    read(value, extensions);
    value.end();
  }
  return extensions;
}
