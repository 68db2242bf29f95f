import {
  bytesToHex,
  CodedError,
  type DecodedTransaction,
  decodeMessage,
  decodeTransaction,
  MAX_TRANSACTION_BYTES,
  type Message,
  transactionLeaves,
  verifyTransactionSignature,
  verifyTransactionSignatures,
} from "@ropenet/protocol";
import { AppError } from "./app-error.ts";

/** Of the transactions' own bytes; decoded they take a few times as much. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/** A transaction as it was read once, for everybody who asks later. */
export interface KnownTransaction extends DecodedTransaction {
  /** length of its encoding */
  readonly bytes: number;
  readonly message: Message;
  /** Checked when first asked. */
  signatureHolds(): boolean;
}

export class ReadTransaction implements KnownTransaction {
  readonly id: Uint8Array;
  readonly sender: Uint8Array;
  readonly body: DecodedTransaction["body"];
  readonly signature: Uint8Array;
  readonly bytes: number;
  readonly message: Message;
  /** undefined = not checked yet */
  holds: boolean | undefined;

  constructor({ id, sender, body, signature }: DecodedTransaction, bytes: number) {
    this.id = id;
    this.sender = sender;
    this.body = body;
    this.signature = signature;
    this.bytes = bytes;
    this.message = decodeMessage(body.type, body.message);
  }

  signatureHolds(): boolean {
    this.holds ??= verifyTransactionSignature(this);
    return this.holds;
  }
}

/** Checks those signatures that are not checked yet, together. */
export function checkSignatures(transactions: readonly ReadTransaction[]): void {
  const unchecked = transactions.filter(({ holds }) => holds === undefined);
  const answers = verifyTransactionSignatures(unchecked);
  for (const [index, transaction] of unchecked.entries()) transaction.holds = answers[index];
}

/** Decodes what a stranger sent; whatever is wrong with it is the stranger's fault. */
function readTransaction(bytes: Uint8Array): ReadTransaction {
  if (bytes.length > MAX_TRANSACTION_BYTES) {
    const reason = `more than ${MAX_TRANSACTION_BYTES} bytes`;
    throw new AppError({ code: "tx/malformed", reason });
  }
  try {
    return new ReadTransaction(decodeTransaction(bytes), bytes.length);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new AppError({ code: "tx/malformed", reason: cause.message }, { cause });
  }
}

/**
 * A transaction is seen when it arrives, when it is chosen, when its block is checked: it is decoded and its
 * signature verified once. What is known is found by a digest of all its bytes, so nothing can stand in for it.
 */
export class KnownTransactions {
  #young = new Map<string, ReadTransaction>();
  #old = new Map<string, ReadTransaction>();
  #youngBytes = 0;

  /** @throws {AppError} `tx/malformed` */
  read(bytes: Uint8Array): ReadTransaction {
    const [leaf] = transactionLeaves([bytes]);
    return this.readLeaf(leaf as Uint8Array, bytes);
  }

  /** @param leaf digest of `bytes` @throws {AppError} `tx/malformed` */
  readLeaf(leaf: Uint8Array, bytes: Uint8Array): ReadTransaction {
    const id = bytesToHex(leaf);
    const young = this.#young.get(id);
    if (young) return young;
    const transaction = this.#old.get(id) ?? readTransaction(bytes);
    this.#young.set(id, transaction);
    this.#youngBytes += bytes.length;
    if (this.#youngBytes > MAX_KEPT_BYTES / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    return transaction;
  }
}
