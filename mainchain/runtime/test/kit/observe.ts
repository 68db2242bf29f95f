import {
  COUNTER,
  type CounterKind,
  counterSlot,
  type ObserveBooks,
  type TrieNodes,
} from "@ropenet/protocol";
import type { StrandBench } from "./strand-bench.ts";

/** What a strand's gateway says of its books of an asset at `height`, with its proofs. */
export function claimBooks(
  strand: StrandBench,
  assetId: Uint8Array,
  height: bigint = strand.state.height,
): ObserveBooks {
  const { out, in: into, refunded, balance } = strand.books(assetId);
  const prove = (which: CounterKind): TrieNodes =>
    strand.state.prove(counterSlot(assetId, which), height);
  return {
    anchor: strand.state.anchor(height),
    assetId,
    ...{ out, in: into, refunded, balance },
    outProof: prove(COUNTER.out),
    inProof: prove(COUNTER.in),
    refundedProof: prove(COUNTER.refunded),
    balanceProof: prove(COUNTER.balance),
  };
}
