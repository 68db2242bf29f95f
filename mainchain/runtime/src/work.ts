import type { Message } from "@ropenet/protocol";
import type { KnownTransaction } from "./known-transactions.ts";

/** A tenth of a microsecond or so on a small server. Source: `npm run bench:ledger`, bench:sm. */
const SECP256K1_WORK = 15_000n;
const CERTIFICATE_WORK = 5_000n;
const TRANSACTION_WORK = 1_000n;

/**
 * Work that one block may hold: about a second's, well inside the time that validators give a proposer. Bytes alone
 * say little: a header with 64 attestations is 4.5 KB and takes as long as five hundred transfers.
 */
export const MAX_BLOCK_WORK = 10_000_000n;

/** Known before anything is executed: proposer and validators count the same. */
export function workOf({ bytes, message }: Pick<KnownTransaction, "bytes" | "message">): bigint {
  return TRANSACTION_WORK + BigInt(bytes) + checksOf(message);
}

function checksOf(message: Message): bigint {
  switch (message.name) {
    case "chains/update-client":
      return SECP256K1_WORK * BigInt(message.body.signatures.length);
    case "checkpoints/sign":
    case "checkpoints/sign-handover":
    case "slashing/report-statement":
      return SECP256K1_WORK;
    case "staking/create-validator":
      return SECP256K1_WORK + CERTIFICATE_WORK;
    default:
      return 0n;
  }
}
