import type { GenesisAccount, GenesisMember, GenesisOffice } from "@ropenet/protocol";
import { digest, SUITE_SM, utf8ToBytes } from "@ropenet/protocol";
import { type KeyRing, ROPE_ACTORS, type RopeActor } from "./actors.ts";

/** 虚构 · synthetic organisations whose check digits are valid. */
const MEMBERS: readonly {
  readonly actor: RopeActor;
  readonly name: string;
  readonly code: string;
  readonly kind: number;
}[] = [
  { actor: "police", name: "公安（虚构）", code: "11520100RPNE00010K", kind: 11 },
  { actor: "social-security", name: "社保（虚构）", code: "11520100RPNE00029G", kind: 11 },
  { actor: "housing", name: "房管（虚构）", code: "11520100RPNE00037B", kind: 11 },
  { actor: "supervisor", name: "监管（虚构）", code: "11520100RPNE000531", kind: 11 },
  { actor: "bank-a", name: "甲银行（虚构）", code: "91520100MA0RP0032H", kind: 91 },
  { actor: "bank-b", name: "乙银行（虚构）", code: "91520100MA0RP0040C", kind: 91 },
  { actor: "holder", name: "黔钢贸易（虚构）", code: "91520100MA0RP0024N", kind: 91 },
  { actor: "keeper", name: "筑仓储（虚构）", code: "91520100MA0RP0016U", kind: 91 },
];

const OFFICE_HOLDERS: readonly { readonly office: string; readonly actor: RopeActor }[] = [
  { office: "admission", actor: "admission" },
  { office: "standards", actor: "standards" },
  { office: "supervision", actor: "supervisor" },
];

const INITIAL_BALANCE = 1_000_000_000_000n;

export function genesisPeople(keys: KeyRing): {
  readonly accounts: readonly GenesisAccount[];
  readonly members: readonly GenesisMember[];
  readonly offices: readonly GenesisOffice[];
} {
  return {
    accounts: ROPE_ACTORS.map((actor) => ({
      address: keys.rope(actor).address,
      balance: INITIAL_BALANCE,
    })),
    members: MEMBERS.map(({ actor, name, code, kind }) => ({
      memberId: digest(SUITE_SM, "member", utf8ToBytes(code)),
      kind,
      name,
      // The salt is the account here: the demo's codes are public and synthetic.
      codeCommitment: digest(SUITE_SM, "member-code", keys.rope(actor).address, utf8ToBytes(code)),
      account: keys.rope(actor).address,
    })),
    offices: OFFICE_HOLDERS.map(({ office, actor }) => ({
      office,
      account: keys.rope(actor).address,
    })),
  };
}
