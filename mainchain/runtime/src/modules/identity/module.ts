import {
  type AdmitMember,
  b32,
  bytesToHex,
  type Genesis,
  type MessageName,
  memberRecordCodec,
  OFFICES,
  type SuspendMember,
  stateKey,
} from "@ropenet/protocol";
import {
  type Context,
  type Module,
  readRecord,
  type StateView,
  type TransactionContext,
  writeRecord,
} from "../../module.ts";
import type { OfficeRoll, Offices } from "../../slices.ts";
import { IdentityError } from "./errors.ts";
import { officesFor } from "./matrix.ts";

const HELD = Uint8Array.of(1);

function admit(state: StateView, member: AdmitMember): void {
  if (state.get(stateKey.member(member.memberId))) {
    throw new IdentityError({ code: "identity/member-exists", memberId: member.memberId });
  }
  const byAccount = stateKey.memberByAccount(member.account);
  if (state.get(byAccount))
    throw new IdentityError({ code: "identity/account-taken", account: member.account });
  writeRecord(state, stateKey.member(member.memberId), memberRecordCodec, { ...member, state: 1 });
  writeRecord(state, byAccount, b32, member.memberId);
}

function assertOneOf(context: TransactionContext, names: readonly string[]): void {
  const { sender: account } = context;
  if (names.some((name) => offices.holds(context, name, account))) return;
  throw new IdentityError({ code: "identity/not-in-office", office: names.join(" | "), account });
}

/**
 * Before any handler sees a message: whether its sender may send it at all.
 * @throws {IdentityError} `identity/not-in-office`
 */
function gate(context: TransactionContext, name: MessageName): void {
  const names = officesFor(name);
  if (names) assertOneOf(context, names);
}

const roll: OfficeRoll = {
  give(context, office, account): void {
    if (!OFFICES.includes(office))
      throw new IdentityError({ code: "identity/unknown-office", office });
    if (offices.holds(context, office, account)) {
      throw new IdentityError({ code: "identity/in-office", office, account });
    }
    context.state.set(stateKey.office(office, account), HELD);
    context.emit("identity.office-given", { office, account: bytesToHex(account) });
  },
  take(context, office, account): void {
    if (!offices.holds(context, office, account)) {
      throw new IdentityError({ code: "identity/not-in-office", office, account });
    }
    context.state.delete(stateKey.office(office, account));
    context.emit("identity.office-taken", { office, account: bytesToHex(account) });
  },
};

const offices: Offices = {
  holds: (context, office, account) =>
    context.state.get(stateKey.office(office, account)) !== undefined,
  assertOffice(context, office): void {
    assertOneOf(context, [office]);
  },
  assertMember(context, account): void {
    const memberId = readRecord(context.state, stateKey.memberByAccount(account), b32);
    const member =
      memberId && readRecord(context.state, stateKey.member(memberId), memberRecordCodec);
    if (!member) throw new IdentityError({ code: "identity/not-a-member", account });
    if (member.state !== 1) throw new IdentityError({ code: "identity/member-suspended", account });
  },
};

function admitMember(context: TransactionContext, body: AdmitMember): void {
  admit(context.state, body);
  context.emit("identity.admitted", { memberId: bytesToHex(body.memberId), name: body.name });
}

function suspendMember(context: TransactionContext, { memberId, reason }: SuspendMember): void {
  const member = readRecord(context.state, stateKey.member(memberId), memberRecordCodec);
  if (!member) throw new IdentityError({ code: "identity/unknown-member", memberId });
  writeRecord(context.state, stateKey.member(memberId), memberRecordCodec, { ...member, state: 2 });
  context.emit("identity.suspended", { memberId: bytesToHex(memberId), reason: String(reason) });
}

/** Members and offices. */
export function createIdentityModule(): Module & {
  readonly offices: Offices;
  readonly roll: OfficeRoll;
  readonly gate: (context: TransactionContext, name: MessageName) => void;
} {
  return {
    name: "identity",
    offices,
    roll,
    gate,
    handlers: { "identity/admit-member": admitMember, "identity/suspend-member": suspendMember },
    initGenesis(context: Context, genesis: Genesis): void {
      for (const member of genesis.members) admit(context.state, member);
      for (const { office, account } of genesis.offices) {
        if (!OFFICES.includes(office))
          throw new Error(`genesis names an unknown office: ${office}`);
        context.state.set(stateKey.office(office, account), HELD);
      }
    },
  };
}
