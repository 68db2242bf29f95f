import {
  assetRecordCodec,
  b32,
  bytesToHex,
  CodedError,
  commitCodec,
  conservationRecordCodec,
  decode,
  type Header,
  headerCodec,
  hexToBytes,
  stateKey,
  u32,
  verifyCommit,
  verifyStateProof,
} from "@ropenet/protocol";
import type { ConservationView, ProofView } from "../api.ts";
import { type FollowedTrust, followSets, pinOf, renewed, type TrustPin } from "./trust.ts";

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
  /** by what the proofs were believed */
  readonly pin: TrustPin;
  /** nothing had been pinned before this one */
  readonly isFirstUse: boolean;
}

export interface VerdictRequest {
  readonly view: ConservationView;
  readonly pin: TrustPin | undefined;
  readonly nowMs: number;
}

export type VerdictErrorInfo =
  | { readonly code: "verdict/other-height"; readonly height: string }
  | { readonly code: "verdict/other-key"; readonly key: string }
  | { readonly code: "verdict/unknown-validators"; readonly height: string }
  | { readonly code: "verdict/mixed-heights"; readonly height: string }
  | { readonly code: "verdict/assets-missing"; readonly count: number; readonly shown: number }
  | { readonly code: "verdict/asset-missing"; readonly index: number };

export class VerdictError extends CodedError<VerdictErrorInfo> {}

/** One header carries every proof: its commit is checked once, by a set that the pin leads to. */
function checkHeader(proof: ProofView, { chainId, sets }: FollowedTrust): Header {
  const header = decode(headerCodec, hexToBytes(proof.header));
  if (header.height !== BigInt(proof.height) + 1n)
    throw new VerdictError({ code: "verdict/other-height", height: proof.height });
  const validators = sets.get(bytesToHex(header.validatorsHash));
  if (!validators) {
    throw new VerdictError({ code: "verdict/unknown-validators", height: String(header.height) });
  }
  verifyCommit(chainId, validators, header, decode(commitCodec, hexToBytes(proof.commit)));
  return header;
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
  const isFirstUse = pin === undefined;
  const believed = pin ?? pinOf(view, nowMs);
  const assets: AssetVerdict[] = [];
  let proofs: Proofs | undefined;
  const told = (failure: string | undefined): ConservationVerdict => ({
    ok: failure === undefined && assets.every(({ ok }) => ok),
    height: proofs ? String(proofs.header.height - 1n) : view.height,
    proofs: proofs?.count ?? 0,
    assets,
    failure,
    pin: failure === undefined && proofs ? renewed(believed, proofs.header) : believed,
    isFirstUse,
  });
  try {
    proofs = new Proofs(view.assetCount, followSets(view, believed, nowMs));
    const countBytes = proofs.read(view.assetCount, stateKey.assetCount());
    const count = countBytes ? decode(u32, countBytes) : 0;
    const shown = view.assets.length;
    if (count !== shown) throw new VerdictError({ code: "verdict/assets-missing", count, shown });
    for (const [index, asset] of view.assets.entries())
      assets.push(readAsset(proofs, asset, index));
    return told(undefined);
  } catch (error) {
    // Any other error is a hub's, too: what it sent made the checks fall over.
    return told(error instanceof CodedError ? error.code : "verdict/unreadable");
  }
}
