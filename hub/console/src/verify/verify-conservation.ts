import {
  b32,
  type CodedError,
  commitCodec,
  conservationRecordCodec,
  decode,
  equalBytes,
  headerCodec,
  hexToBytes,
  stateKey,
  u32,
  type ValidatorSet,
  validatorSetCodec,
  verifyCommit,
  verifyStateProof,
} from "@ropenet/protocol";
import type { ConservationView, ProofView } from "../api.ts";

export interface AssetVerdict {
  readonly assetId: string;
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
}

const headers = new Map<string, Uint8Array>();

/** The value that > 2/3 of the validators' power has signed for, or a throw. */
function proven(
  view: ProofView,
  key: Uint8Array,
  chainId: Uint8Array,
  validators: ValidatorSet,
): Uint8Array | undefined {
  if (!equalBytes(hexToBytes(view.key), key))
    throw new Error(`proof is for another key: ${view.key}`);
  const header = decode(headerCodec, hexToBytes(view.header));
  if (header.height !== BigInt(view.height) + 1n) throw new Error("proof is for another height");
  // One commit covers every proof under the same header: check it once.
  const checkedId = `${view.header}${view.commit}`;
  if (!headers.has(checkedId)) {
    verifyCommit(chainId, validators, header, decode(commitCodec, hexToBytes(view.commit)));
    headers.clear();
    headers.set(checkedId, header.stateRoot);
  }
  const value = view.value === null ? undefined : hexToBytes(view.value);
  verifyStateProof(header.stateRoot, key, value, hexToBytes(view.proof));
  return value;
}

/** Recomputes the verdict from proofs alone; nothing the hub says about sums is used. */
export function verifyConservation(view: ConservationView): ConservationVerdict {
  let proofs = 0;
  const assets: AssetVerdict[] = [];
  try {
    const chainId = hexToBytes(view.chainId);
    const validators = decode(validatorSetCodec, hexToBytes(view.validators));
    const check = (proof: ProofView, key: Uint8Array): Uint8Array | undefined => {
      if (proof.height !== view.height) throw new Error("proofs of different heights");
      proofs += 1;
      return proven(proof, key, chainId, validators);
    };
    const countBytes = check(view.assetCount, stateKey.assetCount());
    const count = countBytes ? decode(u32, countBytes) : 0;
    if (count !== view.assets.length)
      throw new Error(`assets missing: ${view.assets.length} of ${count}`);
    for (const [index, asset] of view.assets.entries()) {
      const id = check(asset.index, stateKey.assetByIndex(index));
      if (!id) throw new Error(`asset ${index} is not in the index`);
      const bytes = check(asset.conservation, stateKey.conservation(decode(b32, id)));
      const record = bytes
        ? decode(conservationRecordCodec, bytes)
        : { escrow: 0n, outstandingTotal: 0n, inFlight: 0n, held: 0n };
      assets.push({
        assetId: asset.assetId,
        name: asset.name,
        symbol: asset.symbol,
        decimals: asset.decimals,
        escrow: String(record.escrow),
        outstandingTotal: String(record.outstandingTotal),
        inFlight: String(record.inFlight),
        held: String(record.held),
        ok: record.escrow === record.outstandingTotal + record.inFlight + record.held,
      });
    }
    return {
      ok: assets.every(({ ok }) => ok),
      height: view.height,
      proofs,
      assets,
      failure: undefined,
    };
  } catch (error) {
    const code = (error as CodedError).code;
    return {
      ok: false,
      height: view.height,
      proofs,
      assets,
      failure: code ?? (error as Error).message,
    };
  }
}
