import { bytesToHex, type DuplicateVote } from "@ropenet/protocol";
import { readStakingParameters } from "../../epochs.ts";
import type { Context } from "../../module.ts";
import type { Penalties } from "../../slices.ts";

/** Two votes of one validator in one slot; the engine has checked both signatures and that none is told of twice. */
export function punishDoubleVote(
  context: Context,
  { first }: DuplicateVote,
  penalties: Penalties,
): void {
  const { validator, height } = first;
  const record = penalties.find(context, validator);
  if (!record || record.tombstoned) return;
  const basisPoints = readStakingParameters(context.state).doubleSignSlashBasisPoints;
  const burnt = penalties.slash(context, validator, { height, basisPoints });
  penalties.tombstone(context, validator);
  context.emit("slashing.double-vote", {
    validator: bytesToHex(validator),
    height: String(height),
    burnt: String(burnt),
  });
}
