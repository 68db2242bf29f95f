import { bytesToHex, type ReportStatement } from "@ropenet/protocol";
import { readStakingParameters } from "../../epochs.ts";
import type { TransactionContext } from "../../module.ts";
import type { Penalties, Statements } from "../../slices.ts";
import { SlashingError } from "./errors.ts";

/** Fee units of one signature check. */
const SIGNATURE_UNITS = 1_000n;

/**
 * One signature over a statement that the chain never made. No second message is needed: an honest validator signs
 * only what it has executed and made durable.
 */
export function reportStatement(
  context: TransactionContext,
  body: ReportStatement,
  { penalties, statements }: { readonly penalties: Penalties; readonly statements: Statements },
): void {
  const { validator, kind, statement, signature } = body;
  const record = penalties.find(context, validator);
  if (!record) throw new SlashingError({ code: "slashing/unknown-validator", validator });
  if (record.tombstoned) {
    throw new SlashingError({ code: "slashing/already-tombstoned", validator });
  }
  context.charge(SIGNATURE_UNITS);
  const judged = statements.judge(context, { kind, statement, signature, keys: record });
  if (judged.canonical) throw new SlashingError({ code: "slashing/canonical" });
  const { falseStatementSlashBasisPoints: basisPoints } = readStakingParameters(context.state);
  const { epoch } = judged;
  // A height that nobody has reached was signed now.
  const height = judged.height < context.height ? judged.height : context.height;
  const burnt = penalties.slash(context, validator, { height, epoch, basisPoints });
  penalties.tombstone(context, validator);
  context.emit("slashing.false-statement", {
    validator: bytesToHex(validator),
    kind: String(kind),
    height: String(judged.height),
    burnt: String(burnt),
  });
}
