import {
  blockIdOf,
  CodedError,
  equalBytes,
  evidenceHash,
  type Header,
  validatorSetHash,
  verifyCommit,
} from "@ropenet/protocol";
import { type BoundBlock, readBlock } from "../engine/block-body.ts";
import { type ChainPart, oldestNeeded, type SignedHeader, setByHash } from "./chain-part.ts";
import { SnapshotError } from "./errors.ts";
import type { Manifest } from "./manifest.ts";

/** From where on this node follows the chain: its genesis' validators, or a header that its operator names. */
export type Anchor =
  | { readonly kind: "genesis"; readonly validatorsHash: Uint8Array }
  | { readonly kind: "header"; readonly height: bigint; readonly blockId: Uint8Array };

/**
 * That the block of the snapshot's height is on the chain, that the header above it names the snapshot's root, and
 * that the headers below are its forefathers.
 * @throws {SnapshotError} `snapshot/untrusted`
 */
export function verifyChainPart(
  { chainId, evidenceBlocks }: { readonly chainId: Uint8Array; readonly evidenceBlocks: bigint },
  manifest: Manifest,
  part: ChainPart,
  anchor: Anchor,
): BoundBlock {
  const { height } = manifest;
  const assert = (holds: boolean, reason: string): void => {
    if (!holds) throw new SnapshotError({ code: "snapshot/untrusted", height, reason });
  };
  const attempt = <T>(reason: string, check: () => T): T => {
    try {
      return check();
    } catch (cause) {
      if (!(cause instanceof CodedError)) throw cause;
      const why = `${reason}: ${cause.code}`;
      throw new SnapshotError({ code: "snapshot/untrusted", height, reason: why }, { cause });
    }
  };

  const bound = attempt("block", () => readBlock(part.block));
  const { header } = bound.block;
  assert(header.height === height && header.timeMs === manifest.timeMs, "another block");
  const { next } = part;
  assert(next.header.height === height + 1n, "another header above");
  assert(equalBytes(next.header.lastBlockId, bound.blockId), "header above is of another block");
  assert(equalBytes(next.header.stateRoot, manifest.stateRoot), "header above names another root");
  checkPast(part, header, evidenceBlocks, assert);
  const set = setByHash(part.sets, header.validatorsHash);
  assert(set !== undefined, "validator set missing");
  if (set) attempt("commit", () => verifyCommit(chainId, set, header, part.commit));

  if (anchor.kind === "header" && anchor.height === height + 1n) {
    assert(
      equalBytes(blockIdOf(next.header), anchor.blockId),
      "header above is not the trusted one",
    );
  }
  let trusted = trustedSet(part, header, anchor, assert);
  const from = anchor.kind === "header" ? anchor.height : 0n;
  for (const signed of [...part.handovers, next]) {
    if (signed.header.height <= from) continue;
    attempt(`header ${signed.header.height}`, () => checkSigned(chainId, signed, trusted));
    trusted = signed.header.nextValidatorsHash;
  }
  return bound;
}

type Assert = (holds: boolean, reason: string) => void;

/** Hash of the set that the header after the anchor must have. */
function trustedSet(part: ChainPart, header: Header, anchor: Anchor, assert: Assert): Uint8Array {
  if (anchor.kind === "genesis") return anchor.validatorsHash;
  const known = [...part.past.map((entry) => entry.header), header, part.next.header];
  const found = known.find((one) => one.height === anchor.height);
  assert(found !== undefined, "does not reach the trusted height");
  const isTrusted = found && equalBytes(blockIdOf(found), anchor.blockId);
  assert(isTrusted === true, "trusted header is not among its own");
  return found?.nextValidatorsHash ?? new Uint8Array(32);
}

function checkSigned(chainId: Uint8Array, signed: SignedHeader, trusted: Uint8Array): void {
  const { header, commit, validators } = signed;
  if (!equalBytes(validatorSetHash(validators), trusted)) {
    throw new CodedError({ code: "commit/wrong-set" });
  }
  verifyCommit(chainId, validators, header, commit);
}

/** Hash by hash down from the block; evidence is what each header says it is. */
function checkPast(
  { past, sets }: ChainPart,
  header: Header,
  evidenceBlocks: bigint,
  assert: Assert,
): void {
  const oldest = oldestNeeded(header.height, evidenceBlocks);
  assert(BigInt(past.length) === header.height - oldest, "headers missing");
  let above = header;
  for (const { header: one, evidence } of past.toReversed()) {
    assert(one.height === above.height - 1n, "headers missing");
    assert(equalBytes(blockIdOf(one), above.lastBlockId), `header ${one.height} is another one`);
    assert(equalBytes(evidenceHash(evidence), one.evidenceHash), `evidence of ${one.height}`);
    assert(
      equalBytes(one.nextValidatorsHash, above.validatorsHash),
      `validators of ${above.height}`,
    );
    above = one;
  }
  const hashes = new Set(sets.map((set) => validatorSetHash(set).join()));
  for (const one of [...past.map((entry) => entry.header), header]) {
    assert(hashes.has(one.validatorsHash.join()), "validator set missing");
  }
}
