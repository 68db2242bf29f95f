import type { TrustPin } from "./trust.ts";

const KEY = "ropenet/trust";

/**
 * Given to `vite build` as VITE_ROPENET_CHAIN_ID, VITE_ROPENET_VALIDATORS_HASH and VITE_ROPENET_TRUSTED_AT_MS
 * (docs/operations.md): a set is believed from a time on, or a build of any age would believe one that has long unbonded.
 */
function builtPin(): TrustPin | undefined {
  const chainId = import.meta.env["VITE_ROPENET_CHAIN_ID"] as string | undefined;
  const validatorsHash = import.meta.env["VITE_ROPENET_VALIDATORS_HASH"] as string | undefined;
  const timeMs = Number(import.meta.env["VITE_ROPENET_TRUSTED_AT_MS"] ?? 0);
  return chainId && validatorsHash
    ? { chainId, validatorsHash, timeMs, origin: "build" }
    : undefined;
}

/** What this browser has believed so far, unless its build was given another chain, or something newer of the same. */
export function loadPin(): TrustPin | undefined {
  const built = builtPin();
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as TrustPin | null;
    const isOfBuild =
      !built ||
      (kept?.origin === "build" && kept.chainId === built.chainId && kept.timeMs >= built.timeMs);
    if (kept && isOfBuild) return kept;
  } catch {
    // unreadable is as good as none: what it was about cannot be known any more
  }
  return built;
}

export function savePin(pin: TrustPin): void {
  localStorage.setItem(KEY, JSON.stringify(pin));
}

/** Only by a person's hand, after a warning. */
export function forgetPin(): void {
  localStorage.removeItem(KEY);
}
