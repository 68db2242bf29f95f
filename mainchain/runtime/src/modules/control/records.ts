import {
  b32,
  type ControlSubject,
  type Endorsement,
  equalBytes,
  HALT_STATE,
  type HaltRecord,
  haltRecordCodec,
  stateKey,
  u64,
} from "@ropenet/protocol";
import { type Context, readRecord, type TransactionContext, writeRecord } from "../../module.ts";
import type { Halts, Offices } from "../../slices.ts";
import { ControlError } from "./errors.ts";

export function findHalt({ state }: Context, haltId: Uint8Array): HaltRecord | undefined {
  return readRecord(state, stateKey.halt(haltId), haltRecordCodec);
}

/** @throws {ControlError} `control/unknown-halt` */
export function requireHalt(context: Context, haltId: Uint8Array): HaltRecord {
  const halt = findHalt(context, haltId);
  if (!halt) throw new ControlError({ code: "control/unknown-halt", haltId });
  return halt;
}

export function saveHalt({ state }: Context, halt: HaltRecord): void {
  writeRecord(state, stateKey.halt(halt.haltId), haltRecordCodec, halt);
}

/** A new record, at the end of the index that regulators walk. */
export function takeHaltIndex({ state }: Context, haltId: Uint8Array): bigint {
  const index = readRecord(state, stateKey.haltCount(), u64) ?? 0n;
  writeRecord(state, stateKey.haltByIndex(index), b32, haltId);
  writeRecord(state, stateKey.haltCount(), u64, index + 1n);
  return index;
}

export const isInForce = ({ state, untilMs }: HaltRecord, timeMs: bigint): boolean =>
  state === HALT_STATE.inForce && timeMs < untilMs;

/** What is halted now: an order that has not found its quorum, or whose time is over, halts nothing. */
export const halts: Halts = {
  find(context, kind, subject): HaltRecord | undefined {
    const halt = latestOn(context, kind, subject);
    return halt && isInForce(halt, context.timeMs) ? halt : undefined;
  },
};

/** The newest halt of a subject, whatever has become of it. */
export function latestOn(
  context: Context,
  kind: ControlSubject,
  subject: Uint8Array,
): HaltRecord | undefined {
  const haltId = readRecord(context.state, stateKey.haltBySubject(kind, subject), b32);
  return haltId && findHalt(context, haltId);
}

/** One voice per office, and one per account: who holds two offices speaks for one of them. */
export function assertNew(
  said: readonly Endorsement[],
  office: string,
  { sender }: TransactionContext,
): void {
  if (said.some((one) => one.office === office)) {
    throw new ControlError({ code: "control/office-has-spoken", office });
  }
  if (said.some(({ account }) => equalBytes(account, sender))) {
    throw new ControlError({ code: "control/account-has-spoken", account: sender });
  }
}

/** The sender, in the name of an office that it holds. @throws {ControlError} `control/not-in-office` */
export function endorse(
  context: TransactionContext,
  office: string,
  offices: Offices,
): Endorsement {
  const { sender: account, timeMs: atMs } = context;
  if (!offices.holds(context, office, account)) {
    throw new ControlError({ code: "control/not-in-office", office, account });
  }
  return { office, account, atMs };
}
