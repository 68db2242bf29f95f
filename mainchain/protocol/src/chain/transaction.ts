import { sm2 } from "@ropenet/crypto";
import {
  b32,
  type Codec,
  decode,
  encode,
  fixedBytes,
  struct,
  u8,
  u16,
  u64,
  u128,
  varBytes,
} from "../codec/codec.ts";
import { digest, SUITE_SM } from "../hash.ts";
import { addressOf } from "../identifiers.ts";

export const MAX_TRANSACTION_BYTES: number = 256 * 1024;

const SIGNATURE_BYTES = 64;

/** The signed part of a transaction. */
export interface TransactionBody {
  readonly version: number;
  readonly chainId: Uint8Array;
  /** SM2 public key of the sender, 65 bytes */
  readonly publicKey: Uint8Array;
  readonly nonce: bigint;
  /** highest fee the sender pays, in the base unit of the native coin */
  readonly feeLimit: bigint;
  /** last height at which the transaction may be executed */
  readonly expiryHeight: bigint;
  /** message type; see messages/ */
  readonly type: number;
  readonly message: Uint8Array;
}

export interface Transaction {
  readonly body: TransactionBody;
  /** SM2 over the transaction id, 64 bytes */
  readonly signature: Uint8Array;
}

export const transactionBodyCodec: Codec<TransactionBody> = struct<TransactionBody>({
  version: u8,
  chainId: b32,
  publicKey: fixedBytes(65),
  nonce: u64,
  feeLimit: u128,
  expiryHeight: u64,
  type: u16,
  message: varBytes(MAX_TRANSACTION_BYTES),
});

export const transactionCodec: Codec<Transaction> = struct<Transaction>({
  body: transactionBodyCodec,
  signature: fixedBytes(SIGNATURE_BYTES),
});

/** Excludes the signature, so that a re-signed transaction is the same transaction. */
export function transactionId(body: TransactionBody): Uint8Array {
  return digest(SUITE_SM, "tx", encode(transactionBodyCodec, body));
}

export function signTransaction(body: TransactionBody, secretKey: Uint8Array): Uint8Array {
  const signature = sm2.sign(transactionId(body), secretKey);
  return encode(transactionCodec, { body, signature });
}

export interface DecodedTransaction {
  readonly id: Uint8Array;
  readonly sender: Uint8Array;
  readonly body: TransactionBody;
  readonly signature: Uint8Array;
}

/** Shape only; @see verifyTransactionSignature. */
export function decodeTransaction(bytes: Uint8Array): DecodedTransaction {
  const { body, signature } = decode(transactionCodec, bytes);
  // One value has one encoding: what was decoded is what encoding it again would give.
  const signed = bytes.subarray(0, bytes.length - SIGNATURE_BYTES);
  return { id: digest(SUITE_SM, "tx", signed), sender: addressOf(body.publicKey), body, signature };
}

export function verifyTransactionSignature(transaction: DecodedTransaction): boolean {
  return sm2.verify(transaction.signature, transaction.id, transaction.body.publicKey);
}

/** The same answers, sooner than one by one. */
export function verifyTransactionSignatures(
  transactions: readonly DecodedTransaction[],
): readonly boolean[] {
  return sm2.verifyMany(
    transactions.map(({ signature, id, body }) => ({
      signature,
      message: id,
      publicKey: body.publicKey,
    })),
  );
}
