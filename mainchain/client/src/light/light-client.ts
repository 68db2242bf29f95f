import {
  bytesToHex,
  CodedError,
  type Commit,
  type Header,
  hexToBytes,
  type ValidatorSet,
  verifyCommit,
  verifyStateProof,
} from "@ropenet/protocol";
import { askAround } from "../rpc/failover.ts";
import type { RpcClient } from "../rpc/rpc-client.ts";
import { createSetFollower, fetchSignedHeader } from "./follow-sets.ts";

export type LightClientErrorInfo =
  | { readonly code: "light-client/wrong-height"; readonly asked: bigint; readonly got: bigint }
  | { readonly code: "light-client/header-missing"; readonly height: bigint }
  /** true once, and not news: it could hide all that has happened since */
  | {
      readonly code: "light-client/stale";
      readonly height: bigint;
      readonly timeMs: bigint;
      readonly notBeforeMs: bigint;
    };

export class LightClientError extends CodedError<LightClientErrorInfo> {}

export interface TrustAnchor {
  readonly chainId: Uint8Array;
  /** the set that is believed from the start; later and earlier ones are followed to from it */
  readonly validators: ValidatorSet;
  /** when it was known to be the set; left out: sets are followed however old it is */
  readonly timeMs?: bigint;
  readonly trustingPeriodMs?: bigint;
  /** height of a block that the caller knows: what is called the newest is not below it */
  readonly height?: bigint;
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
  /** the set that committed it, believed when this was proven */
  readonly validators: ValidatorSet;
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

interface CheckedHeader {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: ValidatorSet;
}

const KEPT_HEADERS = 256;
/** How far two honest nodes, asked one after the other, may be from each other. */
const NODES_APART_MS = 60_000n;

/**
 * Believes nothing of a node but what > 2/3 of the validators' power has signed. One whose answer does not hold is
 * left for the next; what the last of them said goes up.
 */
export function createLightClient(
  rpc: RpcClient,
  anchor: TrustAnchor,
  options: { readonly nowMs?: () => bigint; readonly maxAgeMs?: bigint } = {},
): LightClient {
  const { nowMs = () => BigInt(Date.now()), maxAgeMs = 0n } = options;
  let newestMs = 0n;

  /**
   * What a node calls its newest header may be any that was ever signed. It is not taken when it is older than the
   * caller allows, or clearly older than one that was seen.
   */
  function assertNews({ height, timeMs }: Header): void {
    const oldest = maxAgeMs === 0n ? 0n : nowMs() - maxAgeMs;
    const seen = newestMs - NODES_APART_MS;
    const notBeforeMs = oldest > seen ? oldest : seen;
    if (timeMs < notBeforeMs || height < (anchor.height ?? 0n)) {
      throw new LightClientError({ code: "light-client/stale", height, timeMs, notBeforeMs });
    }
    if (timeMs > newestMs) newestMs = timeMs;
  }

  const checked = new Map<string, CheckedHeader>();
  const sets = createSetFollower(rpc, {
    chainId: anchor.chainId,
    anchor: anchor.validators,
    anchorTimeMs: anchor.timeMs ?? 0n,
    trustingPeriodMs: anchor.trustingPeriodMs ?? 0n,
    nowMs,
  });

  async function readHeader(
    height: bigint | undefined,
    signal: AbortSignal | undefined,
  ): Promise<CheckedHeader> {
    const known = height === undefined ? undefined : checked.get(String(height));
    if (known) return known;
    const answer = await fetchSignedHeader(rpc, height, signal);
    if (height !== undefined && answer.header.height !== height) {
      throw new LightClientError({
        code: "light-client/wrong-height",
        asked: height,
        got: answer.header.height,
      });
    }
    const validators = await sets.find(answer.header, signal);
    verifyCommit(anchor.chainId, validators, answer.header, answer.commit);
    sets.note(answer.header);
    if (height === undefined) assertNews(answer.header);
    const found: CheckedHeader = { header: answer.header, commit: answer.commit, validators };
    checked.set(String(found.header.height), found);
    for (const key of checked.keys()) {
      if (checked.size <= KEPT_HEADERS) break;
      checked.delete(key);
    }
    return found;
  }

  async function readProven(
    key: Uint8Array,
    height: bigint | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ProvenState> {
    const below = await readHeader(height === undefined ? undefined : height + 1n, signal);
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
      validators: below.validators,
    };
    verifyProvenState({ chainId: anchor.chainId, validators: below.validators }, proven);
    return proven;
  }

  return {
    header: (height, signal) => askAround(rpc, () => readHeader(height, signal), signal),
    prove: (key, height, signal) => askAround(rpc, () => readProven(key, height, signal), signal),
  };
}
