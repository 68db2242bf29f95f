import type { Socket } from "node:net";
import { isIPv4 } from "node:net";
import { createTokenBucket, type TokenBucket } from "../token-bucket.ts";
import { type AddressList, plainAddress } from "./address-list.ts";
import { RpcError } from "./errors.ts";

export interface RateLimitOptions {
  /** calls that one client may make per second in the long run */
  readonly perSecond: number;
  /** calls that it may make at once after a silence */
  readonly burst: number;
  readonly maxConnectionsPerClient: number;
  /** who is not counted: this machine, and what the operator named */
  readonly trusted: AddressList;
  readonly nowMs?: () => number;
}

/** What one remote address may ask of this node. */
export interface RateLimit {
  /** @throws {RpcError} `rpc/rate-limited` */
  take(address: string | undefined, calls: number): void;
  /** False if the client holds its share of connections already: the socket is to be closed. */
  admit(socket: Socket): boolean;
  /** clients remembered at present */
  readonly size: number;
}

/** Beyond this many clients the one that was quiet longest is forgotten: its bucket was the fullest. */
const MAX_CLIENTS = 10_000;
const IPV6_GROUPS = 4;

export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { perSecond, burst, maxConnectionsPerClient, trusted } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const buckets = new Map<string, TokenBucket>();
  const connections = new Map<string, number>();

  function bucketOf(client: string): TokenBucket {
    const bucket = buckets.get(client) ?? createTokenBucket({ perSecond, burst, nowMs });
    // Taken out and put back: the map's order is that of the last call.
    buckets.delete(client);
    buckets.set(client, bucket);
    if (buckets.size > MAX_CLIENTS) {
      const [quietest] = buckets.keys();
      if (quietest !== undefined) buckets.delete(quietest);
    }
    return bucket;
  }

  function leave(client: string): void {
    const left = (connections.get(client) ?? 1) - 1;
    if (left > 0) connections.set(client, left);
    else connections.delete(client);
  }

  return {
    get size(): number {
      return buckets.size;
    },
    take(address, calls): void {
      if (trusted.has(address)) return;
      const bucket = bucketOf(clientOf(address));
      if (bucket.take(calls)) return;
      throw new RpcError({ code: "rpc/rate-limited", retryAfterMs: bucket.waitMs(calls) });
    },
    admit(socket): boolean {
      const { remoteAddress } = socket;
      if (trusted.has(remoteAddress)) return true;
      const client = clientOf(remoteAddress);
      const open = connections.get(client) ?? 0;
      if (open >= maxConnectionsPerClient) return false;
      connections.set(client, open + 1);
      socket.once("close", () => leave(client));
      return true;
    },
  };
}

/** A household has 2^64 IPv6 addresses: its network counts as one client. */
function clientOf(address: string | undefined): string {
  const plain = plainAddress(address) ?? "unknown";
  if (plain === "unknown" || isIPv4(plain)) return plain;
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : new Array(8 - front.length - back.length).fill("0");
  return [...front, ...zeros, ...back].slice(0, IPV6_GROUPS).join(":");
}

/**
 * How many calls a body holds, without parsing it: each is an object, most with another one for parameters. A brace
 * cannot be written otherwise in JSON, so nobody pays for fewer than half of what is asked.
 */
export function callsIn(text: string, limit: number): number {
  let braces = 0;
  for (
    let at = text.indexOf("{");
    at !== -1 && braces < 2 * limit;
    at = text.indexOf("{", at + 1)
  ) {
    braces += 1;
  }
  return Math.max(1, Math.ceil(braces / 2));
}
