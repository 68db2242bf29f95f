import {
  bytesToHex,
  CodedError,
  commitCodec,
  decode,
  type Header,
  headerCodec,
  hexToBytes,
  type ValidatorSet,
  validatorSetCodec,
  validatorSetHash,
  verifyCommit,
} from "@ropenet/protocol";
import type { SetsView } from "../api.ts";

/** What this browser believes before any hub: a chain, and one of its validator sets. */
export interface TrustPin {
  readonly chainId: string;
  /** hash of a set that was the chain's at `timeMs` */
  readonly validatorsHash: string;
  readonly timeMs: number;
  /** `build`: given to `vite build`; `first-use`: taken from the first hub that this browser has asked */
  readonly origin: "build" | "first-use";
}

export type TrustErrorInfo =
  | { readonly code: "trust/other-chain"; readonly pinned: string; readonly told: string }
  | { readonly code: "trust/unknown-set"; readonly pinned: string }
  | { readonly code: "trust/broken-link"; readonly height: string }
  | { readonly code: "trust/expired"; readonly sinceMs: number }
  /** true once: it could hide all that has happened since */
  | { readonly code: "trust/stale"; readonly timeMs: number; readonly notBeforeMs: number };

export class TrustError extends CodedError<TrustErrorInfo> {}

/**
 * A set may have unbonded after its rope's trusting period and sign whatever it likes. A browser does not know that
 * period before it trusts; half of the usual 14 days (docs/staking.md §6) leaves room for a rope with a shorter one.
 */
const TRUSTING_PERIOD_MS = 7 * 86_400_000;

/** A live chain makes a block every minute, for its gateways' sake; a clock may be a few minutes out. */
const MAX_AGE_MS = 600_000;
/** Two answers of one hub, or of two, may be so far from each other. */
const ANSWERS_APART_MS = 60_000;

/** More epochs away than this, a browser is told to pin anew rather than to check for minutes. */
const MAX_SETS = 512;

/** A set speaks for the heights between the header that names it and the one that names the next, and for no other. */
export interface FollowedSet {
  readonly set: ValidatorSet;
  readonly after: bigint;
  /** the last that is its own; undefined: no later set is known */
  readonly until: bigint | undefined;
}

export interface FollowedTrust {
  readonly chainId: Uint8Array;
  /** believed sets by hash, hex */
  readonly sets: ReadonlyMap<string, FollowedSet>;
}

/** Only on first use is a hub believed: its chain and the set that it shows, shown and kept from then on. */
export function pinOf(view: SetsView, nowMs: number): TrustPin {
  const newest = decode(validatorSetCodec, hexToBytes(view.sets.at(-1)?.validators ?? ""));
  const validatorsHash = bytesToHex(validatorSetHash(newest));
  return { chainId: view.chainId, validatorsHash, timeMs: nowMs - MAX_AGE_MS, origin: "first-use" };
}

/**
 * From the pinned set over the headers that name the next.
 * @throws {TrustError} for another chain, a set that the pin does not lead to, or a pin that is too old
 */
export function followSets(view: SetsView, pin: TrustPin, nowMs: number): FollowedTrust {
  if (view.chainId !== pin.chainId) {
    throw new TrustError({ code: "trust/other-chain", pinned: pin.chainId, told: view.chainId });
  }
  if (nowMs > pin.timeMs + TRUSTING_PERIOD_MS)
    throw new TrustError({ code: "trust/expired", sinceMs: pin.timeMs });
  const chainId = hexToBytes(pin.chainId);
  const sets = new Map<string, FollowedSet>();
  let before: { readonly hash: string; readonly followed: FollowedSet } | undefined;
  for (const step of view.sets.slice(-MAX_SETS)) {
    const set = decode(validatorSetCodec, hexToBytes(step.validators));
    const hash = bytesToHex(validatorSetHash(set));
    if (!before && hash !== pin.validatorsHash) continue;
    const after = before ? checkNaming(chainId, before.followed.set, step, hash) : 0n;
    if (before) sets.set(before.hash, { ...before.followed, until: after });
    before = { hash, followed: { set, after, until: undefined } };
    sets.set(hash, before.followed);
  }
  if (!before) throw new TrustError({ code: "trust/unknown-set", pinned: pin.validatorsHash });
  return { chainId, sets };
}

/** Height of the header by which a set names the next. */
function checkNaming(
  chainId: Uint8Array,
  before: ValidatorSet,
  { header, commit }: SetsView["sets"][number],
  hash: string,
): bigint {
  const naming = header === null ? undefined : decode(headerCodec, hexToBytes(header));
  if (!naming || commit === null || bytesToHex(naming.nextValidatorsHash) !== hash)
    throw new TrustError({ code: "trust/broken-link", height: String(naming?.height ?? "") });
  verifyCommit(chainId, before, naming, decode(commitCodec, hexToBytes(commit)));
  return naming.height;
}

/**
 * A hub may replay what it once showed: nothing older than ten minutes, or than what this browser has seen, is news.
 * @throws {TrustError} `trust/stale`
 */
export function assertNews(header: Header, pin: TrustPin, nowMs: number): void {
  const timeMs = Number(header.timeMs);
  const notBeforeMs = Math.max(nowMs - MAX_AGE_MS, pin.timeMs - ANSWERS_APART_MS);
  if (timeMs < notBeforeMs) throw new TrustError({ code: "trust/stale", timeMs, notBeforeMs });
}

/** The pin after a verdict that stood: its newest set, believed now. */
export function renewed(pin: TrustPin, header: Header): TrustPin {
  const timeMs = Number(header.timeMs);
  if (timeMs < pin.timeMs) return pin;
  return { ...pin, validatorsHash: bytesToHex(header.validatorsHash), timeMs };
}
