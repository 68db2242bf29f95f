import { type ParametersRecord, type Suite, stateKey, ZERO_32 } from "@ropenet/protocol";
import type { Context, Module, StateView } from "../../module.ts";
import type { CheckpointAttendance, PacketOutlet } from "../../slices.ts";
import { noteAttendance } from "./attendance.ts";
import { signHandover } from "./handovers.ts";
import {
  dropOldest,
  formCheckpoint,
  isRequested,
  keptCheckpoints,
  latestOf,
  markDue,
  requestCheckpoint,
  SUITES,
  signCheckpoint,
} from "./keeper.ts";
import { forgetDigests } from "./statements.ts";

const FULL_32 = new Uint8Array(32).fill(0xff);

/** Whether a leaf was added in this block. */
function haveGrown(state: StateView): boolean {
  return state.changedKeys(stateKey.outbox(ZERO_32), stateKey.outbox(FULL_32)).length > 0;
}

function isDue(
  state: StateView,
  parameters: ParametersRecord,
  now: bigint,
  grown: boolean,
): boolean {
  const { dueTimeMs } = latestOf(state, SUITES[0] as Suite);
  const age = now - dueTimeMs;
  const wanted = grown || isRequested(state);
  return age >= (wanted ? parameters.checkpointIntervalMs : parameters.checkpointHeartbeatMs);
}

/** What grew too soon after the last checkpoint waits as a request. */
function endBlock(context: Context): void {
  const { state, parameters, timeMs } = context;
  const grown = haveGrown(state);
  if (isDue(state, parameters, timeMs, grown)) {
    markDue(context);
    if (isRequested(state)) state.delete(stateKey.checkpointRequest());
  } else if (grown) {
    requestCheckpoint(state);
  }
}

/** First of all in a block: what was due becomes the record, and what it pushes out is settled. */
function beginBlock(
  context: Context,
  outlet: PacketOutlet,
  attendance: CheckpointAttendance,
): void {
  const { state } = context;
  const formed = SUITES.filter((suite) => formCheckpoint(context, outlet, suite));
  for (const suite of formed) {
    const kept = keptCheckpoints(state, suite);
    // Every suite has the same heights: one look at both is enough.
    if (suite === SUITES.at(-1)) noteAttendance(context, kept, attendance);
    dropOldest(state, suite, kept);
    forgetDigests(context, suite);
  }
}

/** Checkpoints: when they are due, what they say, who has signed. */
export function createCheckpointsModule(
  outlet: PacketOutlet,
  attendance: CheckpointAttendance,
): Module {
  return {
    name: "checkpoints",
    wantsBlock: (state, parameters, nowMs) => isDue(state, parameters, nowMs, false),
    handlers: {
      "checkpoints/sign": signCheckpoint,
      "checkpoints/sign-handover": signHandover,
      "checkpoints/request": ({ state }) => requestCheckpoint(state),
    },
    beginBlock: (context) => beginBlock(context, outlet, attendance),
    endBlock,
  };
}
