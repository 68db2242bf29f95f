import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { crash } from "../crash.ts";
import type { BlockFeed } from "./block-feed.ts";
import { type Dispatcher, failure, type Subscribe } from "./dispatch.ts";
import { RpcError } from "./errors.ts";
import { MAX_BODY_BYTES } from "./request-body.ts";

/** What a client may leave unread; a block with its events is about a megabyte at most. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
/** The same for all clients together. */
const MAX_UNSENT_IN_ALL = 64 * 1024 * 1024;
/** Requests that arrived together and wait for their turn. */
const MAX_WAITING = 64;
const PING_MS = 15_000;
const POLICY_VIOLATION = 1_008;

export interface WebSocketEndpoint {
  /** @throws {RpcError} `rpc/too-busy` */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

export interface WebSocketComponents {
  readonly dispatcher: Dispatcher;
  readonly feed: BlockFeed;
  /** @throws {RpcError} if that client asks too much */
  readonly admit: (address: string | undefined, text: string) => void;
}

/** JSON-RPC over WebSocket: every method, and `subscribe`, after which blocks are pushed. */
export function createWebSocketEndpoint(
  options: { readonly maxClients: number; readonly maxSubscriptions: number },
  { dispatcher, feed, admit }: WebSocketComponents,
): WebSocketEndpoint {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY_BYTES,
    perMessageDeflate: false,
  });
  const silent = new WeakSet<WebSocket>();

  /** Whoever does not read is dropped rather than remembered. */
  function isTooSlow(client: WebSocket): boolean {
    if (client.bufferedAmount === 0) return false;
    const inAll = [...server.clients].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
    return client.bufferedAmount > MAX_UNSENT_BYTES || inAll > MAX_UNSENT_IN_ALL;
  }

  function serve(client: WebSocket, { socket: { remoteAddress } }: IncomingMessage): void {
    let waiting = 0;
    let turn: Promise<void> = Promise.resolve();

    function send(text: string): void {
      if (isTooSlow(client)) client.terminate();
      else if (client.readyState === client.OPEN) client.send(text);
    }
    const subscribe: Subscribe = ({ topic }) => {
      if (feed.size >= options.maxSubscriptions) {
        const limit = options.maxSubscriptions;
        throw new RpcError({ code: "rpc/too-many-subscriptions", limit });
      }
      feed.add(send);
      return { subscribed: topic };
    };
    function refusalOf(text: string): string | undefined {
      try {
        admit(remoteAddress, text);
        return undefined;
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        return failure(error);
      }
    }
    async function answer(text: string): Promise<void> {
      const found = refusalOf(text) ?? (await dispatcher.answer(text, subscribe));
      waiting -= 1;
      if (found !== undefined) send(found);
      if (waiting === 0) client.resume();
    }

    client.on("message", (data) => {
      if (client.readyState !== client.OPEN) return;
      waiting += 1;
      if (waiting > MAX_WAITING) {
        client.close(POLICY_VIOLATION, "too many requests at once");
        // Its own farewell is to be heard.
        client.resume();
        return;
      }
      client.pause();
      const text = textOf(data);
      turn = turn.then(() => answer(text)).catch(crash);
    });
    client.on("pong", () => silent.delete(client));
    client.on("close", () => feed.remove(send));
    client.on("error", () => client.terminate());
  }

  const heartbeat = setInterval(() => {
    for (const client of server.clients) {
      if (silent.has(client)) client.terminate();
      silent.add(client);
      client.ping();
    }
  }, PING_MS);

  return {
    upgrade(request, socket, head): void {
      if (server.clients.size >= options.maxClients) {
        throw new RpcError({ code: "rpc/too-busy", limit: options.maxClients });
      }
      server.handleUpgrade(request, socket, head, serve);
    },
    close(): void {
      clearInterval(heartbeat);
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data as Uint8Array<ArrayBuffer>).toString("utf8");
}
