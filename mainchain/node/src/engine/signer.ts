import {
  b32,
  type Codec,
  CodedError,
  decodeOwn,
  encode,
  equalBytes,
  fixedBytes,
  optional,
  type Proposal,
  proposalSignBytes,
  type SignedProposal,
  type SignedVote,
  sm2,
  struct,
  u32,
  u64,
  VOTE_TYPE,
  type Vote,
  voteSignBytes,
} from "@ropenet/protocol";
import type { FileSystem } from "../store/file-system.ts";
import { openSlotFile } from "./slot-file.ts";

export type SignedStep = "proposal" | "prevote" | "precommit";
/** Later than any round of its height. */
const LAST_ROUND = 0xffff_ffff;
const ORDER: readonly SignedStep[] = ["proposal", "prevote", "precommit"];

interface SignedAt {
  readonly height: bigint;
  readonly round: number;
  readonly step: SignedStep;
}

export type SignerErrorInfo =
  | ({ readonly code: "signer/backwards" } & SignedAt)
  | ({ readonly code: "signer/conflict" } & SignedAt)
  /** the record is older than what was signed with this key: it was damaged or put back by hand */
  | ({ readonly code: "signer/state-behind"; readonly file: string } & SignedAt);

/** A signature that this key must not give. The caller stays silent; it never retries with other bytes. */
export class SignerError extends CodedError<SignerErrorInfo> {}

interface Given {
  /** what it is about: with it a restarted node can say again what its log has lost */
  readonly blockId: Uint8Array;
  readonly signBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Everything signed in the newest (height, round): all that a restarted node may have to say again. */
interface SignerRecord {
  readonly height: bigint;
  readonly round: number;
  readonly proposal: Given | null;
  readonly prevote: Given | null;
  readonly precommit: Given | null;
}

const given = optional(struct<Given>({ blockId: b32, signBytes: b32, signature: fixedBytes(64) }));
const recordCodec: Codec<SignerRecord> = struct<SignerRecord>({
  height: u64,
  round: u32,
  proposal: given,
  prevote: given,
  precommit: given,
});

export interface Signer {
  /** @throws {SignerError} */
  signVote(vote: Vote): SignedVote;
  /** @throws {SignerError} */
  signProposal(proposal: Proposal): SignedProposal;
  /**
   * Something signed by this key, found elsewhere.
   * @throws {SignerError} `signer/state-behind` if the record does not know of it
   */
  assertKnown(signed: SignedVote | SignedProposal): void;
  /** The votes of the newest round in which it signed anything, prevote first. */
  said(): readonly SignedVote[];
  /** For a new record of a key that may have signed before: nothing up to `height` is signed any more. */
  forgo(height: bigint): void;
  /** The newest record may be lost; the one before it is used. */
  readonly isSpoilt: boolean;
  close(): void;
}

export interface SignerOptions {
  readonly file: string;
  readonly secretKey: Uint8Array;
  /** of `secretKey`'s public key */
  readonly address: Uint8Array;
  readonly chainId: Uint8Array;
  /** set once the node has a history: then a vanished file means that double signing cannot be excluded */
  readonly mustExist: boolean;
  readonly fileSystem?: FileSystem;
}

/**
 * Signs at most one value per (height, round, step) and never goes back, whatever the machine above it asks
 * for: the record is on disk before the signature leaves. The same bytes get the same signature again.
 */
export function openSigner(options: SignerOptions): Signer {
  const { secretKey, address, chainId, mustExist, fileSystem } = options;
  const slot = openSlotFile(options.file, { mustExist, fileSystem });
  let record: SignerRecord | undefined = slot.value && decodeOwn(recordCodec, slot.value);

  function sign(at: SignedAt, blockId: Uint8Array, signBytes: Uint8Array): Uint8Array {
    const before = givenBefore(record, at, signBytes);
    if (before) return before.signature;
    const { height, round, step } = at;
    const signature = sm2.sign(signBytes, secretKey);
    const base: SignerRecord =
      record && compareRound(record, at) === 0
        ? record
        : { height, round, proposal: null, prevote: null, precommit: null };
    const next: SignerRecord = { ...base, [step]: { blockId, signBytes, signature } };
    slot.write(encode(recordCodec, next));
    record = next;
    return signature;
  }

  return {
    signVote(vote): SignedVote {
      const signature = sign(
        { height: vote.height, round: vote.round, step: stepOf(vote) },
        vote.blockId,
        voteSignBytes(chainId, vote),
      );
      return { ...vote, signature };
    },
    signProposal(proposal): SignedProposal {
      const { height, round } = proposal;
      const signature = sign(
        { height, round, step: "proposal" },
        proposal.blockId,
        proposalSignBytes(chainId, proposal),
      );
      return { ...proposal, signature };
    },
    assertKnown(signed): void {
      const { height, round } = signed;
      const at: SignedAt = { height, round, step: "type" in signed ? stepOf(signed) : "proposal" };
      const order = record ? compareRound(record, at) : 1;
      const since = ORDER.slice(ORDER.indexOf(at.step));
      if (order < 0 || (order === 0 && since.some((step) => record?.[step]))) return;
      throw new SignerError({ code: "signer/state-behind", file: options.file, ...at });
    },
    said(): readonly SignedVote[] {
      if (!record) return [];
      const { height, round, prevote, precommit } = record;
      const votes: SignedVote[] = [];
      for (const [type, one] of [
        [VOTE_TYPE.prevote, prevote],
        [VOTE_TYPE.precommit, precommit],
      ] as const) {
        if (!one) continue;
        const { blockId, signature } = one;
        votes.push({ type, height, round, blockId, validator: address, signature });
      }
      return votes;
    },
    forgo(height): void {
      if (record && record.height > height) return;
      record = { height, round: LAST_ROUND, proposal: null, prevote: null, precommit: null };
      slot.write(encode(recordCodec, record));
    },
    isSpoilt: slot.isSpoilt,
    close: () => slot.close(),
  };
}

const stepOf = ({ type }: Vote): SignedStep =>
  type === VOTE_TYPE.prevote ? "prevote" : "precommit";

/** What was given for the same bytes. @throws {SignerError} for other bytes, or once something later was signed */
function givenBefore(
  record: SignerRecord | undefined,
  at: SignedAt,
  signBytes: Uint8Array,
): Given | undefined {
  const order = record ? compareRound(record, at) : 1;
  if (!record || order > 0) return undefined;
  if (order < 0) throw new SignerError({ code: "signer/backwards", ...at });
  const before = record[at.step];
  if (before && equalBytes(before.signBytes, signBytes)) return before;
  if (before) throw new SignerError({ code: "signer/conflict", ...at });
  const later = ORDER.slice(ORDER.indexOf(at.step) + 1);
  if (later.some((name) => record[name])) {
    throw new SignerError({ code: "signer/backwards", ...at });
  }
  return undefined;
}

/** −1: before what was signed, 0: the same round, 1: later. */
function compareRound(record: SignerRecord, { height, round }: SignedAt): number {
  if (height !== record.height) return height < record.height ? -1 : 1;
  return Math.sign(round - record.round);
}
