import type { Socket } from "node:net";
import { CodedError } from "@ropenet/protocol";
import { PeerError } from "./errors.ts";
import { createFrameReader, frameOf } from "./frame.ts";
import {
  createInitiator,
  createResponder,
  MAX_HANDSHAKE_BYTES,
  type NodeIdentity,
  type Responder,
  type Session,
} from "./handshake.ts";

export type Direction = "in" | "out";

/** Two curve operations and two crossings; whoever dawdles longer is not a validator. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;

/**
 * Runs the handshake on a fresh socket and leaves the socket silent, paused and without listeners of its own.
 * @throws {PeerError}
 */
export function establish(
  socket: Socket,
  direction: Direction,
  identity: NodeIdentity,
  timeoutMs: number = HANDSHAKE_TIMEOUT_MS,
): Promise<Session> {
  return new Promise((resolve, reject) => {
    const reader = createFrameReader(MAX_HANDSHAKE_BYTES);
    const advance = direction === "out" ? initiate(socket, identity) : respond(socket, identity);
    const deadline = setTimeout(
      () => fail(new PeerError({ code: "p2p/handshake-timeout" })),
      timeoutMs,
    );

    function leave(): void {
      clearTimeout(deadline);
      socket.off("data", receive);
      socket.off("close", gone);
      socket.off("error", gone);
    }
    function fail(error: unknown): void {
      leave();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    }
    const gone = (): void => fail(new PeerError({ code: "p2p/closed" }));
    function receive(chunk: Uint8Array): void {
      try {
        reader.push(chunk);
        const frame = reader.next();
        const session = frame && advance(frame);
        if (!session) return;
        leave();
        socket.pause();
        // The other side may already speak under the session's keys.
        socket.unshift(reader.rest());
        resolve(session);
      } catch (error) {
        fail(asPeerError(error));
      }
    }
    socket.on("data", receive);
    socket.on("close", gone);
    socket.on("error", gone);
  });
}

/** What a peer sent is its fault; anything else is ours. */
export function asPeerError(error: unknown): unknown {
  if (error instanceof PeerError || !(error instanceof CodedError)) return error;
  return new PeerError({ code: "p2p/malformed", detail: error.code }, { cause: error });
}

type Advance = (frame: Uint8Array) => Session | undefined;

function initiate(socket: Socket, identity: NodeIdentity): Advance {
  const initiator = createInitiator(identity);
  socket.write(frameOf(initiator.hello));
  return (frame) => {
    const { confirmation, session } = initiator.finish(frame);
    socket.write(frameOf(confirmation));
    return session;
  };
}

function respond(socket: Socket, identity: NodeIdentity): Advance {
  let responder: Responder | undefined;
  return (frame) => {
    if (responder) return responder.finish(frame);
    responder = createResponder(identity, frame);
    socket.write(frameOf(responder.reply));
    return undefined;
  };
}
