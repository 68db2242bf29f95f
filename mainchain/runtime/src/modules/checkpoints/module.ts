import type { ParametersRecord, Suite } from "@ropenet/protocol";
import type { Context, Module, StateView } from "../../module.ts";
import type { CheckpointAttendance, PacketOutlet } from "../../slices.ts";
import { noteAttendance } from "./attendance.ts";
import { signHandover } from "./handovers.ts";
import {
  dropOldest,
  formCheckpoint,
  keptCheckpoints,
  latestOf,
  markDue,
  SUITES,
  signCheckpoint,
} from "./keeper.ts";
import { REQUEST_KEY } from "./request.ts";
import { forgetDigests } from "./statements.ts";

/** Leaves in all outboxes when a checkpoint was last due. */
const COUNT_KEY = new TextEncoder().encode("checkpoints/leaves/");

function leafCount(context: Context, outlet: PacketOutlet): bigint {
  return SUITES.flatMap((suite: Suite) => outlet.summaries(context, suite)).reduce(
    (sum, { count }) => sum + count,
    0n,
  );
}

function readCount(state: StateView): bigint {
  const bytes = state.get(COUNT_KEY);
  return bytes ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) : 0n;
}

function writeCount(state: StateView, count: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, count);
  state.set(COUNT_KEY, bytes);
}

function isDue(
  state: StateView,
  parameters: ParametersRecord,
  now: bigint,
  grown: boolean,
): boolean {
  const { dueTimeMs } = latestOf(state, SUITES[0] as Suite);
  const age = now - dueTimeMs;
  const wanted = grown || state.get(REQUEST_KEY) !== undefined;
  return age >= (wanted ? parameters.checkpointIntervalMs : parameters.checkpointHeartbeatMs);
}

/** Leaves are counted at the end of a block; what grew too soon after the last checkpoint waits as a request. */
function endBlock(context: Context, outlet: PacketOutlet): void {
  const { state, parameters, timeMs } = context;
  const count = leafCount(context, outlet);
  const grown = count !== readCount(state);
  if (isDue(state, parameters, timeMs, grown)) {
    markDue(context);
    if (grown) writeCount(state, count);
    if (state.get(REQUEST_KEY)) state.delete(REQUEST_KEY);
  } else if (grown && !state.get(REQUEST_KEY)) {
    state.set(REQUEST_KEY, Uint8Array.of(1));
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
      "checkpoints/request": (context): void => {
        if (!context.state.get(REQUEST_KEY)) context.state.set(REQUEST_KEY, Uint8Array.of(1));
      },
    },
    beginBlock: (context) => beginBlock(context, outlet, attendance),
    endBlock: (context) => endBlock(context, outlet),
  };
}
