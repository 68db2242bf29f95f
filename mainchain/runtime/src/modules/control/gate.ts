import {
  accountToB32,
  CONTROL_SUBJECT,
  type ControlSubject,
  type MessageBodies,
  type MessageName,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import { ControlError } from "./errors.ts";
import { halts } from "./records.ts";

type SubjectOf = {
  readonly [K in MessageName]?: (body: MessageBodies[K]) => readonly [ControlSubject, Uint8Array];
};

const asset = ({ assetId }: { readonly assetId: Uint8Array }) =>
  [CONTROL_SUBJECT.asset, assetId] as const;
const data = ({ credentialId }: { readonly credentialId: Uint8Array }) =>
  [CONTROL_SUBJECT.data, credentialId] as const;

/**
 * What a halt refuses on the rope itself. Packets of strands are not refused but wait (transfers/waiting.ts), and what
 * ends or tells something goes on: acknowledgements, refunds, revocations, misbehaviour, handovers, headers.
 */
const SUBJECTS: SubjectOf = {
  "transfers/send-asset": asset,
  "asset/add-representation": asset,
  "asset/issue": asset,
  "asset/transfer": asset,
  "asset/pledge": asset,
  "data-credential/confirm": data,
  "data-credential/delegate": data,
};

/** What a validator of a halted node may not do meanwhile; its signatures go on until its power has left the set. */
const OF_NODES: ReadonlySet<MessageName> = new Set(["staking/unjail", "staking/set-commission"]);

function assertFree(context: TransactionContext, kind: ControlSubject, subject: Uint8Array): void {
  const halt = halts.find(context, kind, subject);
  if (!halt) return;
  const { haltId, untilMs } = halt;
  throw new ControlError({ code: "control/halted", haltId, untilMs });
}

/** @throws {ControlError} `control/halted` */
export function assertNotHalted<K extends MessageName>(
  context: TransactionContext,
  name: K,
  body: MessageBodies[K],
): void {
  const subject = SUBJECTS[name]?.(body);
  if (subject) assertFree(context, ...subject);
  if (OF_NODES.has(name)) assertFree(context, CONTROL_SUBJECT.node, accountToB32(context.sender));
}
