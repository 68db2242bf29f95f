import {
  type Admission,
  bytesToHex,
  equalBytes,
  type RenewAdmission,
  type RevokeAdmission,
  stateKey,
  verifyAdmission,
  ZERO_32,
} from "@ropenet/protocol";
import type { Context, StateView, TransactionContext } from "../../module.ts";
import { StakingError } from "./errors.ts";
import { mustFindValidator, writeValidator } from "./records.ts";

const FULL_32 = new Uint8Array(32).fill(0xff);
const MAX_AUTHORITIES = 64;
/** Fee units of reading a certificate and checking its signature against the listed authorities. */
export const CERTIFICATE_UNITS = 2_000n;

function authorities(state: StateView): readonly Uint8Array[] {
  return state
    .range(stateKey.authority(ZERO_32), stateKey.authority(FULL_32), MAX_AUTHORITIES)
    .map(([, certificate]) => certificate);
}

/** @throws CodedError `admission/…` */
export function checkAdmission(
  { state, timeMs }: Context,
  certificate: Uint8Array,
  publicKey: Uint8Array,
): Admission {
  return verifyAdmission(certificate, authorities(state), publicKey, timeMs);
}

/** A newer certificate of the same key and the same legal entity. */
export function renewAdmission(context: TransactionContext, { certificate }: RenewAdmission): void {
  const record = mustFindValidator(context, context.sender);
  context.charge(CERTIFICATE_UNITS);
  const { entity, untilMs } = checkAdmission(context, certificate, record.publicKey);
  if (!equalBytes(entity, record.entity)) throw new StakingError({ code: "staking/other-entity" });
  writeValidator(context.state, { ...record, admittedUntilMs: untilMs });
  context.emit("staking.admission-renewed", {
    validator: bytesToHex(record.address),
    untilMs: String(untilMs),
  });
}

/** The office that admits may take back: removing trust needs no delay. The validator goes with the next epoch. */
export function revokeAdmission(
  context: TransactionContext,
  { validator, reason }: RevokeAdmission,
): void {
  const record = mustFindValidator(context, validator);
  writeValidator(context.state, { ...record, revoked: true });
  context.emit("staking.revoked", { validator: bytesToHex(validator), reason: String(reason) });
}
