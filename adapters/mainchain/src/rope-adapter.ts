import type { ChainAdapter, OutboundEvent } from "@ropenet/adapter-sdk";
import { type Rope, recordsOf, type Wallet } from "@ropenet/client";
import { bytesToHex, ropeGatewayUid, SUITE_SM, type Suite } from "@ropenet/protocol";
import { classified } from "./classify-error.ts";
import { proveEvents } from "./prove-events.ts";
import { readClientAge } from "./read-client-age.ts";
import { readHandovers, runningEpoch } from "./read-handovers.ts";
import { readStanding } from "./read-standing.ts";
import { scanOutbox } from "./scan-outbox.ts";
import { submitBatch } from "./submit-batch.ts";

export interface RopeAdapterOptions {
  readonly rope: Rope;
  readonly wallet: Wallet;
  /** the suite of a strand: its checkpoints and outbox are hashed and signed under it */
  readonly suiteOf: (gateway: Uint8Array) => Suite;
}

/** The strand that emitted an event. */
function sourceOf(event: OutboundEvent): Uint8Array {
  return event.kind === "packet"
    ? event.packet.sourceGateway
    : event.acknowledgement.destinationGateway;
}

/** The rope itself as a chain, so that the relayer has one code path. */
export function createRopeAdapter({ rope, wallet, suiteOf }: RopeAdapterOptions): ChainAdapter {
  return {
    name: "rope",
    gateway: ropeGatewayUid(rope.anchor.chainId),
    suite: SUITE_SM,
    finalised: (signal) =>
      classified(async () => {
        const status = await rope.rpc.call("status", {}, signal);
        return { height: BigInt(status.height), timeMs: BigInt(status.timeMs) };
      }),
    scan: (range) => classified(() => scanOutbox(rope, range)),
    prove: (events) =>
      classified(() => {
        const [first] = events;
        if (!first) throw new Error("prove needs at least one event");
        const counterparty =
          first.kind === "packet"
            ? first.packet.destinationGateway
            : first.acknowledgement.sourceGateway;
        return proveEvents(rope, suiteOf(counterparty), counterparty, events);
      }),
    proveTip: (counterparty) =>
      classified(() => proveEvents(rope, suiteOf(counterparty), counterparty, [])),
    standings: (events, signal) =>
      classified(async () => {
        const [first] = events;
        if (!first) return [];
        const strand = sourceOf(first);
        const [{ timeMs }, chain] = await Promise.all([
          rope.rpc.call("status", {}, signal),
          recordsOf(rope.peek).chain(strand),
        ]);
        const now = { timeMs: BigInt(timeMs), strandState: chain?.state };
        return await Promise.all(
          events.map((event) => readStanding(rope, suiteOf(strand), event, now)),
        );
      }),
    submit: (batch, signal) =>
      classified(() => {
        if (batch.kind === "rope") throw new Error("the rope takes batches of strands only");
        return submitBatch(rope, wallet, batch, signal);
      }),
    clientAge: (counterparty, signal) =>
      classified(() => readClientAge(rope, counterparty, signal)),
    runningEpoch: (signal) => classified(() => runningEpoch(rope, signal)),
    handovers: (suite, fromEpoch, signal) =>
      classified(() => readHandovers(rope, suite, fromEpoch, signal)),
    balance: (signal) =>
      classified(async () => {
        const account = await rope.rpc.call(
          "account",
          { address: bytesToHex(wallet.address) },
          signal,
        );
        return { account: wallet.addressText, amount: BigInt(account.balance), unit: "rope" };
      }),
    close: async () => undefined,
  };
}
