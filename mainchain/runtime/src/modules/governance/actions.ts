import {
  CodedError,
  decode,
  OFFICES,
  PROPOSALS,
  type ProposalActions,
  type ProposalKind,
  stateKey,
  upgradePlanRecordCodec,
} from "@ropenet/protocol";
import { readGovernanceParameters } from "../../governance-parameters.ts";
import { type Context, writeRecord } from "../../module.ts";
import type {
  ClientRecovery,
  FrozenBooks,
  OfficeRoll,
  Quarantines,
  StakingRules,
} from "../../slices.ts";
import { GovernanceError } from "./errors.ts";
import { setParameter } from "./parameters.ts";

/** What governance may move; each owner checks all before it writes. */
export interface GovernedSlices {
  readonly staking: StakingRules;
  readonly clients: ClientRecovery;
  readonly books: FrozenBooks;
  readonly quarantines: Quarantines;
  readonly roll: OfficeRoll;
}

export type ProposalAction = {
  readonly [K in ProposalKind]: { readonly name: K; readonly body: ProposalActions[K] };
}[ProposalKind];

const KINDS = new Map(Object.entries(PROPOSALS).map(([name, { type }]) => [type, name] as const));

/** @throws {GovernanceError} `governance/unknown-action`, `governance/bad-action` */
export function readAction(kind: number, bytes: Uint8Array): ProposalAction {
  const name = KINDS.get(kind) as ProposalKind | undefined;
  if (!name) throw new GovernanceError({ code: "governance/unknown-action", kind });
  try {
    const action = { name, body: decode<unknown>(PROPOSALS[name].codec, bytes) } as ProposalAction;
    assertSound(action);
    return action;
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause instanceof GovernanceError) throw cause;
    throw new GovernanceError({ code: "governance/bad-action", reason: cause.message }, { cause });
  }
}

/** What nobody could ever carry out is refused at once; the rest is judged when its time has come. */
function assertSound({ name, body }: ProposalAction): void {
  const bad = (reason: string): GovernanceError =>
    new GovernanceError({ code: "governance/bad-action", reason });
  if (name === "schedule-upgrade" && body.name.length === 0) throw bad("an upgrade has a name");
  if ((name === "give-office" || name === "take-office") && !OFFICES.includes(body.office)) {
    throw bad(`no office ${body.office}`);
  }
}

/** Taking trust away does not wait. */
export function isImmediate({ name }: ProposalAction): boolean {
  return name === "take-office";
}

function scheduleUpgrade(
  context: Context,
  { name, height }: ProposalActions["schedule-upgrade"],
): void {
  const { upgradeNoticeBlocks } = readGovernanceParameters(context.state, context.parameters);
  const earliest = context.height + upgradeNoticeBlocks;
  if (height < earliest)
    throw new GovernanceError({ code: "governance/too-soon", height, earliest });
  const plan = { name, height };
  writeRecord(context.state, stateKey.upgradePlan(), upgradePlanRecordCodec, plan);
}

/** @throws CodedError of whoever owns what is to change; then nothing has changed */
export function carryOut(
  context: Context,
  { name, body }: ProposalAction,
  slices: GovernedSlices,
): void {
  switch (name) {
    case "set-parameter":
      setParameter(context, body, slices.staking);
      break;
    case "schedule-upgrade":
      scheduleUpgrade(context, body);
      break;
    case "recover-client":
      slices.clients.recover(context, body);
      break;
    case "unfreeze-books":
      slices.books.unfreeze(context, body.assetId, body.gateway);
      break;
    case "lift-quarantine":
      slices.quarantines.lift(context, body.credentialId, body.gateway);
      break;
    case "give-office":
      slices.roll.give(context, body.office, body.account);
      break;
    case "take-office":
      slices.roll.take(context, body.office, body.account);
      break;
  }
}
