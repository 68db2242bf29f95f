import { equalBytes, type ParametersRecord, PROTOCOL_VERSION } from "@ropenet/protocol";
import { AppError } from "./app-error.ts";
import { baseUnits, isFree } from "./execute-transaction.ts";
import type { KnownTransaction } from "./known-transactions.ts";

/** A transaction that names a height further ahead would wait in mempools for ever. */
const MAX_EXPIRY_AHEAD = 100_000n;

/** What a transaction is checked against, the same for a whole block. */
export interface Terms {
  readonly parameters: ParametersRecord;
  /** of the block that is to carry it */
  readonly height: bigint;
  /** whether that address signs for the chain, and may send what costs no fee */
  readonly isValidator: (address: Uint8Array) => boolean;
}

/**
 * Everything about a transaction but its handler.
 * @param account of the sender; `nonce` = its next one
 * @throws {AppError} `tx/…`, `fee/limit-exceeded`
 */
export function checkTransaction(
  transaction: KnownTransaction,
  { parameters, height, isValidator }: Terms,
  account: { readonly nonce: bigint; readonly balance: bigint },
): void {
  const { body, sender } = transaction;
  if (body.version !== PROTOCOL_VERSION)
    throw new AppError({ code: "tx/wrong-version", version: body.version });
  if (!equalBytes(body.chainId, parameters.chainId)) throw new AppError({ code: "tx/wrong-chain" });
  checkExpiry(body.expiryHeight, height);
  if (body.nonce !== account.nonce) {
    throw new AppError({ code: "tx/wrong-nonce", nonce: body.nonce, expected: account.nonce });
  }
  if (!isFree(transaction.message.name)) checkFee(transaction, parameters.baseFee, account.balance);
  // Accounts cost nothing: with free transactions of its own, one proposer could fill the state with them.
  else if (!isValidator(sender)) throw new AppError({ code: "tx/validators-only", sender });
  if (!transaction.signatureHolds()) throw new AppError({ code: "tx/bad-signature" });
}

function checkExpiry(expiryHeight: bigint, height: bigint): void {
  if (expiryHeight < height) throw new AppError({ code: "tx/expired", expiryHeight, height });
  const limit = height + MAX_EXPIRY_AHEAD;
  if (expiryHeight > limit) throw new AppError({ code: "tx/expiry-too-far", expiryHeight, limit });
}

function checkFee({ body, bytes }: KnownTransaction, baseFee: bigint, balance: bigint): void {
  const { feeLimit } = body;
  const needed = baseUnits(bytes) * baseFee;
  if (feeLimit < needed) throw new AppError({ code: "fee/limit-exceeded", feeLimit, needed });
  if (balance < needed) throw new AppError({ code: "tx/cannot-pay", feeLimit, balance });
}
