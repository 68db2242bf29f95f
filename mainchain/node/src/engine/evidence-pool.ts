import {
  bytesToHex,
  compareBytes,
  type DuplicateVote,
  digest,
  duplicateVoteCodec,
  encode,
  equalBytes,
  SUITE_SM,
  type ValidatorSet,
  verifyVote,
  voteSignBytes,
} from "@ropenet/protocol";

const MAX_PENDING = 64;
/** A block carries few, so that evidence cannot crowd out transactions. */
export const MAX_EVIDENCE_PER_BLOCK = 16;

export interface EvidenceContext {
  readonly chainId: Uint8Array;
  /** In heights. Older evidence is worthless: whoever it is about may have unbonded. */
  readonly maxAge: bigint;
  /** undefined if that height is not known here */
  validatorsAt(height: bigint): ValidatorSet | undefined;
  /** whether a committed block carries it already */
  isCommitted(name: Uint8Array): boolean;
}

/** One name for one offence, whatever votes prove it. */
export function evidenceName({ first }: DuplicateVote): Uint8Array {
  return digest(
    SUITE_SM,
    "offence",
    first.validator,
    voteSignBytes(new Uint8Array(32), { ...first, blockId: new Uint8Array(32) }),
  );
}

/** Undefined if `evidence` proves an offence that a block of `height` may carry; otherwise why not. */
export function evidenceFault(
  context: EvidenceContext,
  evidence: DuplicateVote,
  height: bigint,
): string | undefined {
  const { first, second } = evidence;
  const sameSlot =
    first.height === second.height &&
    first.round === second.round &&
    first.type === second.type &&
    equalBytes(first.validator, second.validator);
  if (!sameSlot) return "different slots";
  if (compareBytes(first.blockId, second.blockId) >= 0) return "not two ordered values";
  if (first.height > height || first.height + context.maxAge < height) return "age";
  if (context.isCommitted(evidenceName(evidence))) return "already committed";
  const validator = context
    .validatorsAt(first.height)
    ?.find(({ address }) => equalBytes(address, first.validator));
  if (!validator) return "not a validator";
  const holds = [first, second].every((vote) =>
    verifyVote(context.chainId, vote, validator.publicKey),
  );
  return holds ? undefined : "signature";
}

/** Offences seen by this node that no block carries yet. */
export interface EvidencePool {
  readonly size: number;
  add(evidence: DuplicateVote): void;
  pending(height: bigint): readonly DuplicateVote[];
  /** after a commit */
  update(included: readonly DuplicateVote[], height: bigint): void;
}

export function createEvidencePool(context: EvidenceContext): EvidencePool {
  const pool = new Map<string, DuplicateVote>();
  return {
    get size(): number {
      return pool.size;
    },
    add(evidence): void {
      if (pool.size < MAX_PENDING) pool.set(bytesToHex(evidenceName(evidence)), evidence);
    },
    pending: (height) =>
      [...pool.values()]
        .filter((evidence) => evidenceFault(context, evidence, height) === undefined)
        .slice(0, MAX_EVIDENCE_PER_BLOCK),
    update(included, height): void {
      for (const evidence of included) pool.delete(bytesToHex(evidenceName(evidence)));
      for (const [name, { first }] of pool) {
        if (first.height + context.maxAge < height) pool.delete(name);
      }
    },
  };
}

export const encodeEvidence = (evidence: DuplicateVote): Uint8Array =>
  encode(duplicateVoteCodec, evidence);
