import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { bytesToHex } from "@ropenet/protocol";

/** An event that its destination has not taken, as one worker knows it. */
export interface OpenEvent {
  readonly event: OutboundEvent;
  /** how often it was refused or kept out in a row */
  readonly attempts: number;
  /** not tried again before, ms since 1970 */
  readonly notBeforeMs: number;
  /** why it waits; undefined while it does not */
  readonly code: string | undefined;
}

/** What an event is on its source: the same in every scan. */
export function keyOf(event: OutboundEvent): string {
  const { lane, sequence, sourceGateway } =
    event.kind === "packet" ? event.packet : event.acknowledgement;
  return `${event.kind}/${bytesToHex(sourceGateway)}/${lane}/${sequence}`;
}

/**
 * The open events of a lane, apart from how far its source has been read: one that stays open, whatever the reason,
 * stops neither the reading nor its neighbours. Bounded: `room` says how many more may come.
 */
export class OpenEvents {
  readonly #limit: number;
  readonly #byKey = new Map<string, OpenEvent>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get room(): number {
    return Math.max(0, this.#limit - this.#byKey.size);
  }

  /**
   * Takes in the events of as many whole heights as there is room for, and of one at least.
   * @returns the last height that is in, or undefined if all of them are
   */
  addWhole(events: readonly OutboundEvent[]): bigint | undefined {
    const byHeight = Map.groupBy(events, ({ height }) => height);
    let last: bigint | undefined;
    for (const height of [...byHeight.keys()].toSorted((left, right) => (left < right ? -1 : 1))) {
      const found = byHeight.get(height) ?? [];
      if (last !== undefined && found.length > this.room) return height - 1n;
      for (const event of found) this.#add(event);
      last = height;
    }
    return undefined;
  }

  #add(event: OutboundEvent): void {
    const key = keyOf(event);
    if (this.#byKey.has(key)) return;
    this.#byKey.set(key, { event, attempts: 0, notBeforeMs: 0, code: undefined });
  }

  remove(event: OutboundEvent): void {
    this.#byKey.delete(keyOf(event));
  }

  setAside(event: OutboundEvent, code: string, until: (attempts: number) => number): void {
    const key = keyOf(event);
    const attempts = (this.#byKey.get(key)?.attempts ?? 0) + 1;
    this.#byKey.set(key, { event, attempts, notBeforeMs: until(attempts), code });
  }

  /** in the order in which they were found */
  all(): readonly OpenEvent[] {
    return [...this.#byKey.values()];
  }

  waiting(nowMs: number): readonly OpenEvent[] {
    return this.all().filter(({ notBeforeMs }) => notBeforeMs > nowMs);
  }

  /**
   * Makes room when everything waits: the older half is given up by this process. Its chain still has them, and a
   * process that starts anew finds them.
   */
  forgetOldest(): readonly OpenEvent[] {
    const forgotten = this.all().slice(0, Math.ceil(this.#byKey.size / 2));
    for (const { event } of forgotten) this.remove(event);
    return forgotten;
  }
}
