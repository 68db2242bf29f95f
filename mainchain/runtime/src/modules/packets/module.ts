import { equalBytes, type OutboxSummary, type Suite } from "@ropenet/protocol";
import type { Context, Module } from "../../module.ts";
import type { ChainDirectory, PacketHandler, PacketOutlet, StrandVerifier } from "../../slices.ts";
import { acknowledgePackets } from "./acknowledge-packets.ts";
import { finishPacket } from "./finish-packet.ts";
import { readOutbox } from "./outbox.ts";
import { rebuildOutboxes } from "./rebuild-outboxes.ts";
import { receivePackets } from "./receive-packets.ts";
import { originatePacket, sendPacket } from "./send-packet.ts";

function summaries(
  context: Context,
  directory: ChainDirectory,
  suite: Suite,
): readonly OutboxSummary[] {
  return directory
    .listAdmitted(context)
    .filter((chain) => chain.suite === suite)
    .map(({ gateway }) => {
      const { count, root } = readOutbox(context.state, gateway, suite);
      return { gatewayUid: gateway, count, root };
    });
}

/** Lanes, receipts and outboxes. What a kind of packet does is registered by the module that owns the kind. */
export function createPacketsModule(slices: {
  readonly verifier: StrandVerifier;
  readonly directory: ChainDirectory;
}): Module & {
  readonly outlet: PacketOutlet;
  /** Called while wiring; a kind has one owner. */
  readonly register: (kind: number, handler: PacketHandler) => void;
} {
  const { verifier, directory } = slices;
  const handlers = new Map<number, PacketHandler>();
  const outlet: PacketOutlet = {
    send: sendPacket,
    originate: originatePacket,
    finish(context, leg1, status, failure, payee) {
      const chain = directory.find(context, leg1.sourceGateway);
      if (!chain && !equalBytes(leg1.sourceGateway, directory.ropeGateway(context)))
        throw new Error("a received packet's chain is registered");
      return finishPacket(context, leg1, chain, { status, failure, payee });
    },
    summaries: (context, suite) => summaries(context, directory, suite),
  };
  return {
    name: "packets",
    outlet,
    rebuildIndex: rebuildOutboxes,
    register(kind, handler): void {
      if (handlers.has(kind)) throw new Error(`two handlers for packet kind ${kind}`);
      handlers.set(kind, handler);
    },
    handlers: {
      "packets/receive": (context, body) =>
        receivePackets(context, body, {
          verifier,
          directory,
          handlers,
          ropeGateway: directory.ropeGateway(context),
        }),
      "packets/acknowledge": (context, body) =>
        acknowledgePackets(context, body, {
          verifier,
          handlers,
          ropeGateway: directory.ropeGateway(context),
        }),
    },
  };
}
