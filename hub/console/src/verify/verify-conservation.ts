import {
  assetRecordCodec,
  b32,
  bytesToHex,
  conservationRecordCodec,
  decode,
  type Header,
  hexToBytes,
  stateKey,
  u32,
  verifyStateProof,
} from "@ropenet/protocol";
import type { ConservationView, ProofView } from "../api.ts";
import { checkHeader, failureOf, VerdictError } from "./checked-header.ts";
import {
  assertNews,
  type FollowedTrust,
  followSets,
  pinOf,
  renewed,
  type TrustPin,
} from "./trust.ts";

export interface AssetVerdict {
  readonly assetId: string;
  /** name, symbol and decimals: proven like the sums beside them */
  readonly name: string;
  readonly symbol: string;
  readonly decimals: number;
  readonly escrow: string;
  readonly outstandingTotal: string;
  readonly inFlight: string;
  readonly held: string;
  readonly ok: boolean;
}

export interface ConservationVerdict {
  readonly ok: boolean;
  readonly height: string;
  readonly proofs: number;
  readonly assets: readonly AssetVerdict[];
  /** code of the first check that failed, with what it was about */
  readonly failure: string | undefined;
  /** by what the proofs were believed; undefined if nothing is pinned and nothing could be */
  readonly pin: TrustPin | undefined;
  /** nothing had been pinned before this one */
  readonly isFirstUse: boolean;
}

export interface VerdictRequest {
  readonly view: ConservationView;
  readonly pin: TrustPin | undefined;
  readonly nowMs: number;
}

class Proofs {
  count = 0;
  readonly header: Header;
  readonly #first: ProofView;

  constructor(first: ProofView, trust: FollowedTrust) {
    this.#first = first;
    this.header = checkHeader(first, trust);
  }

  /** The proven value; undefined = proven absent. */
  read(proof: ProofView, key: Uint8Array): Uint8Array | undefined {
    if (proof.key !== bytesToHex(key))
      throw new VerdictError({ code: "verdict/other-key", key: proof.key });
    const { header, commit, height } = this.#first;
    if (proof.header !== header || proof.commit !== commit || proof.height !== height)
      throw new VerdictError({ code: "verdict/mixed-heights", height: proof.height });
    const value = proof.value === null ? undefined : hexToBytes(proof.value);
    verifyStateProof(this.header.stateRoot, key, value, hexToBytes(proof.proof));
    this.count += 1;
    return value;
  }
}

function readAsset(
  proofs: Proofs,
  asset: ConservationView["assets"][number],
  index: number,
): AssetVerdict {
  const id = proofs.read(asset.index, stateKey.assetByIndex(index));
  if (!id) throw new VerdictError({ code: "verdict/asset-missing", index });
  const assetId = decode(b32, id);
  const recordBytes = proofs.read(asset.record, stateKey.asset(assetId));
  if (!recordBytes) throw new VerdictError({ code: "verdict/asset-missing", index });
  const { name, symbol, decimals } = decode(assetRecordCodec, recordBytes);
  // Books are opened by the first movement: proven absent, they are proven empty.
  const bytes = proofs.read(asset.conservation, stateKey.conservation(assetId));
  const books = bytes
    ? decode(conservationRecordCodec, bytes)
    : { escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n };
  return {
    assetId: bytesToHex(assetId),
    name,
    symbol,
    decimals,
    escrow: String(books.escrow),
    outstandingTotal: String(books.outstandingTotal),
    inFlight: String(books.inFlight),
    held: String(books.held),
    ok: books.escrow === books.outstandingTotal + books.inFlight + books.held,
  };
}

/** Recomputes the verdict from proofs alone, under what is pinned; nothing that the hub says is used unproven. */
export function verifyConservation({ view, pin, nowMs }: VerdictRequest): ConservationVerdict {
  const assets: AssetVerdict[] = [];
  let proofs: Proofs | undefined;
  const told = (failure: string | undefined, believed = pin): ConservationVerdict => ({
    ok: failure === undefined && assets.every(({ ok }) => ok),
    height: proofs ? String(proofs.header.height - 1n) : view.height,
    proofs: proofs?.count ?? 0,
    assets,
    failure,
    pin: believed,
    isFirstUse: pin === undefined,
  });
  try {
    const believed = pin ?? pinOf(view, nowMs);
    proofs = new Proofs(view.assetCount, followSets(view, believed, nowMs));
    assertNews(proofs.header, believed, nowMs);
    const countBytes = proofs.read(view.assetCount, stateKey.assetCount());
    const count = countBytes ? decode(u32, countBytes) : 0;
    const shown = view.assets.length;
    if (count !== shown) throw new VerdictError({ code: "verdict/assets-missing", count, shown });
    for (const [index, asset] of view.assets.entries())
      assets.push(readAsset(proofs, asset, index));
    return told(undefined, renewed(believed, proofs.header));
  } catch (error) {
    return told(failureOf(error));
  }
}
