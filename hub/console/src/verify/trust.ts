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
import type { ConservationView } from "../api.ts";

/** What this browser believes before any hub: a chain, and one of its validator sets. */
export interface TrustPin {
  readonly chainId: string;
  /** hash of a set that was the chain's at `timeMs` */
  readonly validatorsHash: string;
  /** 0 = of the genesis set, as the build was told */
  readonly timeMs: number;
  /** `build`: given to `vite build`; `first-use`: taken from the first hub that this browser has asked */
  readonly origin: "build" | "first-use";
}

export type TrustErrorInfo =
  | { readonly code: "trust/other-chain"; readonly pinned: string; readonly told: string }
  | { readonly code: "trust/unknown-set"; readonly pinned: string }
  | { readonly code: "trust/broken-link"; readonly height: string }
  | { readonly code: "trust/expired"; readonly sinceMs: number };

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
export function pinOf(view: ConservationView, nowMs: number): TrustPin {
  const newest = decode(validatorSetCodec, hexToBytes(view.sets.at(-1)?.validators ?? ""));
  const validatorsHash = bytesToHex(validatorSetHash(newest));
  return { chainId: view.chainId, validatorsHash, timeMs: nowMs, origin: "first-use" };
}

/**
 * From the pinned set over the headers that name the next.
 * @throws {TrustError} for another chain, a set that the pin does not lead to, or a pin that is too old
 */
export function followSets(view: ConservationView, pin: TrustPin, nowMs: number): FollowedTrust {
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
  { header, commit }: ConservationView["sets"][number],
  hash: string,
): void {
  const naming = header === null ? undefined : decode(headerCodec, hexToBytes(header));
  if (!naming || commit === null || bytesToHex(naming.nextValidatorsHash) !== hash)
    throw new TrustError({ code: "trust/broken-link", height: String(naming?.height ?? "") });
  verifyCommit(chainId, before, naming, decode(commitCodec, hexToBytes(commit)));
}

/** The pin after a verdict that stood: its newest set, believed now. */
export function renewed(pin: TrustPin, header: Header): TrustPin {
  const timeMs = Number(header.timeMs);
  if (timeMs < pin.timeMs) return pin;
  return { ...pin, validatorsHash: bytesToHex(header.validatorsHash), timeMs };
}
