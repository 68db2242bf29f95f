import {
  b32ToAccount,
  CONTROL_SUBJECT,
  type ControlSubject,
  chainRecordCodec,
  credentialRecordCodec,
  equalBytes,
  HALT_STATE,
  type HaltRecord,
  HOLD_DEFAULT,
  stateKey,
} from "@ropenet/protocol";
import { runningEpoch } from "../../epochs.ts";
import { type Context, readRecord } from "../../module.ts";
import type { AssetDirectory, AssetFreezer, Penalties, QueuedTransfers } from "../../slices.ts";
import { ControlError } from "./errors.ts";
import { halts } from "./records.ts";

export interface ControlParts {
  readonly assets: AssetDirectory;
  readonly freezer: AssetFreezer;
  readonly penalties: Penalties;
  readonly queued: Pick<QueuedTransfers, "releaseHeld">;
}

/** Who may appeal: whose node, asset, chain or data it is. Empty = there is no such subject. */
export function concerned(
  context: Context,
  kind: ControlSubject,
  subject: Uint8Array,
  { assets, penalties }: ControlParts,
): readonly Uint8Array[] {
  const { state } = context;
  if (kind === CONTROL_SUBJECT.node) {
    const account = b32ToAccount(subject);
    return account && penalties.find(context, account) ? [account] : [];
  }
  if (kind === CONTROL_SUBJECT.asset) {
    const asset = assets.find(context, subject);
    return asset ? [asset.registrant] : [];
  }
  if (kind === CONTROL_SUBJECT.strand) {
    const chain = readRecord(state, stateKey.chain(subject), chainRecordCodec);
    return chain ? [chain.registrant] : [];
  }
  return readRecord(state, stateKey.credential(subject), credentialRecordCodec)?.issuers ?? [];
}

/**
 * Halted nodes together stay below a third of the power: offices may stop nodes one by one, and never the chain.
 * @throws {ControlError} `control/too-much-power`
 */
export function assertChainGoesOn(context: Context, subject: Uint8Array): void {
  const { members } = runningEpoch(context.state);
  const isHalted = (address: Uint8Array): boolean =>
    halts.find(context, CONTROL_SUBJECT.node, toSubject(address)) !== undefined;
  let halted = 0n;
  let total = 0n;
  for (const { validator, power } of members) {
    total += power;
    if (equalBytes(toSubject(validator), subject) || isHalted(validator)) halted += power;
  }
  if (3n * halted >= total) {
    throw new ControlError({ code: "control/too-much-power", halted, total });
  }
}

const toSubject = (account: Uint8Array): Uint8Array =>
  new Uint8Array([...new Uint8Array(12), ...account]);

/** From now on. */
export function putInForce(context: Context, halt: HaltRecord, parts: ControlParts): HaltRecord {
  const { subjectKind, subject, untilMs } = halt;
  if (subjectKind === CONTROL_SUBJECT.node) {
    const account = b32ToAccount(subject);
    if (account) parts.penalties.jail(context, account, untilMs);
  } else if (subjectKind === CONTROL_SUBJECT.asset) {
    parts.freezer.setFrozen(context, subject, true);
  }
  return { ...halt, state: HALT_STATE.inForce, sinceHeight: context.height };
}

/** What a halt held up goes on; a node may ask to be let in again at once. */
export function undo(context: Context, halt: HaltRecord, parts: ControlParts): void {
  const { subjectKind, subject, haltId } = halt;
  if (subjectKind === CONTROL_SUBJECT.node) {
    const account = b32ToAccount(subject);
    const record = account && parts.penalties.find(context, account);
    if (account && record?.tombstoned === false) {
      parts.penalties.jail(context, account, context.timeMs);
    }
    return;
  }
  if (subjectKind === CONTROL_SUBJECT.asset) parts.freezer.setFrozen(context, subject, false);
  parts.queued.releaseHeld(context, haltId, HOLD_DEFAULT.forward);
}
