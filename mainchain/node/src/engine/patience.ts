import { proposerOf, type State, type Timeout } from "@ropenet/consensus";
import { isNil } from "@ropenet/protocol";

/** A proposer that is just reconnecting gets this long, and as much again in each further round. */
const RECONNECT_MS = 150;

/** When to look whether a wait is still worth it; undefined where only time can tell. */
export function earlyLookMs({ kind, round }: Timeout): number | undefined {
  if (kind === "propose") return RECONNECT_MS * (round + 1);
  return kind === "precommit" ? 0 : undefined;
}

/**
 * Whether a timeout may as well come now: the proposer is not even connected, or two thirds have precommitted
 * nothing, so the round can decide nothing. Timeouts may be early or late as they like, only liveness hangs on
 * them; with a dead validator this is the difference between a second and a blink in its share of the rounds.
 */
export function isHopeless(
  { current }: State,
  { kind, height, round }: Timeout,
  isConnected: (validator: Uint8Array) => boolean,
): boolean {
  if (current?.context.height !== height || current.round !== round) return false;
  if (kind === "propose") {
    const proposer = proposerOf(current.context.rotation, height, round);
    return !current.proposals.has(round) && !isConnected(proposer);
  }
  const agreed = current.votes.rounds.get(round)?.precommits.majority;
  return kind === "precommit" && agreed instanceof Uint8Array && isNil(agreed);
}
