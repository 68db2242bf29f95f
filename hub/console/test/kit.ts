import {
  addressOf,
  assetRecordCodec,
  b32,
  bitAt,
  blockIdOf,
  bytesToHex,
  type Commit,
  commitCodec,
  conservationRecordCodec,
  digest,
  encode,
  encodeStateProof,
  type Header,
  hashInner,
  hashLeaf,
  headerCodec,
  type ProofStep,
  packBits,
  pathOf,
  SUITE_SM,
  sm2,
  sm3,
  stateKey,
  u32,
  utf8ToBytes,
  type ValidatorSet,
  VOTE_TYPE,
  validatorSetCodec,
  validatorSetHash,
  voteSignBytes,
  ZERO_20,
  ZERO_32,
} from "@ropenet/protocol";
import type { ConservationView, ProofView, SetsView } from "../src/api.ts";

export const CHAIN_ID: Uint8Array = digest(SUITE_SM, "chain-id", utf8ToBytes("console-test"));
export const ASSET_ID: Uint8Array = sm3(utf8ToBytes("asset"));
export const NOW_MS = 1_800_000_000_000;
const INDEXES = [0, 1, 2, 3];

export interface Signers {
  readonly set: ValidatorSet;
  readonly secrets: readonly Uint8Array[];
}

/** Four validators, told apart by their label. */
export function signersOf(label: string): Signers {
  const members = INDEXES.map((index) => {
    const secret = sm3(utf8ToBytes(`${label} ${index}`));
    const publicKey = sm2.getPublicKey(secret);
    return { secret, address: addressOf(publicKey), publicKey };
  }).toSorted((left, right) => (bytesToHex(left.address) < bytesToHex(right.address) ? -1 : 1));
  return {
    set: members.map(({ address, publicKey }) => ({
      ...{ address, publicKey, power: 10n },
      entity: sm3(publicKey),
    })),
    secrets: members.map(({ secret }) => secret),
  };
}

interface Leaf {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Node {
  readonly hash: Uint8Array;
  /** proof steps below this node, by key in hex */
  readonly steps: ReadonlyMap<string, readonly ProofStep[]>;
}

/** The state tree of a few leaves, as docs/protocol.md describes it, with the way to each. */
function treeOf(leaves: readonly Leaf[], depth = 0): Node {
  const [first] = leaves;
  if (!first) throw new Error("a tree of nothing");
  if (leaves.length === 1) {
    const hash = hashLeaf(first.key, sm3(first.value));
    return { hash, steps: new Map([[bytesToHex(first.key), []]]) };
  }
  let branch = depth;
  const bit = ({ key }: Leaf): number => bitAt(pathOf(key), branch);
  while (leaves.every((leaf) => bit(leaf) === bit(first))) branch += 1;
  const sides = [0, 1].map((side) =>
    treeOf(
      leaves.filter((leaf) => bit(leaf) === side),
      branch + 1,
    ),
  );
  const [left, right] = sides as [Node, Node];
  const skipLength = branch - depth;
  const skipBits = packBits(pathOf(first.key), depth, branch);
  const hash = hashInner(depth, skipLength, skipBits, left.hash, right.hash);
  const steps = new Map<string, readonly ProofStep[]>();
  for (const [node, sibling] of [
    [left, right],
    [right, left],
  ] as const) {
    for (const [key, below] of node.steps)
      steps.set(key, [{ skipLength, sibling: sibling.hash }, ...below]);
  }
  return { hash, steps };
}

function sign({ set, secrets }: Signers, header: Header): Commit {
  const { height } = header;
  const blockId = blockIdOf(header);
  const vote = { type: VOTE_TYPE.precommit, height, round: 0, blockId };
  const message = voteSignBytes(CHAIN_ID, vote);
  const signatures = set.map(({ publicKey }, index) =>
    sm2.sign(message, secrets[index] ?? ZERO_32, { publicKey }),
  );
  return { height, round: 0, blockId, bitmap: Uint8Array.of(0b1111), signatures };
}

function headerOf(height: bigint, signers: Signers, next: Signers, stateRoot = ZERO_32): Header {
  return {
    ...{ protocolVersion: 1, chainId: CHAIN_ID, height, timeMs: BigInt(NOW_MS) },
    ...{ lastBlockId: ZERO_32, lastCommitHash: ZERO_32, transactionsRoot: ZERO_32, stateRoot },
    validatorsHash: validatorSetHash(signers.set),
    nextValidatorsHash: validatorSetHash(next.set),
    ...{ evidenceHash: ZERO_32, proposer: ZERO_20 },
  };
}

/** Of each leaf of a state that `signers` have committed to. */
export function proofsOf(
  signers: Signers,
  leaves: readonly Leaf[],
  height = 41n,
): readonly ProofView[] {
  const tree = treeOf(leaves);
  const header = headerOf(height + 1n, signers, signers, tree.hash);
  const commit = bytesToHex(encode(commitCodec, sign(signers, header)));
  return leaves.map(({ key, value }) => ({
    ...{ key: bytesToHex(key), value: bytesToHex(value), height: String(height), commit },
    header: bytesToHex(encode(headerCodec, header)),
    proof: bytesToHex(
      encodeStateProof({
        steps: tree.steps.get(bytesToHex(key)) ?? [],
        end: { kind: "present" },
      }),
    ),
  }));
}

/** Sets in their order, each named by the one before: the second at height 1, the third at 2, … */
export function setsOf(sets: readonly Signers[]): SetsView {
  return {
    chainId: bytesToHex(CHAIN_ID),
    sets: sets.map((signers, position) => {
      const validators = bytesToHex(encode(validatorSetCodec, signers.set));
      const before = sets[position - 1];
      if (!before) return { validators, header: null, commit: null };
      const naming = headerOf(BigInt(position), before, signers);
      return {
        validators,
        header: bytesToHex(encode(headerCodec, naming)),
        commit: bytesToHex(encode(commitCodec, sign(before, naming))),
      };
    }),
  };
}

export interface Scene {
  /** sets in their order, the newest signs the state */
  readonly sets: readonly Signers[];
  readonly height?: bigint;
  readonly escrow?: bigint;
}

/** What an honest hub shows of a rope with one asset: 900 in escrow unless said otherwise, 900 outstanding. */
export function viewOf({ sets, height = 41n, escrow = 900n }: Scene): ConservationView {
  const newest = sets.at(-1);
  if (!newest) throw new Error("a rope has validators");
  const record = encode(assetRecordCodec, {
    ...{ assetId: ASSET_ID, index: 0, originGateway: ZERO_32, assetClass: 1, nativeId: ZERO_32 },
    ...{ decimals: 2, name: "人民币（虚构）", symbol: "CNY", classification: 1 },
    ...{ attributesHash: ZERO_32, registrant: ZERO_20, state: 1 },
  });
  const books = { height: 1n, escrow, outstandingTotal: 900n, inFlight: 0n, held: 0n };
  const leaves: readonly Leaf[] = [
    { key: stateKey.assetCount(), value: encode(u32, 1) },
    { key: stateKey.assetByIndex(0), value: encode(b32, ASSET_ID) },
    { key: stateKey.asset(ASSET_ID), value: record },
    { key: stateKey.conservation(ASSET_ID), value: encode(conservationRecordCodec, books) },
  ];
  const proofs = proofsOf(newest, leaves, height);
  const [assetCount, index, asset, conservation] = proofs as [
    ProofView,
    ProofView,
    ProofView,
    ProofView,
  ];
  return {
    ...setsOf(sets),
    height: String(height),
    assetCount,
    assets: [{ assetId: bytesToHex(ASSET_ID), index, record: asset, conservation }],
  };
}

export const hashOf = ({ set }: Signers): string => bytesToHex(validatorSetHash(set));
