import type { Socket } from "node:net";
import { addressOf, bytesToHex } from "@ropenet/protocol";
import { PeerError } from "./errors.ts";
import { asPeerError, type Direction } from "./establish.ts";
import { createFrameReader, MAX_FRAME_BYTES } from "./frame.ts";
import type { Session } from "./handshake.ts";
import { createLaneQueue, type Lane } from "./lanes.ts";
import { createScore, MAX_SCORE } from "./score.ts";
import { createSessionCipher, TAG_BYTES } from "./session-cipher.ts";

/** A live, authenticated peer. */
export interface Connection {
  /** hex address of the peer's node key */
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly direction: Direction;
  readonly openedAtMs: number;
  /** False if the message was dropped: its lane is full (transactions) or the peer is gone. */
  send(lane: Lane, message: Uint8Array): boolean;
  /** Adds to the peer's score, which fades by one a second; at 100 the peer is dropped. */
  penalize(points: number): void;
  close(reason: PeerError): void;
}

export interface ConnectionEvents {
  onMessage(connection: Connection, message: Uint8Array): void;
  onSent?(lane: Lane, bytes: number): void;
  onClose(connection: Connection, reason: PeerError): void;
}

export interface ConnectionOptions {
  readonly pingIntervalMs: number;
  readonly idleTimeoutMs: number;
}

/** A dead TCP peer is noticed within three missed pings. */
export const DEFAULT_CONNECTION_OPTIONS: ConnectionOptions = {
  pingIntervalMs: 3_000,
  idleTimeoutMs: 10_000,
};

const PING = new Uint8Array(0);

/** Takes over a socket on which the handshake has just ended. */
export function openConnection(
  socket: Socket,
  session: Session,
  direction: Direction,
  events: ConnectionEvents,
  options: ConnectionOptions = DEFAULT_CONNECTION_OPTIONS,
): Connection {
  const sender = createSessionCipher(session.sendKey);
  const receiver = createSessionCipher(session.receiveKey);
  const reader = createFrameReader(MAX_FRAME_BYTES + TAG_BYTES);
  const queue = createLaneQueue();
  const score = createScore();
  let blocked = false;
  let closed = false;
  let lastHeardMs = performance.now();

  function pump(): void {
    if (closed || blocked) return;
    socket.cork();
    while (!blocked) {
      const message = queue.shift();
      if (!message) break;
      blocked = !socket.write(sender.seal(message));
    }
    process.nextTick(() => socket.uncork());
  }

  /** Undefined when nothing whole is there, or the peer sent what it could not have sealed. */
  function nextMessage(): Uint8Array | undefined {
    try {
      const frame = closed ? undefined : reader.next();
      return frame && receiver.open(frame);
    } catch (error) {
      const reason = asPeerError(error);
      if (!(reason instanceof PeerError)) throw error;
      connection.close(reason);
      return undefined;
    }
  }

  function receive(chunk: Uint8Array): void {
    lastHeardMs = performance.now();
    reader.push(chunk);
    // Handlers run outside the catch: an error of ours must not look like one of the peer's.
    for (let message = nextMessage(); message; message = nextMessage()) {
      if (message.length > 0) events.onMessage(connection, message);
    }
  }

  const heartbeat = setInterval(() => {
    if (performance.now() - lastHeardMs > options.idleTimeoutMs) {
      connection.close(new PeerError({ code: "p2p/idle" }));
    } else {
      connection.send("vote", PING);
    }
  }, options.pingIntervalMs);

  const connection: Connection = {
    id: bytesToHex(addressOf(session.peerPublicKey)),
    publicKey: session.peerPublicKey,
    direction,
    openedAtMs: performance.now(),
    send(lane, message): boolean {
      if (closed) return false;
      if (queue.push(lane, message)) {
        events.onSent?.(lane, message.length);
        pump();
        return true;
      }
      // Consensus messages may not be dropped silently: better a new connection that starts over.
      if (lane !== "transaction") this.close(new PeerError({ code: "p2p/too-slow", lane }));
      return false;
    },
    penalize(points): void {
      const total = score.add(points);
      if (total >= MAX_SCORE) this.close(new PeerError({ code: "p2p/misbehaving", score: total }));
    },
    close(reason): void {
      if (closed) return;
      closed = true;
      clearInterval(heartbeat);
      queue.clear();
      socket.destroy();
      events.onClose(connection, reason);
    },
  };

  socket.on("data", receive);
  socket.on("drain", () => {
    blocked = false;
    pump();
  });
  const ended = (): void => connection.close(new PeerError({ code: "p2p/closed" }));
  socket.on("close", ended);
  socket.on("end", ended);
  socket.on("error", ended);
  socket.setNoDelay(true);
  socket.resume();
  return connection;
}
