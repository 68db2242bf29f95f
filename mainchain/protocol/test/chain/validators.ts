import { sm2, sm3, utf8ToBytes } from "@ropenet/crypto";
import {
  addressOf,
  blockIdOf,
  type Commit,
  commitHash,
  EMPTY_COMMIT,
  evidenceHash,
  type Header,
  ropeChainId,
  sortValidators,
  transactionsRoot,
  type Validator,
  type ValidatorSet,
  VOTE_TYPE,
  type VoteType,
  validatorSetHash,
  voteSignBytes,
  ZERO_32,
} from "../../src/index.ts";

export const chainId: Uint8Array = ropeChainId("rope-test");

export interface TestValidators {
  readonly set: ValidatorSet;
  /** in the order of the set */
  readonly secretKeys: readonly Uint8Array[];
}

/** A set with these powers, in the order in which the set lists them. */
export function validatorsWith(powers: readonly bigint[], seed = "validator"): TestValidators {
  const keys = powers.map((_, index) => sm3(utf8ToBytes(`${seed} ${index}`)));
  const unsorted = keys.map((secretKey): Validator & { readonly secretKey: Uint8Array } => {
    const publicKey = sm2.getPublicKey(secretKey);
    return {
      address: addressOf(publicKey),
      publicKey,
      power: 0n,
      entity: sm3(publicKey),
      secretKey,
    };
  });
  const sorted = sortValidators(unsorted) as typeof unsorted;
  return {
    set: sorted.map(({ address, publicKey, entity }, index) => ({
      address,
      publicKey,
      power: powers[index] ?? 0n,
      entity,
    })),
    secretKeys: sorted.map(({ secretKey }) => secretKey),
  };
}

export function headerFor(set: ValidatorSet, over: Partial<Header> = {}): Header {
  return {
    protocolVersion: 1,
    chainId,
    height: 9n,
    timeMs: 1_767_225_600_000n,
    lastBlockId: new Uint8Array(32).fill(1),
    lastCommitHash: commitHash(EMPTY_COMMIT),
    transactionsRoot: transactionsRoot([]),
    stateRoot: ZERO_32,
    validatorsHash: validatorSetHash(set),
    nextValidatorsHash: validatorSetHash(set),
    evidenceHash: evidenceHash([]),
    proposer: set[0]?.address ?? new Uint8Array(20),
    ...over,
  };
}

interface Signing {
  readonly round?: number;
  readonly type?: VoteType;
  readonly chain?: Uint8Array;
  readonly blockId?: Uint8Array;
}

export function precommitOf(header: Header, secretKey: Uint8Array, over: Signing = {}): Uint8Array {
  const { round = 0, type = VOTE_TYPE.precommit, chain = chainId } = over;
  const blockId = over.blockId ?? blockIdOf(header);
  const vote = { type, height: header.height, round, blockId };
  return sm2.sign(voteSignBytes(chain, vote), secretKey);
}

export function bitmapOf(size: number, signers: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(size / 8));
  for (const index of signers) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
  return bitmap;
}

/** The commit of `header` by the validators at the indexes `signers`, ascending. */
export function commitOf(
  header: Header,
  { set, secretKeys }: TestValidators,
  signers: readonly number[],
): Commit {
  return {
    height: header.height,
    round: 0,
    blockId: blockIdOf(header),
    bitmap: bitmapOf(set.length, signers),
    signatures: signers.map((index) => precommitOf(header, secretKeys[index] ?? ZERO_32)),
  };
}
