import type { OutboundEvent, Standing } from "@ropenet/adapter-sdk";
import { bytesToHex } from "@ropenet/protocol";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { toHex } from "../contracts/words.ts";
import { type EvmRpc, EvmRpcError, type RpcCall } from "../rpc/json-rpc.ts";

const ZERO_WORD = `0x${"0".repeat(64)}`;
/** What a call answers at a height at which the gateway was not there yet. */
const NOTHING = "0x";
/** receiptsOf costs 2,100 gas a sequence: far below every node's cap for a free call. */
const SEQUENCES_PER_CALL = 500;

/** Where an event's outcome lies. */
interface Numbered {
  readonly event: OutboundEvent;
  readonly gateway: Uint8Array;
  readonly lane: number;
  readonly sequence: bigint;
}

type View = (name: string, args: readonly unknown[]) => RpcCall;

function byLane(positions: readonly Numbered[]): readonly (readonly Numbered[])[] {
  const groups = Map.groupBy(positions, ({ gateway, lane }) => `${bytesToHex(gateway)}/${lane}`);
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / SEQUENCES_PER_CALL) }, (_, part) =>
      group.slice(part * SEQUENCES_PER_CALL, (part + 1) * SEQUENCES_PER_CALL),
    ),
  );
}

async function received(
  rpc: EvmRpc,
  view: View,
  packets: readonly Numbered[],
  signal: AbortSignal,
): Promise<readonly OutboundEvent[]> {
  const groups = byLane(packets);
  const answers = await rpc.batch<string>(
    groups.map((group) =>
      view("receiptsOf", [
        toHex(group[0]?.gateway ?? new Uint8Array(32)),
        group[0]?.lane ?? 0,
        group.map(({ sequence }) => sequence),
      ]),
    ),
    signal,
  );
  return groups.flatMap((group, position) => {
    const answer = answers[position] ?? NOTHING;
    if (answer === NOTHING) return [];
    const receipts = gatewayInterface.decodeFunctionResult("receiptsOf", answer)[0] as string[];
    return group.filter((_, offset) => receipts[offset] !== ZERO_WORD).map(({ event }) => event);
  });
}

/** A commitment is deleted by its acknowledgement; one above the last sequence was never there. */
async function acknowledged(
  rpc: EvmRpc,
  view: View,
  acknowledgements: readonly Numbered[],
  signal: AbortSignal,
): Promise<readonly OutboundEvent[]> {
  const answers = await rpc.batch<string>(
    acknowledgements.flatMap(({ gateway, lane, sequence }) => [
      view("commitment", [toHex(gateway), lane, sequence]),
      view("lastSequenceSent", [toHex(gateway), lane]),
    ]),
    signal,
  );
  return acknowledgements
    .filter(({ sequence }, offset) => {
      const last = answers[2 * offset + 1] ?? NOTHING;
      return answers[2 * offset] === ZERO_WORD && last !== NOTHING && sequence <= BigInt(last);
    })
    .map(({ event }) => event);
}

/** Those of `events` whose outcome the gateway holds in the state of block `tag`. */
async function takenAt(
  rpc: EvmRpc,
  gatewayAddress: string,
  events: readonly OutboundEvent[],
  tag: "latest" | "finalized",
  signal: AbortSignal,
): Promise<ReadonlySet<OutboundEvent>> {
  const view: View = (name, args) => ({
    method: "eth_call",
    params: [{ to: gatewayAddress, data: gatewayInterface.encodeFunctionData(name, args) }, tag],
  });
  const packets: Numbered[] = [];
  const acknowledgements: Numbered[] = [];
  for (const event of events) {
    if (event.kind === "packet") {
      const { sourceGateway: gateway, lane, sequence } = event.packet;
      packets.push({ event, gateway, lane, sequence });
    } else {
      const { destinationGateway: gateway, lane, sequence } = event.acknowledgement;
      acknowledgements.push({ event, gateway, lane, sequence });
    }
  }
  return new Set([
    ...(await received(rpc, view, packets, signal)),
    ...(await acknowledged(rpc, view, acknowledgements, signal)),
  ]);
}

/** A node that has restarted may have no state of its finalised block: then nothing is final yet. */
async function takenForGood(
  rpc: EvmRpc,
  gatewayAddress: string,
  taken: readonly OutboundEvent[],
  signal: AbortSignal,
): Promise<ReadonlySet<OutboundEvent>> {
  try {
    return await takenAt(rpc, gatewayAddress, taken, "finalized", signal);
  } catch (error) {
    if (error instanceof EvmRpcError && error.info.code === "evm/rpc-error") return new Set();
    throw error;
  }
}

/** For each event of the counterparty: does the gateway's newest state hold its outcome, and its finalised one? */
export async function readStandings(
  rpc: EvmRpc,
  gatewayAddress: string,
  events: readonly OutboundEvent[],
  signal: AbortSignal,
): Promise<readonly Standing[]> {
  const newest = await takenAt(rpc, gatewayAddress, events, "latest", signal);
  const final = await takenForGood(rpc, gatewayAddress, [...newest], signal);
  return events.map((event) => {
    if (!newest.has(event)) return "open";
    return final.has(event) ? "taken" : "settling";
  });
}
