import { setImmediate as nextTurn } from "node:timers/promises";
import {
  bytesToHex,
  type Codec,
  type Commit,
  commitCodec,
  equalBytes,
  type Header,
  headerCodec,
  list,
  MAX_BLOCK_BYTES,
  struct,
  u32,
  type ValidatorSet,
  validatorSetCodec,
  validatorSetHash,
  varBytes,
} from "@ropenet/protocol";
import type { Ledger } from "../engine/ledger.ts";
import { type BlockStore, type PastHeader, pastCodec } from "../store/block-store.ts";
import { SnapshotError } from "./errors.ts";

/** A header with what proves that it was committed. */
export interface SignedHeader {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: ValidatorSet;
}

/** What a node needs of the chain besides the state to go on from a height. */
export interface ChainPart {
  /** the block of the snapshot's height, encoded */
  readonly block: Uint8Array;
  readonly commit: Commit;
  /** the header above, which names the state root */
  readonly next: SignedHeader;
  /** every header that named another set for the next height, from the first that is known, ascending */
  readonly handovers: readonly SignedHeader[];
  /** as far back as evidence reaches, ascending */
  readonly past: readonly PastHeader[];
  /** every set that a header of `past`, or the block's, names as its own */
  readonly sets: readonly ValidatorSet[];
}

/** Headers of a few hundred bytes: more would be hundreds of megabytes. */
const MAX_PAST = 1_000_000;
/** Votes may not wait for tens of thousands of headers. */
const HEADERS_PER_TURN = 200n;

const signedHeaderCodec: Codec<SignedHeader> = struct<SignedHeader>({
  header: headerCodec,
  commit: commitCodec,
  validators: validatorSetCodec,
});

export const chainPartCodec: Codec<ChainPart> = struct<ChainPart>({
  block: varBytes(MAX_BLOCK_BYTES),
  commit: commitCodec,
  next: signedHeaderCodec,
  handovers: list(signedHeaderCodec, 100_000, u32),
  past: list(pastCodec, MAX_PAST, u32),
  sets: list(validatorSetCodec, MAX_PAST, u32),
});

/** @param evidenceBlocks of the chain's staking parameters: how far back double votes are told of */
export const oldestNeeded = (height: bigint, evidenceBlocks: bigint): bigint =>
  height > evidenceBlocks ? height - evidenceBlocks : 1n;

/** @throws {SnapshotError} `snapshot/no-such-height` if block, commit or the header above are not here */
export async function collectChainPart(
  { blocks, evidenceBlocks, tip }: Pick<Ledger, "blocks" | "evidenceBlocks" | "tip">,
  height: bigint,
): Promise<ChainPart> {
  const block = blocks.blockBytes(height);
  const header = blocks.header(height);
  const commit = blocks.commit(height);
  const next = signedHeaderAt(blocks, height + 1n);
  if (!block || !header || !commit || !next) {
    throw new SnapshotError({ code: "snapshot/no-such-height", height, newest: tip().height });
  }
  const oldest = oldestNeeded(height, evidenceBlocks);
  const past: PastHeader[] = [];
  const handovers: SignedHeader[] = [];
  for (let at = 1n; at <= height; at += 1n) {
    if (at % HEADERS_PER_TURN === 0n) await nextTurn();
    const found = blocks.header(at);
    const handover = found && isHandover(found) ? signedHeaderAt(blocks, at) : undefined;
    if (handover) handovers.push(handover);
    if (found && at >= oldest && at < height) {
      past.push({ header: found, evidence: blocks.evidence(at) });
    }
  }
  const sets = setsOf(blocks, [...past.map((one) => one.header), header]);
  return { block, commit, next, handovers, past, sets };
}

const isHandover = ({ validatorsHash, nextValidatorsHash }: Header): boolean =>
  !equalBytes(validatorsHash, nextValidatorsHash);

function setsOf(blocks: BlockStore, headers: readonly Header[]): readonly ValidatorSet[] {
  const sets = new Map<string, ValidatorSet>();
  for (const { validatorsHash } of headers) {
    const id = bytesToHex(validatorsHash);
    const set = sets.has(id) ? undefined : blocks.validators(validatorsHash);
    if (set) sets.set(id, set);
  }
  return [...sets.values()];
}

function signedHeaderAt(blocks: BlockStore, height: bigint): SignedHeader | undefined {
  const header = blocks.header(height);
  const commit = blocks.commit(height);
  const validators = header && blocks.validators(header.validatorsHash);
  return header && commit && validators && { header, commit, validators };
}

export function setByHash(
  sets: readonly ValidatorSet[],
  hash: Uint8Array,
): ValidatorSet | undefined {
  return sets.find((set) => equalBytes(validatorSetHash(set), hash));
}
