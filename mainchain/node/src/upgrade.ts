import { concatBytes, decodeOwn, stateKey, upgradePlanRecordCodec } from "@ropenet/protocol";
import type { Queries } from "@ropenet/runtime";
import { NodeError } from "./errors.ts";

/** Names of the governed upgrades whose rules this program carries. A release adds its own. */
export const KNOWN_UPGRADES: readonly string[] = [];

/** Peers that are a block behind get it from this node before its process ends. */
export const LEAVE_MS = 5_000;

/**
 * Why the height after `height` is not for this program; undefined if it is. What governance decided is in the state,
 * so every node stops at the same height, and one that comes later by a snapshot stops as well.
 */
export function upgradeNeeded(
  queries: Pick<Queries, "range">,
  height: bigint,
  known: readonly string[] = KNOWN_UPGRADES,
): NodeError | undefined {
  const key = stateKey.upgradePlan();
  const [entry] = queries.range(key, concatBytes(key, Uint8Array.of(0)), 1);
  if (!entry) return undefined;
  const plan = decodeOwn(upgradePlanRecordCodec, entry[1]);
  if (plan.height > height + 1n || known.includes(plan.name)) return undefined;
  return new NodeError({ code: "node/upgrade-needed", name: plan.name, height: plan.height });
}
