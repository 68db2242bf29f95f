import {
  bytesToHex,
  type CredentialPositionRecord,
  type CredentialRecord,
  credentialRemainingSlot,
  credentialUsedSlot,
  decode,
  type ObserveUsage,
  u256,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type { ProvenStorage, StrandVerifier } from "../../slices.ts";
import { CredentialError } from "./errors.ts";
import {
  bringHome,
  findPosition,
  type PositionMark,
  readMark,
  requireCredential,
  writeMark,
  writePosition,
} from "./records.ts";

/**
 * A gateway refuses uses unless it has heard of the rope within its `maxLagMs`, which may be at most this: so long
 * after the end of a lease, by the strand's own clock, nothing can be used under it.
 */
const MAX_LAG_MS = 600_000n;

interface Seen {
  readonly position: CredentialPositionRecord;
  readonly closed: boolean;
  /** units that cannot be used on the strand any more */
  readonly freed: bigint;
}

function checkProven(storage: ProvenStorage, body: ObserveUsage): void {
  const { credentialId, used, remaining, usedProof, remainingProof } = body;
  if (decode(u256, storage.read(credentialUsedSlot(credentialId), usedProof)) !== used) {
    throw new CredentialError({ code: "credential/usage-not-proven", counter: "used" });
  }
  const left = storage.read(credentialRemainingSlot(credentialId), remainingProof);
  if (decode(u256, left) !== remaining) {
    throw new CredentialError({ code: "credential/usage-not-proven", counter: "remaining" });
  }
}

interface Clocks {
  readonly strandMs: bigint;
  readonly ropeMs: bigint;
}

/** Nothing can be used there from here on. */
function isOver(
  { leaseUntilMs }: CredentialPositionRecord,
  { closed, revoked }: PositionMark,
  { strandMs, ropeMs }: Clocks,
): boolean {
  // By the rope's clock too, or the next lease, sent before this one's end, would carry on what has come home.
  const leaseOver = strandMs >= leaseUntilMs + MAX_LAG_MS && ropeMs >= leaseUntilMs;
  return closed || revoked || leaseOver;
}

/**
 * The counters against what was given. Undefined = the strand says more than it was given: nothing that it says of
 * this credential is worth anything.
 */
function read(
  body: ObserveUsage,
  position: CredentialPositionRecord,
  mark: PositionMark,
  clocks: Clocks,
): Seen | undefined {
  const { used } = body;
  const given = position.remaining + position.used;
  if (used < position.used) {
    throw new CredentialError({ code: "credential/use-undone", used, known: position.used });
  }
  const limit = given + mark.underWay;
  // A closed position still shows what has come home from it, but cannot use it.
  if (used > limit || (!mark.closed && used + body.remaining > limit)) return undefined;
  if (mark.underWay > 0n) {
    // Units that may have arrived already are in the counters; only uses can be told from them.
    const known = used < given ? used : given;
    return {
      position: { ...position, used: known, remaining: given - known },
      closed: mark.closed,
      freed: 0n,
    };
  }
  const over = isOver(position, mark, clocks);
  const remaining = over ? 0n : body.remaining;
  return {
    position: { ...position, used, remaining },
    closed: over,
    freed: given - used - remaining,
  };
}

function settle(
  context: TransactionContext,
  record: CredentialRecord,
  body: ObserveUsage,
  seen: Seen,
): void {
  const { credentialId, anchor } = body;
  writePosition(context, credentialId, anchor.gateway, seen.position);
  if (seen.freed > 0n) bringHome(context, record, seen.freed);
  context.emit("data-credential.usage-observed", {
    credentialId: bytesToHex(credentialId),
    gateway: bytesToHex(anchor.gateway),
    used: String(seen.position.used),
    remaining: String(seen.position.remaining),
    height: String(anchor.height),
  });
}

/** A strand's own counters at a proven height; anybody may bring the proof. Source: docs/protocol.md §5. */
export function observeUsage(
  context: TransactionContext,
  body: ObserveUsage,
  verifier: StrandVerifier,
): void {
  const { anchor, credentialId } = body;
  const { gateway, height } = anchor;
  const record = requireCredential(context.state, credentialId);
  const position = findPosition(context.state, credentialId, gateway);
  if (!position) throw new CredentialError({ code: "credential/no-position", gateway });
  const mark = readMark(context.state, credentialId, gateway);
  if (height < mark.sinceHeight) {
    const { sinceHeight: known } = mark;
    throw new CredentialError({ code: "credential/older-than-known", height, known });
  }
  if (mark.quarantined) throw new CredentialError({ code: "credential/quarantined", gateway });
  const storage = verifier.open(context, anchor);
  checkProven(storage, body);
  const clocks = { strandMs: storage.timeMs, ropeMs: context.timeMs };
  const seen = read(body, position, mark, clocks);
  if (!seen) {
    writeMark(context, credentialId, gateway, { ...mark, quarantined: true });
    context.emit("data-credential.alert", {
      credentialId: bytesToHex(credentialId),
      gateway: bytesToHex(gateway),
      reason: `used ${body.used} + remaining ${body.remaining} is more than was given`,
    });
    return;
  }
  settle(context, record, body, seen);
  writeMark(context, credentialId, gateway, {
    ...mark,
    sinceHeight: height,
    closed: seen.closed,
  });
}
