import { CodedError, equalBytes, sm3 } from "@ropenet/crypto";
import {
  b32,
  type Codec,
  decode,
  encode,
  list,
  type Reader,
  u8,
  u16,
  varBytes,
  type Writer,
} from "../codec/codec.ts";
import { ZERO_32 } from "../hash.ts";
import { bitAt, hashInner, hashLeaf, PATH_BITS, packBits, pathOf } from "./hashing.ts";

export type TrieProofErrorInfo =
  | { readonly code: "state-proof/wrong-root" }
  | { readonly code: "state-proof/bad-shape"; readonly reason: string };

export class TrieProofError extends CodedError<TrieProofErrorInfo> {}

/** An inner node on the way, with the child that the path does not take. */
export interface ProofStep {
  readonly skipLength: number;
  readonly sibling: Uint8Array;
}

/** Where the way ends. */
export type ProofEnd =
  /** at the key's own leaf */
  | { readonly kind: "present" }
  /** in an empty tree */
  | { readonly kind: "empty" }
  /** at the leaf of another key */
  | { readonly kind: "other-leaf"; readonly key: Uint8Array; readonly valueHash: Uint8Array }
  /** at an inner node whose skipped bits are not the key's */
  | {
      readonly kind: "diverging";
      readonly skipLength: number;
      readonly skipBits: Uint8Array;
      readonly left: Uint8Array;
      readonly right: Uint8Array;
    };

/** Root first. Skipped bits of the steps are the key's own, so they are not carried. */
export interface StateProof {
  readonly steps: readonly ProofStep[];
  readonly end: ProofEnd;
}

const MAX_KEY_BYTES = 1024;
const stepsCodec: Codec<readonly ProofStep[]> = list(
  {
    write(writer: Writer, step: ProofStep, field: string): void {
      u16.write(writer, step.skipLength, field);
      b32.write(writer, step.sibling, field);
    },
    read: (reader: Reader, field: string): ProofStep => ({
      skipLength: u16.read(reader, field),
      sibling: b32.read(reader, field),
    }),
  },
  PATH_BITS,
);

const keyBytes = varBytes(MAX_KEY_BYTES, u16);
const skipBytes = varBytes(PATH_BITS / 8, u8);
const KINDS = ["present", "empty", "other-leaf", "diverging"] as const;

const endCodec: Codec<ProofEnd> = {
  write(writer, end, field): void {
    u8.write(writer, KINDS.indexOf(end.kind), field);
    if (end.kind === "other-leaf") {
      keyBytes.write(writer, end.key, "key");
      b32.write(writer, end.valueHash, "valueHash");
    } else if (end.kind === "diverging") {
      u16.write(writer, end.skipLength, "skipLength");
      skipBytes.write(writer, end.skipBits, "skipBits");
      b32.write(writer, end.left, "left");
      b32.write(writer, end.right, "right");
    }
  },
  read(reader, field): ProofEnd {
    const kind = KINDS[u8.read(reader, field)];
    if (kind === "present" || kind === "empty") return { kind };
    if (kind === "other-leaf") {
      return { kind, key: keyBytes.read(reader, "key"), valueHash: b32.read(reader, "valueHash") };
    }
    if (kind === "diverging") {
      return {
        kind,
        skipLength: u16.read(reader, "skipLength"),
        skipBits: skipBytes.read(reader, "skipBits"),
        left: b32.read(reader, "left"),
        right: b32.read(reader, "right"),
      };
    }
    throw new TrieProofError({ code: "state-proof/bad-shape", reason: "kind of end" });
  },
};

export const stateProofCodec: Codec<StateProof> = {
  write(writer, proof, field): void {
    stepsCodec.write(writer, proof.steps, field);
    endCodec.write(writer, proof.end, field);
  },
  read: (reader, field) => ({
    steps: stepsCodec.read(reader, field),
    end: endCodec.read(reader, field),
  }),
};

export const encodeStateProof = (proof: StateProof): Uint8Array => encode(stateProofCodec, proof);

function badShape(reason: string): TrieProofError {
  return new TrieProofError({ code: "state-proof/bad-shape", reason });
}

/** Hash of an inner node that skips bits which are not the path's. */
function hashDiverging(
  end: Extract<ProofEnd, { kind: "diverging" }>,
  path: Uint8Array,
  depth: number,
): Uint8Array {
  const { skipLength, skipBits } = end;
  if (depth + skipLength >= PATH_BITS || skipBits.length !== Math.ceil(skipLength / 8)) {
    throw badShape("skip");
  }
  const padding = skipLength % 8 === 0 ? 0 : 0xff >> (skipLength % 8);
  if (((skipBits.at(-1) ?? 0) & padding) !== 0) throw badShape("padding");
  if (equalBytes(skipBits, packBits(path, depth, depth + skipLength))) {
    throw badShape("the bits do not diverge");
  }
  return hashInner(depth, skipLength, skipBits, end.left, end.right);
}

/** Hash of the node where the way ends, at `depth`. */
function hashEnd(
  end: ProofEnd,
  path: Uint8Array,
  depth: number,
  key: Uint8Array,
  value: Uint8Array | undefined,
): Uint8Array {
  if ((end.kind === "present") !== (value !== undefined)) throw badShape("presence");
  if (end.kind === "present") return hashLeaf(key, sm3(value as Uint8Array));
  if (end.kind === "empty") {
    if (depth !== 0) throw badShape("an empty tree has no inner nodes");
    return ZERO_32;
  }
  if (end.kind === "other-leaf") {
    const other = pathOf(end.key);
    if (equalBytes(end.key, key)) throw badShape("the leaf is the key's own");
    if (!equalBytes(packBits(other, 0, depth), packBits(path, 0, depth)))
      throw badShape("leaf off the path");
    return hashLeaf(end.key, end.valueHash);
  }
  return hashDiverging(end, path, depth);
}

/**
 * Checks that under `root` the key has exactly this value, or none if `value` is undefined.
 * Runs in nodes, light clients, browsers and offline evidence alike.
 * @param proof encoded StateProof
 * @throws {TrieProofError} | {CodecError}
 */
export function verifyStateProof(
  root: Uint8Array,
  key: Uint8Array,
  value: Uint8Array | undefined,
  proof: Uint8Array,
): void {
  const { steps, end } = decode(stateProofCodec, proof);
  const path = pathOf(key);
  const depths: number[] = [];
  let depth = 0;
  for (const { skipLength } of steps) {
    depths.push(depth);
    depth += skipLength + 1;
    if (depth > PATH_BITS) throw badShape("deeper than the path");
  }
  let node = hashEnd(end, path, depth, key, value);
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const step = steps[index] as ProofStep;
    const start = depths[index] ?? 0;
    const branch = start + step.skipLength;
    const skipBits = packBits(path, start, branch);
    node =
      bitAt(path, branch) === 0
        ? hashInner(start, step.skipLength, skipBits, node, step.sibling)
        : hashInner(start, step.skipLength, skipBits, step.sibling, node);
  }
  if (!equalBytes(node, root)) throw new TrieProofError({ code: "state-proof/wrong-root" });
}
