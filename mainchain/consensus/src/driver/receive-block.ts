import { isSelf, proposerAt } from "../height-context.ts";
import { blockOf, withBlock } from "../rules/blocks.ts";
import { propose } from "../rules/start-round.ts";
import { type Transition, unchanged } from "../rules/transition.ts";
import type { HeightState } from "../state.ts";

/** The first answer stands: validity is a property of the block. */
export function receiveValidity(
  height: HeightState,
  blockId: Uint8Array,
  valid: boolean,
): Transition {
  const record = blockOf(height, blockId);
  if (record && record.validity !== "unknown") return unchanged(height);
  const validity = valid ? "valid" : "invalid";
  return unchanged(withBlock(height, { blockId, validity, requested: record?.requested ?? false }));
}

/** L18: too late, it is dropped; a second value for one round would be equivocation. */
export function receiveBuiltValue(
  height: HeightState,
  round: number,
  blockId: Uint8Array,
): Transition {
  const awaited =
    height.step === "propose" &&
    height.round === round &&
    height.own.proposal === null &&
    isSelf(height.context, proposerAt(height.context, round));
  if (!awaited) return unchanged(height);
  return propose(receiveValidity(height, blockId, true).state, blockId, -1);
}
