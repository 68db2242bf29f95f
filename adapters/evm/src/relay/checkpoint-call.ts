import type { SignedCheckpoint } from "@ropenet/adapter-sdk";
import { toHex } from "../contracts/words.ts";

/**
 * The fewest signatures that carry more than two thirds of the power: each costs gas.
 * Whether they suffice is the gateway's to say.
 */
function fewest({ set, signatures }: SignedCheckpoint): SignedCheckpoint["signatures"] {
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

/** Arguments of submitCheckpoint. */
export function checkpointArguments(signed: SignedCheckpoint): readonly unknown[] {
  const chosen = fewest(signed);
  return [
    toHex(signed.checkpoint),
    {
      keys: signed.set.signers.map(({ key }) => toHex(key)),
      powers: signed.set.signers.map(({ power }) => power),
    },
    {
      signers: chosen.map(({ index }) => index),
      signatures: chosen.map(({ signature }) => toHex(signature)),
    },
  ];
}
