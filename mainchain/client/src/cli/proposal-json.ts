import {
  CodedError,
  encode,
  PARAMETER_SET,
  PROPOSALS,
  type ProposalActions,
  type ProposalKind,
} from "@ropenet/protocol";
import { JsonFields } from "./json-fields.ts";
import { wordOperand } from "./operands.ts";

/** What stands in the file of each kind of proposal; names as in `ProposalActions`. */
const READERS: { readonly [K in ProposalKind]: (fields: JsonFields) => ProposalActions[K] } = {
  "set-parameter": (fields) => ({
    set: wordOperand("set", fields.text("set"), PARAMETER_SET),
    name: fields.text("name"),
    value: fields.integer("value"),
  }),
  "schedule-upgrade": (fields) => ({
    name: fields.text("name"),
    height: fields.integer("height"),
  }),
  "recover-client": (fields) => {
    const gateway = fields.hex("gateway", 32);
    const attestors = fields.hexList("attestors", 20);
    const threshold = attestors.length === 0 ? 0 : Number(fields.integer("threshold"));
    return { gateway, attestors, threshold, keptHeight: fields.integer("keptHeight") };
  },
  "unfreeze-books": (fields) => ({
    assetId: fields.hex("assetId", 32),
    gateway: fields.hex("gateway", 32),
  }),
  "lift-quarantine": (fields) => ({
    credentialId: fields.hex("credentialId", 32),
    gateway: fields.hex("gateway", 32),
  }),
  "give-office": (fields) => ({
    office: fields.text("office"),
    account: fields.address("account"),
  }),
  "take-office": (fields) => ({
    office: fields.text("office"),
    account: fields.address("account"),
  }),
};

export const PROPOSAL_KINDS = Object.keys(READERS) as readonly ProposalKind[];

function encodeAction<K extends ProposalKind>(kind: K, fields: JsonFields): Uint8Array {
  const action = READERS[kind](fields);
  fields.end();
  return encode(PROPOSALS[kind].codec, action);
}

/**
 * An action as it goes on the chain, from the JSON that somebody wrote.
 * @throws {CodedError} `cli/bad-operand`, `cli/unknown-field`, `cli/bad-json`
 */
export function readAction(kind: string, text: string): { kind: number; action: Uint8Array } {
  const known = PROPOSAL_KINDS.find((each) => each === kind);
  if (!known) {
    const expected = PROPOSAL_KINDS.join(" | ");
    throw new CodedError({ code: "cli/bad-operand", operand: "kind", expected });
  }
  return { kind: PROPOSALS[known].type, action: encodeAction(known, new JsonFields(text)) };
}
