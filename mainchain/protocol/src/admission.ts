import { CodedError, equalBytes, utf8ToBytes } from "@ropenet/crypto";
import { type Certificate, parseCertificate, verifyChain } from "@ropenet/crypto/pki";
import { digest, SUITE_SM } from "./hash.ts";

export type AdmissionErrorInfo =
  | { readonly code: "admission/malformed"; readonly reason: string }
  | { readonly code: "admission/refused"; readonly fault: string }
  | { readonly code: "admission/no-organization" }
  | { readonly code: "admission/wrong-key" };

export class AdmissionError extends CodedError<AdmissionErrorInfo> {}

/** What a certificate of admission says. */
export interface Admission {
  readonly organization: string;
  /** @see entityOf */
  readonly entity: Uint8Array;
  readonly untilMs: bigint;
}

/** The legal entity behind a validator: D(2, entity, its registered name). */
export function entityOf(organization: string): Uint8Array {
  return digest(SUITE_SM, "entity", utf8ToBytes(organization));
}

function parse(bytes: Uint8Array): Certificate {
  try {
    return parseCertificate(bytes);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new AdmissionError({ code: "admission/malformed", reason: cause.code }, { cause });
  }
}

/** @throws {AdmissionError} unless `certificate` may issue certificates */
export function assertAuthority(certificate: Uint8Array): void {
  if (parse(certificate).authority === undefined) {
    throw new AdmissionError({ code: "admission/refused", fault: "not-an-authority" });
  }
}

/**
 * Checks a validator's certificate against the listed authorities: pure, so that every node finds the same.
 * @param atMs header time
 * @throws {AdmissionError}
 */
export function verifyAdmission(
  certificate: Uint8Array,
  authorities: readonly Uint8Array[],
  publicKey: Uint8Array,
  atMs: bigint,
): Admission {
  const own = parse(certificate);
  if (!equalBytes(own.publicKey, publicKey)) {
    throw new AdmissionError({ code: "admission/wrong-key" });
  }
  const result = verifyChain({
    chain: [own],
    trusted: authorities.map(parse),
    at: Number(atMs / 1000n),
    usage: "digitalSignature",
  });
  if (!result.ok) throw new AdmissionError({ code: "admission/refused", fault: result.fault });
  const { organization } = own.subject;
  if (!organization) throw new AdmissionError({ code: "admission/no-organization" });
  // Whole seconds, the last one included.
  const untilMs = (BigInt(own.notAfter) + 1n) * 1000n - 1n;
  return { organization, entity: entityOf(organization), untilMs };
}
