import type { Sm2VerifyItem } from "../src/sm2/verifier.ts";

/** The items of one call and what became of them. */
export class Job {
  readonly items: readonly Sm2VerifyItem[];
  readonly answers: boolean[];
  readonly promise: Promise<boolean[]>;
  /** the next item that no worker has */
  cursor = 0;
  settled = false;
  #missing: number;
  readonly #resolve: (answers: boolean[]) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort: (() => void) | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(
    items: readonly Sm2VerifyItem[],
    signal: AbortSignal | undefined,
    onAbort: (job: Job) => void,
  ) {
    this.items = items;
    this.answers = new Array<boolean>(items.length).fill(false);
    this.#missing = items.length;
    let settle: [(answers: boolean[]) => void, (reason: unknown) => void] | undefined;
    // Promise.withResolvers came with Node 22.
    this.promise = new Promise<boolean[]>((resolve, reject) => {
      settle = [resolve, reject];
    });
    [this.#resolve, this.#reject] = settle as NonNullable<typeof settle>;
    this.#signal = signal;
    if (signal !== undefined) {
      this.#onAbort = () => {
        this.fail(signal.reason);
        onAbort(this);
      };
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  answer(index: number, valid: boolean): void {
    if (this.settled) return;
    this.answers[index] = valid;
    this.#missing -= 1;
    if (this.#missing === 0) this.#settle(() => this.#resolve(this.answers));
  }

  fail(reason: unknown): void {
    if (!this.settled) this.#settle(() => this.#reject(reason));
  }

  #settle(how: () => void): void {
    this.settled = true;
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener("abort", this.#onAbort);
    how();
  }
}
