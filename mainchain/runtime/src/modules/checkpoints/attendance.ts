import { type Checkpoint, stateKey } from "@ropenet/protocol";
import { readBridgeKeys } from "../../bridge-keys.ts";
import type { Context } from "../../module.ts";
import type { CheckpointAttendance } from "../../slices.ts";
import { keysOf, SUITES } from "./keeper.ts";

/** Newer checkpoints after which one is called unsigned: nobody owes more than the newest few. */
const GRACE = 8;

/** Who has signed the checkpoint whose time is up. Whoever is not in the running set is not asked any more. */
export function noteAttendance(
  context: Context,
  kept: readonly Checkpoint[],
  attendance: CheckpointAttendance,
): void {
  const { state } = context;
  const judged = kept.at(-1 - GRACE);
  const running = readBridgeKeys(state);
  if (!judged || judged.epoch !== running.epoch) return;
  const signed: Uint8Array[] = [];
  const missed: Uint8Array[] = [];
  for (const { validator } of keysOf(state, judged.epoch).validators) {
    const signedAll = SUITES.every(
      (suite) =>
        state.get(stateKey.checkpointSignature(suite, judged.height, validator)) !== undefined,
    );
    (signedAll ? signed : missed).push(validator);
  }
  attendance.note(context, { signed, missed });
}
