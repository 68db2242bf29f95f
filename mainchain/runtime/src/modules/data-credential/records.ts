import {
  b32,
  bool,
  type Codec,
  type CredentialPositionRecord,
  type CredentialRecord,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  stateKey,
  struct,
  u8,
  u64,
} from "@ropenet/protocol";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";
import { CredentialError } from "./errors.ts";

/** A packet that carries a credential or its revocation and has not been acknowledged. */
export interface UnderWay {
  /** as in the payload */
  readonly action: number;
  readonly credentialId: Uint8Array;
  readonly quota: bigint;
  readonly grantee: Uint8Array;
  readonly leaseUntilMs: bigint;
}

const underWayCodec: Codec<UnderWay> = struct<UnderWay>({
  action: u8,
  credentialId: b32,
  quota: u64,
  grantee: b32,
  leaseUntilMs: u64,
});

/** What the rope must remember of a position to read the strand's counters rightly. */
export interface PositionMark {
  /** proofs below this height of the strand tell of the time before the last answered packet or observation */
  readonly sinceHeight: bigint;
  /** units on their way to this gateway, as long as its answer is not known */
  readonly underWay: bigint;
  /** nothing can be used there any more, and what was left has come home */
  readonly closed: boolean;
  /** the strand has taken the revocation */
  readonly revoked: boolean;
  /** the strand has shown more than it was given: nothing goes there any more, nothing comes back on its word */
  readonly quarantined: boolean;
}

const markCodec: Codec<PositionMark> = struct<PositionMark>({
  sinceHeight: u64,
  underWay: u64,
  closed: bool,
  revoked: bool,
  quarantined: bool,
});

/** @throws {CredentialError} `credential/unknown` */
export function requireCredential(state: StateView, credentialId: Uint8Array): CredentialRecord {
  const record = readRecord(state, stateKey.credential(credentialId), credentialRecordCodec);
  if (!record) throw new CredentialError({ code: "credential/unknown", credentialId });
  return record;
}

export function writeCredential(context: Context, record: CredentialRecord): void {
  writeRecord(
    context.state,
    stateKey.credential(record.credentialId),
    credentialRecordCodec,
    record,
  );
}

export function findPosition(
  state: StateView,
  credentialId: Uint8Array,
  gateway: Uint8Array,
): CredentialPositionRecord | undefined {
  const key = stateKey.credentialPosition(credentialId, gateway);
  return readRecord(state, key, credentialPositionRecordCodec);
}

export function writePosition(
  context: Context,
  credentialId: Uint8Array,
  gateway: Uint8Array,
  position: CredentialPositionRecord,
): void {
  const key = stateKey.credentialPosition(credentialId, gateway);
  writeRecord(context.state, key, credentialPositionRecordCodec, position);
}

export function readMark(
  state: StateView,
  credentialId: Uint8Array,
  gateway: Uint8Array,
): PositionMark {
  return (
    readRecord(state, stateKey.credentialMark(credentialId, gateway), markCodec) ?? {
      sinceHeight: 0n,
      underWay: 0n,
      closed: false,
      revoked: false,
      quarantined: false,
    }
  );
}

export function writeMark(
  context: Context,
  credentialId: Uint8Array,
  gateway: Uint8Array,
  mark: PositionMark,
): void {
  writeRecord(context.state, stateKey.credentialMark(credentialId, gateway), markCodec, mark);
}

export function noteUnderWay(context: Context, transferId: Uint8Array, what: UnderWay): void {
  writeRecord(context.state, stateKey.credentialUnderWay(transferId), underWayCodec, what);
}

/** What a packet carried, which is forgotten with this. */
export function takeUnderWay(context: Context, transferId: Uint8Array): UnderWay {
  const key = stateKey.credentialUnderWay(transferId);
  const found = readRecord(context.state, key, underWayCodec);
  if (!found) throw new Error("a credential packet that nobody has noted");
  context.state.delete(key);
  return found;
}

/** Adds units to the position at home. */
export function bringHome(context: Context, record: CredentialRecord, units: bigint): void {
  const home = findPosition(context.state, record.credentialId, record.homeGateway);
  if (!home) throw new Error("a credential without its home position");
  const remaining = home.remaining + units;
  writePosition(context, record.credentialId, record.homeGateway, { ...home, remaining });
}
