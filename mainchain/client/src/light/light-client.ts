import {
  bytesToHex,
  CodedError,
  type Commit,
  commitCodec,
  decode,
  type Header,
  headerCodec,
  hexToBytes,
  type ValidatorSet,
  verifyCommit,
  verifyStateProof,
} from "@ropenet/protocol";
import type { RpcClient } from "../rpc/rpc-client.ts";

export type LightClientErrorInfo =
  | { readonly code: "light-client/wrong-height"; readonly asked: bigint; readonly got: bigint }
  | { readonly code: "light-client/header-missing"; readonly height: bigint };

export class LightClientError extends CodedError<LightClientErrorInfo> {}

export interface TrustAnchor {
  readonly chainId: Uint8Array;
  /** the set whose hash every header must name; rotation comes with Handover */
  readonly validators: ValidatorSet;
}

export interface ProvenState {
  /** the height after which the value held */
  readonly height: bigint;
  readonly timeMs: bigint;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly proof: Uint8Array;
  /** header of height + 1, whose `stateRoot` the proof leads to */
  readonly header: Header;
  readonly commit: Commit;
}

export interface LightClient {
  /** Header of `height` (newest if left out), its commit checked. */
  header(
    height?: bigint,
    signal?: AbortSignal,
  ): Promise<{ readonly header: Header; readonly commit: Commit }>;
  /** Value of `key` after `height` (newest provable if left out), proven from a committed header. */
  prove(key: Uint8Array, height?: bigint, signal?: AbortSignal): Promise<ProvenState>;
}

/** Checks one proven value without asking anybody: what browsers and offline evidence run. */
export function verifyProvenState(anchor: TrustAnchor, proven: ProvenState): void {
  if (proven.header.height !== proven.height + 1n) {
    throw new LightClientError({
      code: "light-client/wrong-height",
      asked: proven.height + 1n,
      got: proven.header.height,
    });
  }
  verifyCommit(anchor.chainId, anchor.validators, proven.header, proven.commit);
  verifyStateProof(proven.header.stateRoot, proven.key, proven.value, proven.proof);
}

/** Believes nothing of a node but what > 2/3 of the validators' power has signed. */
export function createLightClient(rpc: RpcClient, anchor: TrustAnchor): LightClient {
  const checked = new Map<string, { header: Header; commit: Commit }>();

  async function header(
    height?: bigint,
    signal?: AbortSignal,
  ): Promise<{ header: Header; commit: Commit }> {
    const known = height === undefined ? undefined : checked.get(String(height));
    if (known) return known;
    const answer = await rpc.call(
      "signed_header",
      height === undefined ? {} : { height: String(height) },
      signal,
    );
    const found = {
      header: decode(headerCodec, hexToBytes(answer.header)),
      commit: decode(commitCodec, hexToBytes(answer.commit)),
    };
    if (height !== undefined && found.header.height !== height) {
      throw new LightClientError({
        code: "light-client/wrong-height",
        asked: height,
        got: found.header.height,
      });
    }
    verifyCommit(anchor.chainId, anchor.validators, found.header, found.commit);
    checked.set(String(found.header.height), found);
    for (const key of checked.keys()) {
      if (checked.size <= 256) break;
      checked.delete(key);
    }
    return found;
  }

  return {
    header,
    async prove(key, height, signal): Promise<ProvenState> {
      const below =
        height === undefined ? await header(undefined, signal) : await header(height + 1n, signal);
      const at = below.header.height - 1n;
      const answer = await rpc.call("state", { key: bytesToHex(key), height: String(at) }, signal);
      const proven: ProvenState = {
        height: at,
        timeMs: below.header.timeMs,
        key,
        value: answer.value === null ? undefined : hexToBytes(answer.value),
        proof: hexToBytes(answer.proof),
        header: below.header,
        commit: below.commit,
      };
      verifyProvenState(anchor, proven);
      return proven;
    },
  };
}
