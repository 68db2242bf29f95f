type Run = () => void | Promise<void>;

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: Run;
}

/** Virtual time in milliseconds: a binary heap by (time, order of scheduling). */
export class EventQueue {
  nowMs = 0;
  /** how many events were run */
  count = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  at(timeMs: number, run: Run): void {
    this.#order += 1;
    const event: Event = { at: Math.max(timeMs, this.nowMs), order: this.#order, run };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || !isEarlier(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  after(delayMs: number, run: Run): void {
    this.at(this.nowMs + delayMs, run);
  }

  get nextAtMs(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** A promise only if the event gave one: everything else happens at once. */
  runNext(): void | Promise<void> {
    const next = this.#heap[0];
    const last = this.#heap.pop();
    if (!next || !last) return;
    if (this.#heap.length > 0) this.#sink(last);
    this.nowMs = next.at;
    this.count += 1;
    return next.run();
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const one = heap[left];
      if (!one) break;
      const other = heap[left + 1];
      const child = other && isEarlier(other, one) ? left + 1 : left;
      const below = heap[child] ?? one;
      if (!isEarlier(below, event)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = event;
  }
}

function isEarlier(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
