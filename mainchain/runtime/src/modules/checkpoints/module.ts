import type { ParametersRecord, Suite } from "@ropenet/protocol";
import type { Context, Module, StateView } from "../../module.ts";
import type { PacketOutlet } from "../../slices.ts";
import { formCheckpoint, latestOf, markDue, SUITES, signCheckpoint } from "./keeper.ts";

/** Leaves in all outboxes when a checkpoint was last due, and whether one was asked for since. */
const COUNT_KEY = new TextEncoder().encode("checkpoints/leaves/");
const REQUEST_KEY = new TextEncoder().encode("checkpoints/requested/");

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

/** Checkpoints: when they are due, what they say, who has signed. */
export function createCheckpointsModule(outlet: PacketOutlet): Module {
  return {
    name: "checkpoints",
    wantsBlock: (state, parameters, nowMs) => isDue(state, parameters, nowMs, false),
    handlers: {
      "checkpoints/sign": signCheckpoint,
      "checkpoints/request": (context): void => {
        if (!context.state.get(REQUEST_KEY)) context.state.set(REQUEST_KEY, Uint8Array.of(1));
      },
    },
    beginBlock(context): void {
      for (const suite of SUITES) formCheckpoint(context, outlet, suite);
    },
    endBlock: (context) => endBlock(context, outlet),
  };
}
