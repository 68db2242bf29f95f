/** In the order in which they are sent: a vote never waits behind a transaction. */
export type Lane = "vote" | "proposal" | "sync" | "transaction";
export const LANES: readonly Lane[] = ["vote", "proposal", "sync", "transaction"];

const MIB = 1024 * 1024;

/**
 * What one peer may owe us in unsent bytes. Votes are 150 bytes: a MiB of them is hours behind. Proposal and sync
 * hold a few of the longest messages. Transactions may be dropped, they are offered again.
 */
export const LANE_LIMIT_BYTES: Readonly<Record<Lane, number>> = {
  vote: 1 * MIB,
  proposal: 16 * MIB,
  sync: 12 * MIB,
  transaction: 4 * MIB,
};

/** Messages to one peer, by priority. */
export interface LaneQueue {
  /** False if the lane is full; nothing was queued then. */
  push(lane: Lane, message: Uint8Array): boolean;
  shift(): Uint8Array | undefined;
  clear(): void;
}

interface Queue {
  messages: Uint8Array[];
  /** index of the first unsent one: shifting an array of thousands is not free */
  head: number;
  bytes: number;
}

export function createLaneQueue(
  limits: Readonly<Record<Lane, number>> = LANE_LIMIT_BYTES,
): LaneQueue {
  const queues = new Map<Lane, Queue>(
    LANES.map((lane) => [lane, { messages: [], head: 0, bytes: 0 }]),
  );
  return {
    push(lane, message): boolean {
      const queue = queues.get(lane);
      if (!queue || (queue.bytes > 0 && queue.bytes + message.length > limits[lane])) return false;
      queue.messages.push(message);
      queue.bytes += message.length;
      return true;
    },
    shift(): Uint8Array | undefined {
      for (const queue of queues.values()) {
        const message = queue.messages[queue.head];
        if (!message) continue;
        queue.head += 1;
        queue.bytes -= message.length;
        if (queue.head === queue.messages.length || queue.head > 1_024) {
          queue.messages = queue.messages.slice(queue.head);
          queue.head = 0;
        }
        return message;
      }
      return undefined;
    },
    clear(): void {
      for (const queue of queues.values()) {
        queue.messages = [];
        queue.head = 0;
        queue.bytes = 0;
      }
    },
  };
}
