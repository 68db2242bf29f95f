import { createHeap, type Heap } from "./heap.ts";

/** What order and eviction look at. Local policy: blocks do not depend on it, so floats do no harm. */
export interface Bid {
  readonly sender: string;
  readonly nonce: bigint;
  /** what the sender offers per byte, see `priceOf` */
  readonly price: number;
  /** counts up with every transaction that comes */
  readonly arrival: number;
  readonly transaction: Uint8Array;
}

/** Whoever wants a place that is taken offers a tenth more: otherwise pushing each other out costs nothing. */
const BUMP_PERCENT = 110n;
/** So many of one sender count in full, the next so many as half, then a third: one sender cannot have a block. */
const SHARE = 64;
/** Dead entries of the heap of tails are swept once they are in the majority. */
const SWEEP_AT_LEAST = 1_024;

/** The fee limit per byte; what the chain itself needs (free of fee) goes before all that is paid for. */
export function priceOf(feeLimit: bigint, bytes: number, isFree: boolean): number {
  return isFree ? Number.POSITIVE_INFINITY : Number(feeLimit) / bytes;
}

export function outbids(price: number, other: number): boolean {
  return price * 100 >= other * Number(BUMP_PERCENT) && price > other;
}

/** The least fee limit that takes the place of a waiting transaction with the same nonce. */
export function replacementFee(feeLimit: bigint): bigint {
  return (feeLimit * BUMP_PERCENT + 99n) / 100n;
}

interface Turn<T> {
  readonly queue: readonly T[];
  /** of the transaction whose turn it is */
  readonly index: number;
  /** its price, less the more of its sender went before */
  readonly weight: number;
  readonly arrival: number;
}

function turnOf<T extends Bid>(queue: readonly T[], index: number): Turn<T> | undefined {
  const bid = queue[index];
  if (!bid) return undefined;
  const weight = bid.price / (1 + Math.floor(index / SHARE));
  return { queue, index, weight, arrival: bid.arrival };
}

/**
 * Who goes first into a block: the highest price, but always in nonce order per sender; at equal price whoever came
 * first.
 * @param queues waiting transactions, each queue of one sender with consecutive nonces
 */
export function inFeeOrder<T extends Bid>(queues: Iterable<readonly T[]>, maxBytes: number): T[] {
  const turns = [...queues].flatMap((queue) => turnOf(queue, 0) ?? []);
  const heap = createHeap<Turn<T>>(
    (one, other) =>
      one.weight > other.weight || (one.weight === other.weight && one.arrival < other.arrival),
    turns,
  );
  const chosen: T[] = [];
  let left = maxBytes;
  for (let turn = heap.pop(); turn; turn = heap.pop()) {
    const bid = turn.queue[turn.index] as T;
    if (bid.transaction.length > left) break;
    left -= bid.transaction.length;
    chosen.push(bid);
    const next = turnOf(turn.queue, turn.index + 1);
    if (next) heap.push(next);
  }
  return chosen;
}

/** Finds what to give up when there is no room: the cheapest of the senders' last transactions. */
export interface Tails<T extends Bid> {
  /** after `bid` has become the last of its sender, be it because what followed it is gone */
  note(bid: T): void;
  cheapest(): T | undefined;
}

/** @param isTail whether a noted bid still waits and is still its sender's last */
export function createTails<T extends Bid>(
  isTail: (bid: T) => boolean,
  waiting: () => number,
): Tails<T> {
  const order = (one: T, other: T): boolean =>
    one.price < other.price || (one.price === other.price && one.arrival > other.arrival);
  let heap: Heap<T> = createHeap(order);

  function sweep(): void {
    const alive = new Set<T>();
    for (let bid = heap.pop(); bid; bid = heap.pop()) if (isTail(bid)) alive.add(bid);
    heap = createHeap(order, [...alive]);
  }

  return {
    note(bid): void {
      heap.push(bid);
      if (heap.size > Math.max(SWEEP_AT_LEAST, 2 * waiting())) sweep();
    },
    cheapest(): T | undefined {
      for (let bid = heap.peek(); bid; bid = heap.peek()) {
        if (isTail(bid)) return bid;
        heap.pop();
      }
      return undefined;
    },
  };
}
