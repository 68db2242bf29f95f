import type { OutboundEvent, Standing } from "@ropenet/adapter-sdk";
import { bytesToHex } from "@ropenet/protocol";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { toHex } from "../contracts/words.ts";
import type { EvmRpc, RpcCall } from "../rpc/json-rpc.ts";

const ZERO_WORD = `0x${"0".repeat(64)}`;
/** receiptsOf costs 2,100 gas a sequence: far below every node's cap for a free call. */
const SEQUENCES_PER_CALL = 500;

interface Numbered {
  readonly index: number;
  readonly gateway: Uint8Array;
  readonly lane: number;
  readonly sequence: bigint;
}

function byLane(positions: readonly Numbered[]): readonly (readonly Numbered[])[] {
  const groups = Map.groupBy(positions, ({ gateway, lane }) => `${bytesToHex(gateway)}/${lane}`);
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / SEQUENCES_PER_CALL) }, (_, part) =>
      group.slice(part * SEQUENCES_PER_CALL, (part + 1) * SEQUENCES_PER_CALL),
    ),
  );
}

/** For each event of the counterparty: does the gateway's newest state hold its outcome? */
export async function readStandings(
  rpc: EvmRpc,
  gatewayAddress: string,
  events: readonly OutboundEvent[],
  signal: AbortSignal,
): Promise<readonly Standing[]> {
  const view = (name: string, args: readonly unknown[]): RpcCall => ({
    method: "eth_call",
    params: [
      { to: gatewayAddress, data: gatewayInterface.encodeFunctionData(name, args) },
      "latest",
    ],
  });
  const packets: Numbered[] = [];
  const acknowledgements: Numbered[] = [];
  for (const [index, event] of events.entries()) {
    if (event.kind === "packet") {
      const { sourceGateway, lane, sequence } = event.packet;
      packets.push({ index, gateway: sourceGateway, lane, sequence });
    } else {
      const { destinationGateway, lane, sequence } = event.acknowledgement;
      acknowledgements.push({ index, gateway: destinationGateway, lane, sequence });
    }
  }
  const taken = events.map(() => false);

  const groups = byLane(packets);
  const receipts = await rpc.batch<string>(
    groups.map((group) =>
      view("receiptsOf", [
        toHex(group[0]?.gateway ?? new Uint8Array(32)),
        group[0]?.lane ?? 0,
        group.map(({ sequence }) => sequence),
      ]),
    ),
    signal,
  );
  for (const [position, group] of groups.entries()) {
    const answer = receipts[position] ?? "0x";
    const [found] = gatewayInterface.decodeFunctionResult("receiptsOf", answer);
    for (const [offset, { index }] of group.entries()) {
      taken[index] = (found as readonly string[])[offset] !== ZERO_WORD;
    }
  }

  // A commitment is deleted by its acknowledgement; one above the last sequence was never there.
  const commitments = await rpc.batch<string>(
    acknowledgements.flatMap(({ gateway, lane, sequence }) => [
      view("commitment", [toHex(gateway), lane, sequence]),
      view("lastSequenceSent", [toHex(gateway), lane]),
    ]),
    signal,
  );
  for (const [offset, { index, sequence }] of acknowledgements.entries()) {
    const last = BigInt(commitments[2 * offset + 1] ?? "0x0");
    taken[index] = commitments[2 * offset] === ZERO_WORD && sequence <= last;
  }
  return taken.map((isTaken) => (isTaken ? "taken" : "open"));
}
