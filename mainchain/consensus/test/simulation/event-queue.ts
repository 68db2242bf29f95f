interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: a binary heap by (time, order of scheduling). */
export class EventQueue {
  nowMs = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  after(delayMs: number, run: () => void): void {
    this.#order += 1;
    const heap = this.#heap;
    heap.push({ at: this.nowMs + delayMs, order: this.#order, run });
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) break;
      index = parent;
    }
  }

  runNext(): boolean {
    const heap = this.#heap;
    const next = heap[0];
    const last = heap.pop();
    if (!next || !last) return false;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    this.nowMs = next.at;
    next.run();
    return true;
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #isEarlier(one: number, other: number): boolean {
    const first = this.#heap[one];
    const second = this.#heap[other];
    if (!first || !second) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  #swapIfEarlier(one: number, other: number): boolean {
    if (!this.#isEarlier(one, other)) return false;
    const first = this.#heap[one];
    const second = this.#heap[other];
    if (!first || !second) return false;
    this.#heap[one] = second;
    this.#heap[other] = first;
    return true;
  }
}
