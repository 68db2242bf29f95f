import type { SignedCheckpoint, SignedHandover } from "@ropenet/adapter-sdk";
import { toHex } from "../contracts/words.ts";

/**
 * The fewest signatures that carry more than two thirds of the power: each costs gas.
 * Whether they suffice is the gateway's to say.
 */
function fewest({
  set,
  signatures,
}: Pick<SignedCheckpoint, "set" | "signatures">): SignedCheckpoint["signatures"] {
  const powerOf = (index: number): bigint => set.signers[index]?.power ?? 0n;
  const total = set.signers.reduce((sum, { power }) => sum + power, 0n);
  const strongest = signatures.toSorted((left, right) =>
    powerOf(left.index) > powerOf(right.index) ? -1 : 1,
  );
  const chosen: SignedCheckpoint["signatures"][number][] = [];
  let power = 0n;
  for (const signature of strongest) {
    if (3n * power > 2n * total) break;
    chosen.push(signature);
    power += powerOf(signature.index);
  }
  return chosen.toSorted((left, right) => left.index - right.index);
}

const setArgument = ({ signers }: SignedCheckpoint["set"]): unknown => ({
  keys: signers.map(({ key }) => toHex(key)),
  powers: signers.map(({ power }) => power),
});

function certificateArgument(signed: Pick<SignedCheckpoint, "set" | "signatures">): unknown {
  const chosen = fewest(signed);
  return {
    signers: chosen.map(({ index }) => index),
    signatures: chosen.map(({ signature }) => toHex(signature)),
  };
}

/** Arguments of submitCheckpoint. */
export function checkpointArguments(signed: SignedCheckpoint): readonly unknown[] {
  return [toHex(signed.checkpoint), setArgument(signed.set), certificateArgument(signed)];
}

/** Arguments of submitHandover. */
export function handoverArguments(signed: SignedHandover): readonly unknown[] {
  const { handover, currentSet, nextSet, signatures } = signed;
  return [
    toHex(handover),
    setArgument(currentSet),
    setArgument(nextSet),
    certificateArgument({ set: currentSet, signatures }),
  ];
}
