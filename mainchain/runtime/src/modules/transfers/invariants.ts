import {
  bytesToHex,
  conservationRecordCodec,
  decodeOwn,
  positionRecordCodec,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import type { Context, Invariant, StateView } from "../../module.ts";
import { readBooks } from "./books.ts";

const FULL_32 = new Uint8Array(32).fill(0xff);
/** Strands per asset whose positions are summed; more would be a chain registry gone wrong. */
const MAX_POSITIONS = 10_000;

/** Assets whose books or positions this block has changed. */
function touchedAssets(state: StateView): readonly Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  const ranges = [
    [stateKey.conservation(ZERO_32), stateKey.conservation(FULL_32), 0],
    [stateKey.position(ZERO_32, ZERO_32), stateKey.position(FULL_32, FULL_32), 32],
  ] as const;
  for (const [from, to, tail] of ranges) {
    for (const key of state.changedKeys(from, to)) {
      const end = key.length - tail;
      const assetId = key.slice(end - 32, end);
      found.set(bytesToHex(assetId), assetId);
    }
  }
  return [...found.values()];
}

function sumOfPositions(
  state: StateView,
  assetId: Uint8Array,
): { readonly outstanding: bigint; readonly inFlight: bigint } {
  return state
    .range(stateKey.position(assetId, ZERO_32), stateKey.position(assetId, FULL_32), MAX_POSITIONS)
    .map(([, value]) => decodeOwn(positionRecordCodec, value))
    .reduce(
      (sum, { outstanding, inFlight }) => ({
        outstanding: sum.outstanding + outstanding,
        inFlight: sum.inFlight + inFlight,
      }),
      { outstanding: 0n, inFlight: 0n },
    );
}

function check({ state }: Context): readonly string[] {
  return touchedAssets(state).flatMap((assetId) => {
    const name = bytesToHex(assetId).slice(0, 12);
    const bytes = state.get(stateKey.conservation(assetId));
    if (bytes) decodeOwn(conservationRecordCodec, bytes);
    const { escrow, outstandingTotal, inFlight, held } = readBooks(state, assetId);
    const sum = sumOfPositions(state, assetId);
    const sentences: string[] = [];
    if (escrow !== outstandingTotal + inFlight + held) {
      sentences.push(`${name}: escrow ${escrow} ≠ ${outstandingTotal} + ${inFlight} + ${held}`);
    }
    if (sum.outstanding !== outstandingTotal) {
      const { outstanding } = sum;
      sentences.push(`${name}: positions sum to ${outstanding}, the books say ${outstandingTotal}`);
    }
    if (sum.inFlight !== inFlight) {
      sentences.push(`${name}: ${sum.inFlight} in flight to strands, the books say ${inFlight}`);
    }
    return sentences;
  });
}

/** I4; that nothing is negative (I5) is in the codecs, which have no negative numbers. Source: docs/protocol.md §4. */
export const conservation: Invariant = { name: "I4 conservation", check };
