import type { TrustPin } from "./trust.ts";

const KEY = "ropenet/trust";

/** Given to `vite build` as VITE_ROPENET_CHAIN_ID and VITE_ROPENET_VALIDATORS_HASH (docs/operations.md). */
function builtPin(): TrustPin | undefined {
  const chainId = import.meta.env["VITE_ROPENET_CHAIN_ID"] as string | undefined;
  const validatorsHash = import.meta.env["VITE_ROPENET_VALIDATORS_HASH"] as string | undefined;
  return chainId && validatorsHash
    ? { chainId, validatorsHash, timeMs: 0, origin: "build" }
    : undefined;
}

/** What this browser has believed so far; a build's own pin goes before another chain's. */
export function loadPin(): TrustPin | undefined {
  const built = builtPin();
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as TrustPin | null;
    const isOfBuild = !built || (kept?.origin === "build" && kept.chainId === built.chainId);
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
