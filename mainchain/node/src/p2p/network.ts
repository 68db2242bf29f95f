import { connect, createServer, type Socket } from "node:net";
import { bytesToHex } from "@ropenet/protocol";
import type { Logger } from "pino";
import { SYSTEM_CLOCK } from "../clock.ts";
import { crash } from "../crash.ts";
import { listen } from "../listen.ts";
import { type Meter, SILENT_METER } from "../metrics/meter.ts";
import { type BanBook, createBanBook } from "./ban-book.ts";
import {
  type Connection,
  type ConnectionOptions,
  DEFAULT_CONNECTION_OPTIONS,
  openConnection,
} from "./connection.ts";
import { createDialLimit } from "./dial-limit.ts";
import { createDialer } from "./dialer.ts";
import { PeerError } from "./errors.ts";
import { type Direction, establish, HANDSHAKE_TIMEOUT_MS } from "./establish.ts";
import { createFloodGuard, type FloodGuard } from "./flood-guard.ts";
import type { NodeIdentity } from "./handshake.ts";
import { createMesh, type MeshEvents } from "./mesh.ts";
import { factsOf } from "./message.ts";

export interface NetworkOptions {
  readonly host: string;
  readonly port: number;
  /** `host:port` of whom to dial */
  readonly peers: readonly string[];
  readonly identity: NodeIdentity;
  readonly connection?: ConnectionOptions;
  readonly handshakeTimeoutMs?: number;
}

export interface NetworkEvents {
  onConnect(peer: Connection): void;
  onMessage(peer: Connection, message: Uint8Array): void;
  onDisconnect(peer: Connection): void;
  /** a handshake that came to nothing */
  onRefused?(reason: PeerError): void;
}

export interface Network {
  /** @throws {NodeError} `node/port-busy`, `node/cannot-listen` */
  start(): Promise<void>;
  peers(): readonly Connection[];
  /** Drops whoever is no longer allowed. */
  review(): void;
  /** the bound port, for those who ask for port 0 */
  port(): number;
  close(): Promise<void>;
}

/** Sockets that have not yet proven who they are. The oldest makes room, so idle strangers cannot fill the room. */
const MAX_PENDING_HANDSHAKES = 64;

/** For a message beyond what a peer may send; a hundred points end a connection. */
const FLOOD_POINTS = 2;

export interface NetworkComponents {
  readonly logger: Logger;
  readonly events: NetworkEvents;
  readonly bans?: BanBook;
  readonly meter?: Pick<Meter, "sent" | "received" | "peerLost">;
}

export function createNetwork(options: NetworkOptions, components: NetworkComponents): Network {
  const { logger, events, bans = createBanBook(), meter = SILENT_METER } = components;
  const guards = new WeakMap<Connection, FloodGuard>();
  const dials = createDialLimit();
  const pending = new Set<Socket>();
  let closed = false;
  const meshEvents: MeshEvents = {
    onConnect(peer): void {
      logger.info({ peer: peer.id, direction: peer.direction }, "peer connected");
      events.onConnect(peer);
    },
    onDisconnect(peer, reason): void {
      logger.info({ peer: peer.id, code: reason.code }, "peer disconnected");
      meter.peerLost(reason.code);
      events.onDisconnect(peer);
    },
  };
  const mesh = createMesh(options.identity.publicKey, meshEvents, SYSTEM_CLOCK, bans);
  const identity: NodeIdentity = {
    ...options.identity,
    isAllowed: (publicKey) => options.identity.isAllowed(publicKey) && !mesh.isBanned(publicKey),
  };
  const connectionEvents = {
    onMessage(peer: Connection, message: Uint8Array): void {
      if (mesh.holds(peer) && mayBeHeard(peer, message)) events.onMessage(peer, message);
    },
    onSent: meter.sent,
    onClose: mesh.ended,
  };

  function mayBeHeard(peer: Connection, message: Uint8Array): boolean {
    const facts = factsOf(message);
    // Whoever reads it will say what is wrong with it.
    if (!facts) return true;
    meter.received(facts.lane, message.length);
    const guard = guards.get(peer) ?? createFloodGuard();
    guards.set(peer, guard);
    if (guard.accepts(facts, message.length)) return true;
    peer.penalize(FLOOD_POINTS);
    return false;
  }

  async function admit(socket: Socket, direction: Direction): Promise<string | undefined> {
    pending.add(socket);
    if (pending.size > MAX_PENDING_HANDSHAKES) [...pending][0]?.destroy();
    try {
      const timeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
      const session = await establish(socket, direction, identity, timeoutMs);
      const pace = options.connection ?? DEFAULT_CONNECTION_OPTIONS;
      if (closed) socket.destroy();
      else mesh.adopt(openConnection(socket, session, direction, connectionEvents, pace));
      return bytesToHex(session.peerPublicKey);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      logger.debug({ code: error.code, direction }, "handshake refused");
      events.onRefused?.(error);
      return undefined;
    } finally {
      pending.delete(socket);
    }
  }

  const dialer = createDialer(options.peers, {
    isConnected: mesh.isConnected,
    dial: (host, port, signal) => admit(connect({ host, port, signal, noDelay: true }), "out"),
  });
  const server = createServer({ noDelay: true }, (socket) => {
    if (dials.accepts(socket.remoteAddress ?? "")) admit(socket, "in").catch(crash);
    else socket.destroy();
  });

  return {
    async start(): Promise<void> {
      await listen(server, { what: "p2p", host: options.host, port: options.port });
      dialer.start();
    },
    peers: mesh.peers,
    review(): void {
      for (const peer of mesh.peers()) {
        const { publicKey } = peer;
        if (options.identity.isAllowed(publicKey)) continue;
        peer.close(new PeerError({ code: "p2p/unknown-node", publicKey }));
      }
    },
    port(): number {
      const address = server.address();
      return typeof address === "object" && address ? address.port : 0;
    },
    async close(): Promise<void> {
      closed = true;
      dialer.stop();
      for (const socket of pending) socket.destroy();
      for (const peer of mesh.peers()) peer.close(new PeerError({ code: "p2p/closed" }));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
