/** Binary heap: the first by `isBefore` comes out first. */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

export function createHeap<T>(
  isBefore: (one: T, other: T) => boolean,
  initial: readonly T[] = [],
): Heap<T> {
  const items = [...initial];

  function swap(one: number, other: number): void {
    const kept = items[one] as T;
    items[one] = items[other] as T;
    items[other] = kept;
  }
  function sink(from: number): void {
    let at = from;
    for (;;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < items.length && isBefore(items[child] as T, items[first] as T)) first = child;
      }
      if (first === at) return;
      swap(at, first);
      at = first;
    }
  }
  function rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(items[at] as T, items[parent] as T)) return;
      swap(at, parent);
      at = parent;
    }
  }
  for (let at = (items.length >> 1) - 1; at >= 0; at -= 1) sink(at);

  return {
    get size(): number {
      return items.length;
    },
    push(item): void {
      items.push(item);
      rise(items.length - 1);
    },
    peek: () => items[0],
    pop(): T | undefined {
      const top = items[0];
      const last = items.pop();
      if (items.length > 0) {
        items[0] = last as T;
        sink(0);
      }
      return top;
    },
  };
}
