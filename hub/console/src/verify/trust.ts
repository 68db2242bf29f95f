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
  /** 0 = not dated yet: as the build was told, or about to be by the first verdict */
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

/** A set may have unbonded after this long and sign whatever it likes. Shorter than any rope's own (docs/staking.md §6: 14 days). */
const TRUSTING_PERIOD_MS = 14 * 86_400_000;

/** More epochs away than this, a browser is told to pin anew rather than to check for minutes. */
const MAX_SETS = 512;

export interface FollowedTrust {
  readonly chainId: Uint8Array;
  /** believed sets by hash, hex */
  readonly sets: ReadonlyMap<string, ValidatorSet>;
}

/** Only on first use is a hub believed: its chain and the set that it shows, shown and kept from then on. */
export function pinOf(view: SetsView): TrustPin {
  const newest = decode(validatorSetCodec, hexToBytes(view.sets.at(-1)?.validators ?? ""));
  const validatorsHash = bytesToHex(validatorSetHash(newest));
  return { chainId: view.chainId, validatorsHash, timeMs: 0, origin: "first-use" };
}

/**
 * From the pinned set over the headers that name the next.
 * @throws {TrustError} for another chain, a set that the pin does not lead to, or a pin that is too old
 */
export function followSets(view: SetsView, pin: TrustPin, nowMs: number): FollowedTrust {
  if (view.chainId !== pin.chainId) {
    throw new TrustError({ code: "trust/other-chain", pinned: pin.chainId, told: view.chainId });
  }
  if (pin.timeMs !== 0 && nowMs > pin.timeMs + TRUSTING_PERIOD_MS)
    throw new TrustError({ code: "trust/expired", sinceMs: pin.timeMs });
  const chainId = hexToBytes(pin.chainId);
  const sets = new Map<string, ValidatorSet>();
  let before: ValidatorSet | undefined;
  for (const step of view.sets.slice(-MAX_SETS)) {
    const set = decode(validatorSetCodec, hexToBytes(step.validators));
    const hash = bytesToHex(validatorSetHash(set));
    if (before) checkNaming(chainId, before, step, hash);
    else if (hash !== pin.validatorsHash) continue;
    sets.set(hash, set);
    before = set;
  }
  if (!before) throw new TrustError({ code: "trust/unknown-set", pinned: pin.validatorsHash });
  return { chainId, sets };
}

function checkNaming(
  chainId: Uint8Array,
  before: ValidatorSet,
  { header, commit }: SetsView["sets"][number],
  hash: string,
): void {
  const naming = header === null ? undefined : decode(headerCodec, hexToBytes(header));
  if (!naming || commit === null || bytesToHex(naming.nextValidatorsHash) !== hash)
    throw new TrustError({ code: "trust/broken-link", height: String(naming?.height ?? "") });
  verifyCommit(chainId, before, naming, decode(commitCodec, hexToBytes(commit)));
}

/** A live chain makes a block every minute, for its gateways' sake. */
const MAX_AGE_MS = 600_000;
/** Two answers of one hub, or of two, may be so far from each other. */
const ANSWERS_APART_MS = 60_000;

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
