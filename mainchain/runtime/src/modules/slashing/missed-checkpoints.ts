import { bytesToHex, missedCheckpointsRecordCodec, stateKey } from "@ropenet/protocol";
import { readStakingParameters } from "../../epochs.ts";
import { type Context, readRecord, writeRecord } from "../../module.ts";
import type { CheckpointAttendance, Penalties } from "../../slices.ts";

function noteMissed(context: Context, validator: Uint8Array, penalties: Penalties): void {
  const { state, timeMs } = context;
  const record = penalties.find(context, validator);
  const key = stateKey.missedCheckpoints(validator);
  if (!record || record.tombstoned || record.jailedUntilMs !== 0n) {
    if (state.get(key)) state.delete(key);
    return;
  }
  const { missedCheckpointLimit, downtimeJailMs } = readStakingParameters(state);
  const inRow = (readRecord(state, key, missedCheckpointsRecordCodec)?.inRow ?? 0) + 1;
  if (inRow <= missedCheckpointLimit) {
    writeRecord(state, key, missedCheckpointsRecordCodec, { inRow });
    return;
  }
  if (state.get(key)) state.delete(key);
  penalties.jail(context, validator, timeMs + downtimeJailMs);
  context.emit("slashing.missed-checkpoints", { validator: bytesToHex(validator) });
}

/** Whoever leaves gateways without its signature is of no use to them, however well it votes. */
export function createAttendance(penalties: Penalties): CheckpointAttendance {
  return {
    note(context, { signed, missed }): void {
      for (const validator of signed) {
        const key = stateKey.missedCheckpoints(validator);
        if (context.state.get(key)) context.state.delete(key);
      }
      for (const validator of missed) noteMissed(context, validator, penalties);
    },
  };
}
