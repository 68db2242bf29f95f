import {
  type Application,
  bytesToHex,
  CodedError,
  type DecodedTransaction,
  decodeTransaction,
  MAX_TRANSACTION_BYTES,
  MESSAGES,
} from "@ropenet/protocol";

export type MempoolErrorInfo =
  | { readonly code: "mempool/known"; readonly id: Uint8Array }
  | { readonly code: "mempool/full"; readonly transactions: number; readonly bytes: number }
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

export interface MempoolComponents {
  readonly application: Pick<Application, "checkTx">;
  readonly isValidator: (address: Uint8Array) => boolean;
}

export interface Mempool {
  readonly size: number;
  readonly bytes: number;
  /** Returns the id. @throws {MempoolError} */
  add(transaction: Uint8Array): Uint8Array;
  has(id: Uint8Array): boolean;
  /** Next free nonce of `sender`; undefined if nothing of it waits. */
  pendingNonce(sender: Uint8Array): bigint | undefined;
  /** In order of arrival, hence in nonce order per sender; at most `maxBytes` in all. */
  candidates(maxBytes: number): readonly Uint8Array[];
  /** Drops what was included or has become impossible; call after every commit, with the new height. */
  update(included: readonly Uint8Array[], height: bigint): void;
  /** Rechecks the senders of `transactions` (what the application would not put into a block). */
  recheck(transactions: readonly Uint8Array[]): void;
}

interface Entry {
  readonly id: string;
  readonly sender: string;
  readonly nonce: bigint;
  readonly expiryHeight: bigint;
  readonly transaction: Uint8Array;
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
  readonly #application: Pick<Application, "checkTx">;
  readonly #isValidator: (address: Uint8Array) => boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #bySender = new Map<string, Entry[]>();
  readonly #remembered = new Set<string>();
  #bytes = 0;

  constructor(options: MempoolOptions, { application, isValidator }: MempoolComponents) {
    this.#options = options;
    this.#application = application;
    this.#isValidator = isValidator;
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
    const decoded = decodeTransaction(transaction);
    const id = bytesToHex(decoded.id);
    if (this.#entries.has(id) || this.#remembered.has(id)) {
      throw new MempoolError({ code: "mempool/known", id: decoded.id });
    }
    this.#assertPays(decoded);
    this.#assertRoom(decoded, transaction.length);
    const sender = bytesToHex(decoded.sender);
    const last = this.#bySender.get(sender)?.at(-1);
    const checked = this.#application.checkTx(transaction, last && last.nonce + 1n);
    if (!checked.ok) throw new MempoolError({ code: checked.code, detail: checked.message });
    const { nonce, expiryHeight } = decoded.body;
    this.#insert({ id, sender, nonce, expiryHeight, transaction });
    return decoded.id;
  }

  has(id: Uint8Array): boolean {
    return this.#entries.has(bytesToHex(id));
  }

  pendingNonce(sender: Uint8Array): bigint | undefined {
    const last = this.#bySender.get(bytesToHex(sender))?.at(-1);
    return last && last.nonce + 1n;
  }

  candidates(maxBytes: number): readonly Uint8Array[] {
    const chosen: Uint8Array[] = [];
    let left = maxBytes;
    for (const { transaction } of this.#entries.values()) {
      left -= transaction.length;
      if (left < 0) break;
      chosen.push(transaction);
    }
    return chosen;
  }

  update(included: readonly Uint8Array[], height: bigint): void {
    const touched = new Set<string>();
    for (const transaction of included) {
      const { id, sender } = decodeTransaction(transaction);
      const name = bytesToHex(id);
      this.#remember(name);
      touched.add(bytesToHex(sender));
      const entry = this.#entries.get(name);
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
  #assertPays({ body, sender }: DecodedTransaction): void {
    if (!FREE_TYPES.has(body.type) || this.#isValidator(sender)) return;
    throw new MempoolError({ code: "mempool/validators-only", sender });
  }

  #assertRoom({ sender }: DecodedTransaction, length: number): void {
    const { maxTransactions, maxBytes, maxPerSender } = this.#options;
    if (this.size >= maxTransactions || this.#bytes + length > maxBytes) {
      const { size, bytes } = this;
      throw new MempoolError({ code: "mempool/full", transactions: size, bytes });
    }
    if ((this.#bySender.get(bytesToHex(sender))?.length ?? 0) >= maxPerSender) {
      throw new MempoolError({ code: "mempool/sender-full", sender, limit: maxPerSender });
    }
  }

  #insert(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    const queue = this.#bySender.get(entry.sender);
    if (queue) queue.push(entry);
    else this.#bySender.set(entry.sender, [entry]);
    this.#bytes += entry.transaction.length;
  }

  #drop(entry: Entry): void {
    if (this.#entries.delete(entry.id)) this.#bytes -= entry.transaction.length;
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
        : this.#application.checkTx(entry.transaction).ok;
      if (holds) kept.push(entry);
      else this.#drop(entry);
    }
    if (kept.length > 0) this.#bySender.set(sender, kept);
    else this.#bySender.delete(sender);
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
