import { equalBytes } from "../bytes.ts";
import { CryptoError, expectList, expectRecord } from "../crypto-error.ts";
import type { Certificate } from "./certificate.ts";
import type { KeyUsage } from "./extensions.ts";
import { isRevoked, type RevocationList } from "./revocation.ts";
import { isSignedBy } from "./signed.ts";

export interface ChainOptions {
  /** the certificate in question, then its issuer, and so on; a trusted one may end it or be left out */
  readonly chain: readonly Certificate[];
  readonly trusted: readonly Certificate[];
  /** seconds since 1970 */
  readonly at: number;
  /** what the first certificate's key must be allowed to do */
  readonly usage?: KeyUsage;
  readonly revocationLists?: readonly RevocationList[];
  /** whether every certificate below the trusted one needs a list of its issuer that is in force; default false */
  readonly revocationRequired?: boolean;
}

export type ChainFault =
  | "empty"
  | "not-trusted"
  | "not-yet-valid"
  | "expired"
  | "bad-signature"
  | "not-an-authority"
  | "path-too-long"
  | "wrong-usage"
  | "revoked"
  | "revocation-unknown";

export type ChainResult =
  | { readonly ok: true }
  /** `index`: which certificate of the chain; its length stands for the trusted one behind it */
  | { readonly ok: false; readonly fault: ChainFault; readonly index: number };

const allows = ({ keyUsage }: Certificate, usage: KeyUsage): boolean =>
  keyUsage === undefined || keyUsage.includes(usage);

function timeFault({ notBefore, notAfter }: Certificate, at: number): ChainFault | undefined {
  if (at < notBefore) return "not-yet-valid";
  return at > notAfter ? "expired" : undefined;
}

/** `below`: how many certificates stand between the subject and the first, the subject included. */
function issuerFault(
  issuer: Certificate,
  subject: Certificate,
  below: number,
): ChainFault | undefined {
  if (!equalBytes(issuer.subjectDer, subject.issuerDer)) return "not-trusted";
  if (issuer.authority === undefined || !allows(issuer, "keyCertSign")) return "not-an-authority";
  if ((issuer.authority.pathLength ?? Number.POSITIVE_INFINITY) < below) return "path-too-long";
  return isSignedBy(subject.signed, issuer.publicKey) ? undefined : "bad-signature";
}

function revocationFault(
  issuer: Certificate,
  subject: Certificate,
  { revocationLists = [], revocationRequired = false, at }: ChainOptions,
): ChainFault | undefined {
  const lists = revocationLists.filter(
    (list) =>
      equalBytes(list.issuerDer, issuer.subjectDer) &&
      allows(issuer, "crlSign") &&
      isSignedBy(list.signed, issuer.publicKey),
  );
  // Who was revoked stays revoked, so a list that has run out still counts against it.
  if (lists.some((list) => isRevoked(list, subject.serial, at))) return "revoked";
  const inForce = lists.some((list) => list.thisUpdate <= at && at <= list.nextUpdate);
  return revocationRequired && !inForce ? "revocation-unknown" : undefined;
}

/** The path from the first certificate to a trusted one, that included; undefined where there is none. */
function trustedPath({ chain, trusted }: ChainOptions): readonly Certificate[] | undefined {
  for (const [index, certificate] of chain.entries()) {
    const same = trusted.find((each) => equalBytes(each.encoded, certificate.encoded));
    if (same !== undefined) return chain.slice(0, index + 1);
  }
  const last = chain.at(-1);
  const anchors = trusted.filter(
    (each) => last !== undefined && equalBytes(each.subjectDer, last.issuerDer),
  );
  // Two trusted authorities of one name: the one whose key fits.
  const anchor =
    anchors.find((each) => last !== undefined && isSignedBy(last.signed, each.publicKey)) ??
    anchors[0];
  return anchor === undefined ? undefined : [...chain, anchor];
}

/**
 * Whether a chain leads to a trusted certificate, and every certificate of it holds at that time. A trusted
 * certificate's own signature is not looked at. Source: RFC 5280 §6, without policies and name constraints, whose
 * extensions are critical and so refused when a certificate is parsed.
 * @throws {CryptoError} `crypto/bad-type`, `crypto/bad-range` for the caller's own faults
 */
export function verifyChain(options: ChainOptions): ChainResult {
  expectRecord(options, "options");
  const { chain, at, usage } = options;
  expectList(chain, "chain");
  expectList(options.trusted, "trusted");
  if (!Number.isFinite(at)) throw new CryptoError({ code: "crypto/bad-range", operand: "at" });
  const [first] = chain;
  if (first === undefined) return { ok: false, fault: "empty", index: 0 };
  const path = trustedPath(options);
  if (path === undefined) return { ok: false, fault: "not-trusted", index: chain.length - 1 };
  if (usage !== undefined && !allows(first, usage)) {
    return { ok: false, fault: "wrong-usage", index: 0 };
  }
  for (const [index, certificate] of path.entries()) {
    const fault = timeFault(certificate, at) ?? linkFault(path, index, options);
    if (fault !== undefined) return { ok: false, fault, index };
  }
  return { ok: true };
}

function linkFault(
  path: readonly Certificate[],
  index: number,
  options: ChainOptions,
): ChainFault | undefined {
  const subject = path[index] as Certificate;
  const issuer = path[index + 1];
  if (issuer === undefined) return undefined;
  return issuerFault(issuer, subject, index) ?? revocationFault(issuer, subject, options);
}
