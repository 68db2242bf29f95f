import type { OutboundEvent } from "@ropenet/adapter-sdk";
import { bytesToHex } from "@ropenet/protocol";

/** An event that is not known to be done with for good, as one worker knows it. */
export interface OpenEvent {
  readonly event: OutboundEvent;
  /** how often in a row it was refused, kept out, or found settling */
  readonly attempts: number;
  /** not looked at again before, ms since 1970 */
  readonly notBeforeMs: number;
  /** why it waits; undefined while it does not */
  readonly code: string | undefined;
  /** its destination has taken it, in a state that may still be reverted */
  readonly settling: boolean;
}

/** What an event is on its source: the same in every scan. */
export function keyOf(event: OutboundEvent): string {
  const { lane, sequence, sourceGateway } =
    event.kind === "packet" ? event.packet : event.acknowledgement;
  return `${event.kind}/${bytesToHex(sourceGateway)}/${lane}/${sequence}`;
}

const fresh = { attempts: 0, notBeforeMs: 0, code: undefined, settling: false } as const;

/**
 * The open events of a lane, apart from how far its source has been read: one that stays open, whatever the reason,
 * stops neither the reading nor its neighbours. Bounded: `room` says how many more may come.
 */
export class OpenEvents {
  readonly #byKey = new Map<string, OpenEvent>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get room(): number {
    return Math.max(0, this.#limit - this.#byKey.size);
  }

  /** those that their destination has not taken */
  get undelivered(): number {
    return this.all().filter(({ settling }) => !settling).length;
  }

  /** @throws {RangeError} beyond the limit */
  add(events: readonly OutboundEvent[]): void {
    for (const event of events) {
      const key = keyOf(event);
      if (this.#byKey.has(key)) continue;
      if (this.room === 0) throw new RangeError(`more than ${this.#limit} open events`);
      this.#byKey.set(key, { event, ...fresh });
    }
  }

  remove(event: OutboundEvent): void {
    this.#byKey.delete(keyOf(event));
  }

  /** Not to be delivered again, and not to be forgotten before its destination cannot lose it any more. */
  settle(event: OutboundEvent, until: (attempts: number) => number): void {
    this.#wait(event, { settling: true, code: undefined }, until);
  }

  setAside(event: OutboundEvent, code: string, until: (attempts: number) => number): void {
    this.#wait(event, { settling: false, code }, until);
  }

  #wait(
    event: OutboundEvent,
    why: Pick<OpenEvent, "settling" | "code">,
    until: (attempts: number) => number,
  ): void {
    const key = keyOf(event);
    const before = this.#byKey.get(key);
    const attempts = before?.settling === why.settling ? before.attempts + 1 : 1;
    this.#byKey.set(key, { event, attempts, notBeforeMs: until(attempts), ...why });
  }

  /** in the order in which they were found */
  all(): readonly OpenEvent[] {
    return [...this.#byKey.values()];
  }

  /** those that are set aside */
  waiting(nowMs: number): readonly OpenEvent[] {
    return this.all().filter(({ notBeforeMs, settling }) => notBeforeMs > nowMs && !settling);
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
