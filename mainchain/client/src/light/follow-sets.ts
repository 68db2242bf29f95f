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

/** Validator sets that are believed, each for its own heights, and the ways by which others come to be. */
export interface SetFollower {
  /** The set that decided this header, followed to from those known already. @throws {SetError} */
  find(header: Header, signal?: AbortSignal): Promise<ValidatorSet>;
  /** A header that was checked: from now on its set is known to have been there at its time. */
  note(header: Header): void;
}

export interface SetFollowerOptions {
  readonly chainId: Uint8Array;
  readonly anchor: ValidatorSet;
  /** one that the anchor decided */
  readonly anchorHeight: bigint;
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
const MAX_SPANS = 1_024;

/** One set's time in office: it speaks for these heights, and only while its stake cannot have left. */
interface Span {
  readonly set: ValidatorSet;
  /** hex */
  readonly hash: string;
  /** the lowest height at which it is known to have decided; whether that is its first */
  low: bigint;
  isFirst: boolean;
  high: bigint;
  /** its last height, once another set is known to follow */
  last: bigint | undefined;
  /** when it was last known to be in office; 0 = do not ask */
  knownMs: bigint;
}

function speaksFor({ low, isFirst, last }: Span, height: bigint): boolean {
  return (height >= low || !isFirst) && (last === undefined || height <= last);
}

class ChainOfSets implements SetFollower {
  readonly #rpc: RpcClient;
  readonly #options: SetFollowerOptions;
  /** oldest first, without gaps; only the first may not know where it begins, only the last where it ends */
  readonly #spans: Span[];

  constructor(rpc: RpcClient, options: SetFollowerOptions) {
    this.#rpc = rpc;
    this.#options = options;
    const { anchor: set, anchorHeight: low, anchorTimeMs: knownMs } = options;
    const hash = bytesToHex(validatorSetHash(set));
    this.#spans = [{ set, hash, low, isFirst: false, high: low, last: undefined, knownMs }];
  }

  get #newest(): Span {
    return this.#spans.at(-1) as Span;
  }

  get #oldest(): Span {
    return this.#spans[0] as Span;
  }

  note({ height, timeMs, validatorsHash }: Header): void {
    const newest = this.#newest;
    if (height <= newest.high || bytesToHex(validatorsHash) !== newest.hash) return;
    newest.high = height;
    if (timeMs > newest.knownMs) newest.knownMs = timeMs;
  }

  async find(header: Header, signal?: AbortSignal): Promise<ValidatorSet> {
    const known = this.#spanOf(header);
    this.#assertInTrust(known ?? this.#newest);
    if (known) return known.set;
    await this.#follow(header, signal);
    const found = this.#spanOf(header);
    if (found) {
      this.#assertInTrust(found);
      return found.set;
    }
    const { height, validatorsHash: hash } = header;
    throw new SetError({ code: "light-client/unknown-set", height, hash });
  }

  #spanOf({ height, validatorsHash }: Header): Span | undefined {
    const hash = bytesToHex(validatorsHash);
    return this.#spans.findLast((span) => span.hash === hash && speaksFor(span, height));
  }

  /** Epoch records only say where to look: what is believed comes from headers. */
  async #follow(target: Header, signal: AbortSignal | undefined): Promise<void> {
    // What is announced and not in office yet has no first height.
    const starts = (await epochsBack(this.#rpc, signal))
      .map(({ firstHeight }) => firstHeight)
      .filter((height) => height > 0n);
    for (const start of starts.toReversed()) {
      if (start > this.#newest.high) await this.#forward(start, signal);
    }
    for (const start of starts) {
      const { low, isFirst } = this.#oldest;
      if (target.height >= low && isFirst) return;
      if (start <= low) await this.#back(start, signal);
    }
  }

  /** The last header of the newest set names the one that begins at `firstHeight`. */
  async #forward(firstHeight: bigint, signal: AbortSignal | undefined): Promise<void> {
    const naming = await fetchSignedHeader(this.#rpc, firstHeight - 1n, signal);
    const { validators } = await fetchSignedHeader(this.#rpc, firstHeight, signal);
    const newest = this.#newest;
    const { header, commit } = naming;
    const next = validatorSetHash(validators);
    const isNaming =
      header.height === firstHeight - 1n &&
      bytesToHex(header.validatorsHash) === newest.hash &&
      equalBytes(header.nextValidatorsHash, next);
    if (!isNaming) throw new SetError({ code: "light-client/broken-link", height: firstHeight });
    verifyCommit(this.#options.chainId, newest.set, header, commit);
    this.note(header);
    const hash = bytesToHex(next);
    if (hash === newest.hash) return;
    newest.last = header.height;
    this.#spans.push({
      ...{ set: validators, hash, low: firstHeight, isFirst: true, high: firstHeight },
      ...{ last: undefined, knownMs: newest.knownMs },
    });
    if (this.#spans.length > MAX_SPANS) this.#spans.shift();
  }

  /** The first header of the oldest set names the block before it, and so the set before its own. */
  async #back(firstHeight: bigint, signal: AbortSignal | undefined): Promise<void> {
    const oldest = this.#oldest;
    if (firstHeight <= 1n) {
      Object.assign(oldest, { low: 1n, isFirst: true });
      return;
    }
    const first = await fetchSignedHeader(this.#rpc, firstHeight, signal);
    const before = await fetchSignedHeader(this.#rpc, firstHeight - 1n, signal);
    const { header } = before;
    const hash = validatorSetHash(before.validators);
    const isLinked =
      first.header.height === firstHeight &&
      bytesToHex(first.header.validatorsHash) === oldest.hash &&
      header.height === firstHeight - 1n &&
      equalBytes(first.header.lastBlockId, blockIdOf(header)) &&
      equalBytes(header.validatorsHash, hash);
    if (!isLinked) throw new SetError({ code: "light-client/broken-link", height: header.height });
    verifyCommit(this.#options.chainId, oldest.set, first.header, first.commit);
    Object.assign(oldest, { low: firstHeight, isFirst: true });
    if (bytesToHex(hash) === oldest.hash) {
      Object.assign(oldest, { low: header.height, isFirst: false });
      return;
    }
    const last = header.height;
    const knownMs = oldest.knownMs === 0n ? 0n : header.timeMs;
    this.#spans.unshift({
      ...{ set: before.validators, hash: bytesToHex(hash), low: last, isFirst: false },
      ...{ high: last, last, knownMs },
    });
    if (this.#spans.length > MAX_SPANS) {
      throw new SetError({ code: "light-client/broken-link", height: last });
    }
  }

  /** A set that may have unbonded since can sign anything, and any successor, without being slashed. */
  #assertInTrust({ knownMs: sinceMs }: Span): void {
    const { trustingPeriodMs, nowMs: clock } = this.#options;
    const nowMs = clock();
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

export function createSetFollower(rpc: RpcClient, options: SetFollowerOptions): SetFollower {
  return new ChainOfSets(rpc, options);
}
