import {
  type Application,
  bytesToHex,
  CodedError,
  type DecodedTransaction,
  decodeTransaction,
  hexToBytes,
  MAX_TRANSACTION_BYTES,
  MESSAGES,
} from "@ropenet/protocol";
import {
  type Bid,
  createTails,
  inFeeOrder,
  outbids,
  priceOf,
  replacementFee,
  type Tails,
} from "./fee-order.ts";

export type MempoolErrorInfo =
  | { readonly code: "mempool/known"; readonly id: Uint8Array }
  /** and everything that waits offers as much per byte */
  | {
      readonly code: "mempool/full";
      readonly transactions: number;
      readonly bytes: number;
      readonly cheapestPerByte: number;
    }
  /** another transaction with this nonce waits; the fee limit that would replace it */
  | { readonly code: "mempool/underpriced"; readonly nonce: bigint; readonly needed: bigint }
  | { readonly code: "mempool/sender-full"; readonly sender: Uint8Array; readonly limit: number }
  /** free of fee, hence not for everybody */
  | { readonly code: "mempool/validators-only"; readonly sender: Uint8Array }
  | { readonly code: "mempool/too-long"; readonly length: number; readonly limit: number }
  /** the application's own refusal */
  | { readonly code: string; readonly detail: string };

export class MempoolError extends CodedError<MempoolErrorInfo> {}

export interface MempoolOptions {
  readonly maxTransactions: number;
  readonly maxBytes: number;
  readonly maxPerSender: number;
}

/** What the mempool asks of the application. */
export type AdmissionRules = Pick<Application, "readTx" | "foresee" | "checkTx">;

export interface MempoolComponents {
  readonly application: AdmissionRules;
  readonly isValidator: (address: Uint8Array) => boolean;
}

export interface Mempool {
  readonly size: number;
  readonly bytes: number;
  /** Returns the id. @throws {MempoolError}, {CodedError} `tx/malformed` */
  add(transaction: Uint8Array): Uint8Array;
  /** Before several are added: checks signatures together of what is not refused without. */
  foresee(transactions: readonly Uint8Array[]): void;
  has(id: Uint8Array): boolean;
  /** One whose id begins with these eight bytes. */
  find(name: Uint8Array): Uint8Array | undefined;
  /** Next free nonce of `sender`; undefined if nothing of it waits. */
  pendingNonce(sender: Uint8Array): bigint | undefined;
  /** By fee per byte, in nonce order per sender, see fee-order.ts; at most `maxBytes` in all. */
  candidates(maxBytes: number): readonly Uint8Array[];
  /** Drops what was included or has become impossible; call after every commit, with the new height. */
  update(included: readonly IncludedTransaction[], height: bigint): void;
  /** Rechecks the senders of `transactions` (what the application would not put into a block). */
  recheck(transactions: readonly Uint8Array[]): void;
}

export interface IncludedTransaction {
  readonly id: Uint8Array;
  readonly transaction: Uint8Array;
}

interface Entry extends Bid {
  readonly id: string;
  readonly expiryHeight: bigint;
  readonly feeLimit: bigint;
}

const FREE_TYPES: ReadonlySet<number> = new Set([
  MESSAGES["checkpoints/sign"].type,
  MESSAGES["checkpoints/sign-handover"].type,
]);

/** Ids that were seen and are no longer here: gossip brings each transaction several times. */
const MAX_REMEMBERED = 50_000;

/**
 * Transactions that wait for a block. Per sender their nonces are consecutive from the account's, because the
 * application admits only the next one; what lost its turn is dropped with all that follow it.
 */
export function createMempool(options: MempoolOptions, components: MempoolComponents): Mempool {
  return new TransactionQueue(options, components);
}

class TransactionQueue implements Mempool {
  readonly #options: MempoolOptions;
  readonly #application: AdmissionRules;
  readonly #isValidator: (address: Uint8Array) => boolean;
  readonly #entries = new Map<string, Entry>();
  /** by the first eight bytes of the id; of two with the same, the later */
  readonly #byName = new Map<string, Entry>();
  readonly #bySender = new Map<string, Entry[]>();
  readonly #remembered = new Set<string>();
  readonly #tails: Tails<Entry>;
  #bytes = 0;
  #arrivals = 0;

  constructor(options: MempoolOptions, { application, isValidator }: MempoolComponents) {
    this.#options = options;
    this.#application = application;
    this.#isValidator = isValidator;
    this.#tails = createTails(
      (entry) => this.#bySender.get(entry.sender)?.at(-1) === entry,
      () => this.size,
    );
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(transaction: Uint8Array): Uint8Array {
    const limit = MAX_TRANSACTION_BYTES;
    if (transaction.length > limit) {
      throw new MempoolError({ code: "mempool/too-long", length: transaction.length, limit });
    }
    const decoded = this.#application.readTx(transaction);
    const id = bytesToHex(decoded.id);
    if (this.#isKnown(id)) {
      throw new MempoolError({ code: "mempool/known", id: decoded.id });
    }
    const entry = this.#entryOf(decoded, id, transaction);
    const queue = this.#bySender.get(entry.sender) ?? [];
    const rival = queue[Number(entry.nonce - (queue[0]?.nonce ?? entry.nonce))];
    // Before the signature is checked: refusing must stay cheaper than sending.
    if (rival) assertReplaces(entry, rival);
    else this.#assertRoom(entry, queue.length);
    const last = queue.at(-1);
    const expected = rival ? rival.nonce : last && last.nonce + 1n;
    const checked = this.#application.checkTx(decoded, expected);
    if (!checked.ok) throw new MempoolError({ code: checked.code, detail: checked.message });
    if (rival) this.#replace(rival, entry);
    else this.#insert(entry);
    return decoded.id;
  }

  foresee(transactions: readonly Uint8Array[]): void {
    // One alone is checked as soon when it is added.
    if (transactions.length < 2) return;
    const read = transactions.map((transaction) => this.#readIfWorth(transaction));
    this.#application.foresee(read.filter((transaction) => transaction !== undefined));
  }

  /** undefined = refused without a look at its signature, as far as can be said now */
  #readIfWorth(transaction: Uint8Array): DecodedTransaction | undefined {
    if (transaction.length > MAX_TRANSACTION_BYTES) return undefined;
    try {
      const read = this.#application.readTx(transaction);
      if (this.#isKnown(bytesToHex(read.id))) return undefined;
      if (FREE_TYPES.has(read.body.type) && !this.#isValidator(read.sender)) return undefined;
      const waiting = this.#bySender.get(bytesToHex(read.sender))?.length ?? 0;
      return waiting < this.#options.maxPerSender ? read : undefined;
    } catch (error) {
      if (error instanceof CodedError) return undefined;
      throw error;
    }
  }

  #isKnown(id: string): boolean {
    return this.#entries.has(id) || this.#remembered.has(id);
  }

  has(id: Uint8Array): boolean {
    return this.#entries.has(bytesToHex(id));
  }

  find(name: Uint8Array): Uint8Array | undefined {
    return this.#byName.get(bytesToHex(name))?.transaction;
  }

  pendingNonce(sender: Uint8Array): bigint | undefined {
    const last = this.#bySender.get(bytesToHex(sender))?.at(-1);
    return last && last.nonce + 1n;
  }

  candidates(maxBytes: number): readonly Uint8Array[] {
    const chosen = inFeeOrder(this.#bySender.values(), maxBytes);
    return chosen.map(({ transaction }) => transaction);
  }

  update(included: readonly IncludedTransaction[], height: bigint): void {
    const touched = new Set<string>();
    for (const { id, transaction } of included) {
      const name = bytesToHex(id);
      this.#remember(name);
      const entry = this.#entries.get(name);
      touched.add(entry?.sender ?? bytesToHex(decodeTransaction(transaction).sender));
      if (entry) this.#drop(entry);
    }
    for (const entry of this.#entries.values()) {
      if (entry.expiryHeight > height) continue;
      this.#drop(entry);
      touched.add(entry.sender);
    }
    for (const sender of touched) this.#settle(sender);
  }

  recheck(transactions: readonly Uint8Array[]): void {
    const senders = transactions.map((bytes) => bytesToHex(decodeTransaction(bytes).sender));
    for (const sender of new Set(senders)) this.#settle(sender);
  }

  /** Accounts cost nothing: whoever may send for nothing could fill the queue with a new key each time. */
  #entryOf({ body, sender }: DecodedTransaction, id: string, transaction: Uint8Array): Entry {
    const isFree = FREE_TYPES.has(body.type);
    if (isFree && !this.#isValidator(sender)) {
      throw new MempoolError({ code: "mempool/validators-only", sender });
    }
    const { nonce, expiryHeight, feeLimit } = body;
    const price = priceOf(feeLimit, transaction.length, isFree);
    const arrival = this.#arrivals;
    this.#arrivals += 1;
    return {
      id,
      sender: bytesToHex(sender),
      nonce,
      expiryHeight,
      feeLimit,
      price,
      arrival,
      transaction,
    };
  }

  #hasRoom(length: number): boolean {
    const { maxTransactions, maxBytes } = this.#options;
    return this.size < maxTransactions && this.#bytes + length <= maxBytes;
  }

  #assertRoom({ sender, price, transaction }: Entry, waiting: number): void {
    const limit = this.#options.maxPerSender;
    if (waiting >= limit) {
      throw new MempoolError({ code: "mempool/sender-full", sender: hexToBytes(sender), limit });
    }
    if (!this.#hasRoom(transaction.length)) this.#victimOf(sender, price);
  }

  /** Who makes room. @throws {MempoolError} `mempool/full` if nobody offers clearly less */
  #victimOf(sender: string, price: number): Entry {
    const cheapest = this.#tails.cheapest();
    // One's own last transaction cannot make room for the one after it.
    if (cheapest && cheapest.sender !== sender && outbids(price, cheapest.price)) return cheapest;
    const { size, bytes } = this;
    const cheapestPerByte = cheapest?.price ?? 0;
    throw new MempoolError({ code: "mempool/full", transactions: size, bytes, cheapestPerByte });
  }

  #insert(entry: Entry): void {
    while (!this.#hasRoom(entry.transaction.length)) {
      this.#evict(this.#victimOf(entry.sender, entry.price));
    }
    this.#entries.set(entry.id, entry);
    this.#byName.set(nameOf(entry), entry);
    const queue = this.#bySender.get(entry.sender);
    if (queue) queue.push(entry);
    else this.#bySender.set(entry.sender, [entry]);
    this.#bytes += entry.transaction.length;
    this.#tails.note(entry);
  }

  #evict(tail: Entry): void {
    const queue = this.#bySender.get(tail.sender) ?? [];
    queue.pop();
    this.#drop(tail);
    const before = queue.at(-1);
    if (before) this.#tails.note(before);
    else this.#bySender.delete(tail.sender);
  }

  #replace(rival: Entry, entry: Entry): void {
    const queue = this.#bySender.get(entry.sender) ?? [];
    queue[queue.indexOf(rival)] = entry;
    this.#drop(rival);
    this.#entries.set(entry.id, entry);
    this.#byName.set(nameOf(entry), entry);
    this.#bytes += entry.transaction.length;
    this.#tails.note(entry);
  }

  #drop(entry: Entry): void {
    if (!this.#entries.delete(entry.id)) return;
    this.#bytes -= entry.transaction.length;
    if (this.#byName.get(nameOf(entry)) === entry) this.#byName.delete(nameOf(entry));
  }

  /**
   * Drops from the head of a sender's queue what can no longer come next, and what follows a gap. Only the head
   * is asked of the application: the rest was checked on arrival, and follows it.
   */
  #settle(sender: string): void {
    const kept: Entry[] = [];
    for (const entry of this.#bySender.get(sender) ?? []) {
      if (!this.#entries.has(entry.id)) continue;
      const last = kept.at(-1);
      const holds = last
        ? entry.nonce === last.nonce + 1n
        : this.#application.checkTx(this.#application.readTx(entry.transaction)).ok;
      if (holds) kept.push(entry);
      else this.#drop(entry);
    }
    const tail = kept.at(-1);
    if (tail) {
      this.#bySender.set(sender, kept);
      this.#tails.note(tail);
    } else {
      this.#bySender.delete(sender);
    }
  }

  #remember(id: string): void {
    this.#remembered.add(id);
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#remembered) {
      this.#remembered.delete(oldest);
      return;
    }
  }
}

/** In hex. @see BlockOutline */
function nameOf({ id }: Entry): string {
  return id.slice(0, 16);
}

/** @throws {MempoolError} `mempool/underpriced` */
function assertReplaces(entry: Entry, rival: Entry): void {
  const needed = replacementFee(rival.feeLimit);
  if (entry.feeLimit >= needed && outbids(entry.price, rival.price)) return;
  throw new MempoolError({ code: "mempool/underpriced", nonce: entry.nonce, needed });
}
