import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { expect, it } from "vitest";
import { gatewayInterface } from "../../src/contracts/interfaces.ts";
import { type EvmRpc, EvmRpcError, type RpcCall } from "../../src/index.ts";
import { readStandings } from "../../src/relay/read-standings.ts";

const gateway = new Uint8Array(32).fill(1);
const address = `0x${"11".repeat(20)}`;
const FILLED = `0x${"0f".repeat(32)}`;

const packet = (sequence: bigint): OutboundEvent =>
  ({ kind: "packet", packet: { sourceGateway: gateway, lane: 0, sequence } }) as never;
const answer = (sequence: bigint): OutboundEvent =>
  ({
    kind: "acknowledgement",
    acknowledgement: { destinationGateway: gateway, lane: 0, sequence },
  }) as never;

interface State {
  readonly received: readonly bigint[];
  readonly committed: readonly bigint[];
  readonly sent: bigint;
}

/** What a gateway answers from one state. */
function viewOf({ received, committed, sent }: State, data: string): string {
  const call = gatewayInterface.parseTransaction({ data });
  const word = (filled: boolean): string => (filled ? FILLED : `0x${"0".repeat(64)}`);
  const sequences = [...(call?.args ?? [])][2] as bigint[] | bigint | undefined;
  const result = {
    receiptsOf: () => [(sequences as bigint[]).map((one) => word(received.includes(one)))],
    commitment: () => [word(committed.includes(sequences as bigint))],
    lastSequenceSent: () => [sent],
  }[call?.name ?? ""];
  if (!call || !result) throw new Error(`not asked for: ${data}`);
  return gatewayInterface.encodeFunctionResult(call.name, result());
}

/** A node with a newest state and a finalised one: none before the gateway was there, or an error in its place. */
function nodeWith(latest: State, finalized: State | "0x" | EvmRpcError): EvmRpc {
  return {
    url: "",
    call: async () => {
      throw new Error("not asked for");
    },
    async batch<T>(calls: readonly RpcCall[]): Promise<readonly T[]> {
      return calls.map(({ params }) => {
        const [{ data }, tag] = params as [{ data: string }, string];
        const state = tag === "latest" ? latest : finalized;
        if (state instanceof EvmRpcError) throw state;
        return (state === "0x" ? state : viewOf(state, data)) as T;
      });
    },
  };
}

const events = [packet(1n), packet(2n), packet(3n), answer(1n), answer(2n), answer(3n)];
const newest: State = { received: [1n, 2n], committed: [2n], sent: 2n };
const ask = (rpc: EvmRpc) => readStandings(rpc, address, events, AbortSignal.timeout(1_000));

it("calls taken only what the finalised state holds too", async () => {
  const final: State = { received: [1n], committed: [1n, 2n], sent: 2n };
  expect(await ask(nodeWith(newest, final))).toEqual([
    ...["taken", "settling", "open"],
    ...["settling", "open", "open"],
  ]);
  expect(await ask(nodeWith(newest, newest))).toEqual([
    ...["taken", "taken", "open"],
    ...["taken", "open", "open"],
  ]);
});

it("calls nothing taken where the finalised state is none, or was lost with a restart", async () => {
  const gone = new EvmRpcError({
    ...{ code: "evm/rpc-error", method: "eth_call", rpcCode: -32_000, reason: "", data: undefined },
  });
  for (const none of ["0x", gone] as const) {
    expect(await ask(nodeWith(newest, none))).toEqual([
      ...["settling", "settling", "open"],
      ...["settling", "open", "open"],
    ]);
  }
});

it("passes on that a node is silent", async () => {
  const silent = new EvmRpcError({ code: "evm/unreachable", url: "", reason: "" });
  await expect(ask(nodeWith(newest, silent))).rejects.toBe(silent);
  expect(
    await readStandings(nodeWith(newest, silent), address, [], AbortSignal.timeout(1)),
  ).toEqual([]);
});
