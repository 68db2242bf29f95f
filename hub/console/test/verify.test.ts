import { describe, expect, it } from "vitest";
import type { ConservationView } from "../src/api.ts";
import type { TrustPin } from "../src/verify/trust.ts";
import { type ConservationVerdict, verifyConservation } from "../src/verify/verify-conservation.ts";
import { CHAIN_ID, hashOf, NOW_MS, signersOf, viewOf } from "./kit.ts";

const [first, second, third, stranger] = ["first", "second", "third", "stranger"].map(
  signersOf,
) as [
  ReturnType<typeof signersOf>,
  ReturnType<typeof signersOf>,
  ReturnType<typeof signersOf>,
  ReturnType<typeof signersOf>,
];
const chainId = Buffer.from(CHAIN_ID).toString("hex");
const honest = viewOf({ sets: [first, second, third] });

const pinned = (signers: ReturnType<typeof signersOf>, timeMs = NOW_MS): TrustPin => ({
  ...{ chainId, timeMs, origin: "first-use" },
  validatorsHash: hashOf(signers),
});

const check = (
  view: ConservationView,
  pin: TrustPin | undefined = pinned(first),
  nowMs = NOW_MS,
): ConservationVerdict => verifyConservation({ view, pin, nowMs });

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const flipped = (hex: string): string => `${hex.slice(0, -1)}${hex.endsWith("0") ? "1" : "0"}`;

describe("a verdict", () => {
  it("stands on proofs under the sets that the pin leads to, and moves the pin on", () => {
    expect(check(honest)).toMatchObject({
      ...{ ok: true, height: "41", proofs: 4, failure: undefined, isFirstUse: false },
      assets: [{ name: "人民币（虚构）", symbol: "CNY", decimals: 2, escrow: "900", ok: true }],
      pin: { chainId, validatorsHash: hashOf(third), timeMs: NOW_MS },
    });
  });

  it("says of books that do not add up that they do not, however well they are proven", () => {
    const { ok, failure } = check(viewOf({ sets: [first], escrow: 899n }));
    expect({ ok, failure }).toEqual({ ok: false, failure: undefined });
  });

  it("believes a hub without having a pin, and says so", () => {
    const { isFirstUse, pin, ok } = verifyConservation({
      ...{ view: honest, pin: undefined, nowMs: NOW_MS },
    });
    expect({ ok, isFirstUse }).toEqual({ ok: true, isFirstUse: true });
    expect(pin).toMatchObject({ origin: "first-use", validatorsHash: hashOf(third) });
  });

  it("needs no more than the newest set when that is pinned", () => {
    expect(check({ ...honest, sets: honest.sets.slice(2) }, pinned(third)).ok).toBe(true);
  });

  it("holds while the answers of a hub are a little older than what was seen before", () => {
    const verdict = check(honest, pinned(third, NOW_MS + 30_000), NOW_MS + 30_000);
    expect(verdict).toMatchObject({ ok: true, pin: { timeMs: NOW_MS + 30_000 } });
  });
});

const [asset] = honest.assets as [ConservationView["assets"][number]];
const other = viewOf({ sets: [first, second, third], height: 42n });
const forged = viewOf({ sets: [stranger] });
const linkOf = (change: object): ConservationView => ({
  ...honest,
  sets: honest.sets.map((step, index) => (index === 1 ? { ...step, ...change } : step)),
});

interface Lie {
  readonly what: string;
  readonly code: string;
  readonly view: ConservationView;
  readonly pin?: TrustPin;
  readonly nowMs?: number;
}

const LIES: readonly Lie[] = [
  {
    what: "another chain",
    code: "trust/other-chain",
    view: { ...honest, chainId: hashOf(stranger) },
  },
  { what: "validators of its own making", code: "trust/unknown-set", view: forged },
  {
    what: "a set that nobody before it names",
    code: "trust/broken-link",
    view: linkOf({ validators: forged.sets[0]?.validators }),
  },
  { what: "a link without its header", code: "trust/broken-link", view: linkOf({ header: null }) },
  { what: "a link without its commit", code: "trust/broken-link", view: linkOf({ commit: null }) },
  {
    what: "a link signed by nobody",
    code: "commit/bad-signature",
    view: linkOf({ commit: flipped(honest.sets[1]?.commit ?? "") }),
  },
  {
    what: "itself after too long",
    code: "trust/expired",
    view: honest,
    nowMs: NOW_MS + 8 * DAY_MS,
  },
  {
    what: "what was true a while ago",
    code: "trust/stale",
    view: honest,
    nowMs: NOW_MS + 11 * MINUTE_MS,
  },
  {
    what: "what is older than this browser has seen",
    code: "trust/stale",
    view: honest,
    pin: pinned(first, NOW_MS + 2 * MINUTE_MS),
    nowMs: NOW_MS + 2 * MINUTE_MS,
  },
  {
    what: "a header of a set that has been followed by another",
    code: "verdict/unknown-validators",
    view: { ...viewOf({ sets: [first] }), sets: honest.sets },
  },
  {
    what: "a header of validators to whom nothing leads",
    code: "verdict/unknown-validators",
    view: { ...forged, sets: honest.sets },
  },
  {
    what: "a header of another height",
    code: "verdict/other-height",
    view: { ...honest, assetCount: { ...honest.assetCount, height: "40" } },
  },
  {
    what: "proofs of different heights",
    code: "verdict/mixed-heights",
    view: { ...honest, assets: [{ ...asset, index: other.assets[0]?.index ?? asset.index }] },
  },
  {
    what: "a proof of something else",
    code: "verdict/other-key",
    view: { ...honest, assets: [{ ...asset, conservation: asset.record }] },
  },
  {
    what: "fewer assets than there are",
    code: "verdict/assets-missing",
    view: { ...honest, assets: [] },
  },
  {
    what: "an asset twice",
    code: "verdict/assets-missing",
    view: { ...honest, assets: [asset, asset] },
  },
  {
    what: "a changed sum",
    code: "state-proof/wrong-root",
    view: {
      ...honest,
      assets: [
        {
          ...asset,
          conservation: { ...asset.conservation, value: flipped(asset.conservation.value ?? "") },
        },
      ],
    },
  },
  {
    what: "a commit that does not hold",
    code: "commit/bad-signature",
    view: {
      ...honest,
      assetCount: { ...honest.assetCount, commit: flipped(honest.assetCount.commit) },
    },
  },
  {
    what: "what cannot be read",
    code: "crypto/bad-encoding",
    view: { ...honest, assetCount: { ...honest.assetCount, header: "zz" } },
  },
];

it.each(LIES)(
  "a hub that shows $what is not believed: $code",
  ({ code, view, pin = pinned(first), nowMs }) => {
    const verdict = check(view, pin, nowMs);
    expect(verdict).toMatchObject({ ok: false, failure: code });
    expect(verdict.pin).toEqual(pin);
  },
);

it("a hub that shows no set at all to a browser without a pin is told so", () => {
  const view = { ...honest, sets: [] };
  const verdict = verifyConservation({ view, pin: undefined, nowMs: NOW_MS });
  expect(verdict).toMatchObject({ ok: false, failure: "codec/truncated", pin: undefined });
});
