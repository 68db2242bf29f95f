import {
  blockIdOf,
  bytesToHex,
  CodedError,
  type Commit,
  commitCodec,
  decode,
  type EpochRecord,
  epochRecordCodec,
  equalBytes,
  type Header,
  headerCodec,
  hexToBytes,
  stakingProgressRecordCodec,
  stateKey,
  type ValidatorSet,
  validatorSetCodec,
  validatorSetHash,
  verifyCommit,
} from "@ropenet/protocol";
import type { RpcClient } from "../rpc/rpc-client.ts";

export type SetErrorInfo =
  | {
      readonly code: "light-client/unknown-set";
      readonly height: bigint;
      readonly hash: Uint8Array;
    }
  | { readonly code: "light-client/broken-link"; readonly height: bigint }
  | {
      readonly code: "light-client/trust-expired";
      readonly sinceMs: bigint;
      readonly nowMs: bigint;
    };

export class SetError extends CodedError<SetErrorInfo> {}

export interface SignedHeader {
  readonly header: Header;
  readonly commit: Commit;
  /** as the node says; nobody has checked it */
  readonly validators: ValidatorSet;
}

export async function fetchSignedHeader(
  rpc: RpcClient,
  height: bigint | undefined,
  signal?: AbortSignal,
): Promise<SignedHeader> {
  const params = height === undefined ? {} : { height: String(height) };
  const answer = await rpc.call("signed_header", params, signal);
  return {
    header: decode(headerCodec, hexToBytes(answer.header)),
    commit: decode(commitCodec, hexToBytes(answer.commit)),
    validators: decode(validatorSetCodec, hexToBytes(answer.validators)),
  };
}

/** Validator sets that are believed, and the ways by which others come to be. */
export interface SetFollower {
  /** The believed set of that hash, followed to from those known already. @throws {SetError} */
  find(header: Header, signal?: AbortSignal): Promise<ValidatorSet>;
  /** A header that was checked: from now on its set is known to have been there at its time. */
  note(header: Header): void;
}

export interface SetFollowerOptions {
  readonly chainId: Uint8Array;
  readonly anchor: ValidatorSet;
  /** when the anchor was known to be the set; 0 = do not ask */
  readonly anchorTimeMs: bigint;
  /** 0 = for ever */
  readonly trustingPeriodMs: bigint;
  readonly nowMs: () => bigint;
}

/** A set, and the header by which the one before it names it; null for the oldest that is told of. */
export interface SetStep {
  readonly validators: ValidatorSet;
  readonly naming: { readonly header: Header; readonly commit: Commit } | null;
}

/** More epochs than this apart are followed by a fresh anchor, not by so many requests. */
const MAX_EPOCHS = 512n;

class ChainOfSets implements SetFollower {
  readonly #rpc: RpcClient;
  readonly #options: SetFollowerOptions;
  readonly #believed = new Map<string, ValidatorSet>();
  #trustedTimeMs: bigint;

  constructor(rpc: RpcClient, options: SetFollowerOptions) {
    this.#rpc = rpc;
    this.#options = options;
    this.#trustedTimeMs = options.anchorTimeMs;
    this.#believe(options.anchor);
  }

  note({ timeMs }: Header): void {
    if (timeMs > this.#trustedTimeMs) this.#trustedTimeMs = timeMs;
  }

  async find(header: Header, signal?: AbortSignal): Promise<ValidatorSet> {
    this.#assertInTrust();
    const hash = header.validatorsHash;
    const known = this.#believed.get(bytesToHex(hash));
    if (known) return known;
    await this.#follow(header, signal);
    const found = this.#believed.get(bytesToHex(hash));
    if (found) return found;
    throw new SetError({ code: "light-client/unknown-set", height: header.height, hash });
  }

  #believe(set: ValidatorSet): void {
    this.#believed.set(bytesToHex(validatorSetHash(set)), set);
  }

  #isBelieved(hash: Uint8Array): boolean {
    return this.#believed.has(bytesToHex(hash));
  }

  /** Epoch records only say where to look: what is believed comes from headers. */
  async #follow(target: Header, signal: AbortSignal | undefined): Promise<void> {
    const epochs = await epochsBack(this.#rpc, signal);
    const oldest = epochs.findIndex((epoch) => this.#isBelieved(validatorSetHash(setOf(epoch))));
    if (oldest < 0) return;
    // `epochs` descends: what is newer than the first believed one stands before it.
    for (const epoch of epochs.slice(0, oldest).reverse()) {
      await this.#forward(epoch.firstHeight, signal);
    }
    for (const epoch of epochs.slice(oldest)) {
      if (this.#isBelieved(target.validatorsHash) || epoch.firstHeight <= target.height) return;
      await this.#back(epoch.firstHeight, signal);
    }
  }

  /** The last header of a believed set names the set that begins at `firstHeight`. */
  async #forward(firstHeight: bigint, signal: AbortSignal | undefined): Promise<void> {
    const naming = await fetchSignedHeader(this.#rpc, firstHeight - 1n, signal);
    const first = await fetchSignedHeader(this.#rpc, firstHeight, signal);
    const { header, commit } = naming;
    const set = this.#believed.get(bytesToHex(header.validatorsHash));
    const next = validatorSetHash(first.validators);
    if (
      !set ||
      header.height !== firstHeight - 1n ||
      !equalBytes(header.nextValidatorsHash, next)
    ) {
      throw new SetError({ code: "light-client/broken-link", height: firstHeight });
    }
    verifyCommit(this.#options.chainId, set, header, commit);
    this.note(header);
    this.#believe(first.validators);
  }

  /** The first header of a believed set names the block before it, and so the set before its own. */
  async #back(firstHeight: bigint, signal: AbortSignal | undefined): Promise<void> {
    if (firstHeight <= 1n) return;
    const first = await fetchSignedHeader(this.#rpc, firstHeight, signal);
    const before = await fetchSignedHeader(this.#rpc, firstHeight - 1n, signal);
    const set = this.#believed.get(bytesToHex(first.header.validatorsHash));
    const isLinked =
      first.header.height === firstHeight &&
      equalBytes(first.header.lastBlockId, blockIdOf(before.header)) &&
      equalBytes(before.header.validatorsHash, validatorSetHash(before.validators));
    if (!set || !isLinked) {
      throw new SetError({ code: "light-client/broken-link", height: firstHeight - 1n });
    }
    verifyCommit(this.#options.chainId, set, first.header, first.commit);
    this.#believe(before.validators);
  }

  /** A set that may have unbonded since can sign anything, and any successor, without being slashed. */
  #assertInTrust(): void {
    const { trustingPeriodMs, nowMs: clock } = this.#options;
    const nowMs = clock();
    const sinceMs = this.#trustedTimeMs;
    if (trustingPeriodMs === 0n || sinceMs === 0n || nowMs <= sinceMs + trustingPeriodMs) return;
    throw new SetError({ code: "light-client/trust-expired", sinceMs, nowMs });
  }
}

/** Newest first, down to the first that is forgotten or the most that are followed. The node's word. */
async function epochsBack(
  rpc: RpcClient,
  signal: AbortSignal | undefined,
): Promise<readonly EpochRecord[]> {
  const peek = async (key: Uint8Array): Promise<Uint8Array | undefined> => {
    const { value } = await rpc.call("state", { key: bytesToHex(key) }, signal);
    return value === null ? undefined : hexToBytes(value);
  };
  const progress = await peek(stateKey.stakingProgress());
  if (!progress) return [];
  const { epoch: newest } = decode(stakingProgressRecordCodec, progress);
  const found: EpochRecord[] = [];
  for (let epoch = newest; epoch >= 0n && newest - epoch < MAX_EPOCHS; epoch -= 1n) {
    const bytes = await peek(stateKey.epoch(epoch));
    if (!bytes) break;
    found.push(decode(epochRecordCodec, bytes));
  }
  return found;
}

/**
 * The sets from the oldest that the node remembers to the newest, as somebody needs them who follows them alone.
 * Nothing of it is checked here.
 */
export async function fetchSetSteps(
  rpc: RpcClient,
  signal?: AbortSignal,
): Promise<readonly SetStep[]> {
  const epochs = (await epochsBack(rpc, signal)).toReversed();
  const steps: SetStep[] = [];
  for (const [index, epoch] of epochs.entries()) {
    const { validators } = await fetchSignedHeader(rpc, epoch.firstHeight, signal);
    if (index === 0) {
      steps.push({ validators, naming: null });
      continue;
    }
    const { header, commit } = await fetchSignedHeader(rpc, epoch.firstHeight - 1n, signal);
    steps.push({ validators, naming: { header, commit } });
  }
  return steps;
}

function setOf({ members }: EpochRecord): ValidatorSet {
  return members.map(({ validator, publicKey, power, entity }) => ({
    address: validator,
    publicKey,
    power,
    entity,
  }));
}

export function createSetFollower(rpc: RpcClient, options: SetFollowerOptions): SetFollower {
  return new ChainOfSets(rpc, options);
}
