import {
  accountToB32,
  addressOf,
  blockIdOf,
  commitHash,
  digest,
  EMPTY_COMMIT,
  encode,
  encodeMessage,
  type Header,
  headerCodec,
  sortValidators,
  type TransactionBody,
  transactionBodyCodec,
  transactionId,
  transactionsRoot,
  type Validator,
  validatorSetHash,
  voteSignBytes,
} from "../../src/index.ts";
import { chainId, named, smKeys, timeMs } from "./story.ts";

const validators = sortValidators(
  smKeys.slice(0, 4).map(
    ({ verifier }, index): Validator => ({
      address: addressOf(verifier),
      publicKey: verifier,
      power: BigInt(index + 1),
      entity: named(`entity ${index}`),
    }),
  ),
);

/** The rope's own records: what a second implementation of its node or light client needs. */
export function ropeVectors(): object {
  const publicKey = smKeys[0]?.verifier ?? new Uint8Array(65);
  const body: TransactionBody = {
    version: 1,
    chainId,
    publicKey,
    nonce: 7n,
    feeLimit: 1_000_000n,
    expiryHeight: 500n,
    ...encodeMessage("accounts/transfer", { to: named("payee").slice(12), amount: 42n }),
  };
  const transactions = [1, 2, 3].map((index) => named(`transaction ${index}`));
  const header: Header = {
    protocolVersion: 1,
    chainId,
    height: 12n,
    timeMs,
    lastBlockId: named("last block"),
    lastCommitHash: commitHash(EMPTY_COMMIT),
    transactionsRoot: transactionsRoot(transactions),
    stateRoot: named("state root"),
    validatorsHash: validatorSetHash(validators),
    nextValidatorsHash: validatorSetHash(validators),
    evidenceHash: named("evidence"),
    proposer: validators[0]?.address ?? new Uint8Array(20),
  };
  const vote = { type: 2 as const, height: 12n, round: 1, blockId: blockIdOf(header) };
  const salt = named("salt");
  const account = accountToB32(addressOf(publicKey));
  return {
    address: { publicKey, address: addressOf(publicKey), padded: account },
    accountCommitment: {
      salt,
      account,
      keccak: digest(1, "account", salt, account),
      sm3: digest(2, "account", salt, account),
    },
    transaction: {
      body,
      encodedBody: encode(transactionBodyCodec, body),
      id: transactionId(body),
    },
    transactionsRoots: [0, 1, 2, 3].map((count) => ({
      transactions: transactions.slice(0, count),
      root: transactionsRoot(transactions.slice(0, count)),
    })),
    validators,
    validatorsHash: validatorSetHash(validators),
    header: { fields: header, encoded: encode(headerCodec, header), blockId: blockIdOf(header) },
    vote: { fields: vote, digest: voteSignBytes(chainId, vote) },
  };
}
