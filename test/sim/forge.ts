import type { NodeKeys } from "@ropenet/node";
import { type BoundBlock, bindBlock, readBlock } from "@ropenet/node/parts";
import {
  type Block,
  type Proposal,
  proposalSignBytes,
  type SignedProposal,
  type SignedVote,
  sm2,
  type Vote,
  voteSignBytes,
  ZERO_32,
} from "@ropenet/protocol";
import { CHAIN_ID } from "./chain.ts";
import type { Random } from "./random.ts";

/** Signatures of a key whose owner keeps no record. */
export function forgeVote(keys: NodeKeys, vote: Omit<Vote, "validator">): SignedVote {
  const whole: Vote = { ...vote, validator: keys.address };
  return { ...whole, signature: sm2.sign(voteSignBytes(CHAIN_ID, whole), keys.secretKey) };
}

export function forgeProposal(
  keys: NodeKeys,
  proposal: Omit<Proposal, "proposer">,
): SignedProposal {
  const whole: Proposal = { ...proposal, proposer: keys.address };
  return { ...whole, signature: sm2.sign(proposalSignBytes(CHAIN_ID, whole), keys.secretKey) };
}

type Change = (block: Block, random: Random) => Block;

const header =
  (change: (block: Block, random: Random) => Partial<Block["header"]>): Change =>
  (block, random) => ({ ...block, header: { ...block.header, ...change(block, random) } });

/** Each makes a block that no honest node may vote for. */
const SPOILS: readonly Change[] = [
  header(() => ({ stateRoot: ZERO_32 })),
  header(() => ({ lastBlockId: ZERO_32 })),
  header(() => ({ validatorsHash: ZERO_32 })),
  header(() => ({ nextValidatorsHash: ZERO_32 })),
  header(() => ({ timeMs: 1n })),
  header(() => ({ proposer: new Uint8Array(20) })),
  header(() => ({ protocolVersion: 9_999 })),
  (block) => ({ ...block, transactions: [...block.transactions, ...block.transactions] }),
  (block) => ({ ...block, transactions: [Uint8Array.of(1, 2, 3)] }),
  (block) => ({
    ...block,
    lastCommit: { ...block.lastCommit, signatures: block.lastCommit.signatures.slice(1) },
  }),
];

/** A block like the given one that nobody may vote for; some spoils do nothing to an empty block. */
export function spoiled(bytes: Uint8Array, random: Random): BoundBlock {
  return rebound(random.pick(SPOILS)(readBlock(bytes).block, random));
}

/** Another block that is as good: a few milliseconds later, perhaps without its transactions. */
export function variant(bytes: Uint8Array, random: Random): BoundBlock {
  const { block } = readBlock(bytes);
  return rebound({
    ...block,
    header: { ...block.header, timeMs: block.header.timeMs + BigInt(1 + random.below(50)) },
    transactions: random.chance(0.5) ? block.transactions : [],
  });
}

const rebound = ({ header: own, ...body }: Block): BoundBlock => bindBlock(own, body);
