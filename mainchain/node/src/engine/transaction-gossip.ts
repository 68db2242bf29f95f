import { CodedError } from "@ropenet/protocol";
import type { Cancel, Clock } from "../clock.ts";
import type { Mempool } from "../mempool.ts";
import type { Connection } from "../p2p/connection.ts";
import { encodeMessageFrame, MAX_GOSSIP_TRANSACTIONS } from "../p2p/message.ts";

/** No honest node passes such a thing on. */
const FORGERIES: ReadonlySet<string> = new Set([
  "tx/malformed",
  "tx/bad-signature",
  "tx/wrong-chain",
]);
/** Looked at together. */
const GROUP = 32;
/** Signature checks of strangers' transactions may hold up votes by this much at most. */
const SLICE_MS = 5;
/** What peers have sent and was not checked yet; more is dropped and will be offered again. */
const MAX_INBOUND = 20_000;
const MAX_INBOUND_BYTES = 16 * 1024 * 1024;
/** One peer cannot take the room of all. */
const MAX_PEER_BYTES = 4 * 1024 * 1024;
/** The first transaction after a silence goes out at once; those that follow gather for this long. */
const GATHER_MS = 5;
const MAX_BATCH_BYTES = 512 * 1024;

export interface TransactionGossip {
  /** From a peer: checked in slices, later. */
  receive(peer: Connection, transactions: readonly Uint8Array[]): void;
  /** One that entered the mempool here: goes to every peer. */
  announce(transaction: Uint8Array): void;
  /** Everything that waits, to a peer that just came or to all after a silence. */
  offerAll(peers: readonly Connection[], maxBytes: number): void;
  stop(): void;
}

export interface TransactionGossipComponents {
  readonly mempool: Mempool;
  readonly peers: () => readonly Connection[];
  /** whether `peer` itself talks to all validators; what others bring must be passed on */
  readonly isValidator: (peer: Connection) => boolean;
  readonly onAdmitted: () => void;
  readonly clock: Clock;
}

export function createTransactionGossip(parts: TransactionGossipComponents): TransactionGossip {
  const { mempool, clock } = parts;
  let inbound: (readonly [Connection, Uint8Array])[] = [];
  let inboundBytes = 0;
  const bytesOf = new Map<Connection, number>();
  let outbound: Uint8Array[] = [];
  let slice: Cancel | undefined;
  let flush: Cancel | undefined;
  let sentAtMs = 0;

  function enqueue(peer: Connection, transaction: Uint8Array): void {
    const { length } = transaction;
    const own = (bytesOf.get(peer) ?? 0) + length;
    if (inbound.length >= MAX_INBOUND || own > MAX_PEER_BYTES) return;
    if (inboundBytes + length > MAX_INBOUND_BYTES) return;
    inbound.push([peer, transaction]);
    inboundBytes += length;
    bytesOf.set(peer, own);
  }

  function forget(peer: Connection, { length }: Uint8Array): void {
    inboundBytes -= length;
    const own = (bytesOf.get(peer) ?? 0) - length;
    if (own > 0) bytesOf.set(peer, own);
    else bytesOf.delete(peer);
  }

  function admit(peer: Connection, transaction: Uint8Array): void {
    try {
      mempool.add(transaction);
    } catch (error) {
      // Only what no honest node passes on is held against the peer; nonces and fees differ between nodes.
      if (!(error instanceof CodedError)) throw error;
      if (FORGERIES.has(error.code)) peer.penalize(20);
      return;
    }
    if (!parts.isValidator(peer)) announce(transaction);
    parts.onAdmitted();
  }

  function work(): void {
    slice = undefined;
    const endMs = clock.monotonicMs() + SLICE_MS;
    let done = 0;
    while (done < inbound.length && clock.monotonicMs() <= endMs) {
      const group = inbound.slice(done, done + GROUP);
      mempool.foresee(group.map(([, transaction]) => transaction));
      for (const [peer, transaction] of group) {
        forget(peer, transaction);
        admit(peer, transaction);
      }
      done += group.length;
    }
    inbound = inbound.slice(done);
    if (inbound.length > 0) slice = clock.soon(work);
  }

  function announce(transaction: Uint8Array): void {
    outbound.push(transaction);
    flush ??= clock.after(clock.monotonicMs() - sentAtMs > GATHER_MS ? 0 : GATHER_MS, sendGathered);
  }

  function sendGathered(): void {
    flush = undefined;
    sentAtMs = clock.monotonicMs();
    const sent = outbound;
    outbound = [];
    send(parts.peers(), sent);
  }

  return {
    announce,
    receive(peer, transactions): void {
      for (const transaction of transactions) enqueue(peer, transaction);
      slice ??= clock.soon(work);
    },
    offerAll: (peers, maxBytes) => send(peers, mempool.candidates(maxBytes)),
    stop(): void {
      slice?.();
      flush?.();
    },
  };
}

function send(peers: readonly Connection[], transactions: readonly Uint8Array[]): void {
  for (const batch of batches(transactions)) {
    const message = encodeMessageFrame({ kind: "transactions", transactions: batch });
    for (const peer of peers) peer.send("transaction", message);
  }
}

function* batches(transactions: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const transaction of transactions) {
    const full =
      batch.length >= MAX_GOSSIP_TRANSACTIONS || bytes + transaction.length > MAX_BATCH_BYTES;
    if (full && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(transaction);
    bytes += transaction.length;
  }
  if (batch.length > 0) yield batch;
}
