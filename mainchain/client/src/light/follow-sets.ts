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
import { type Tenure, Tenures } from "./tenures.ts";

export type SetErrorInfo =
  | {
      readonly code: "light-client/unknown-set";
      readonly height: bigint;
      readonly hash: Uint8Array;
    }
  | { readonly code: "light-client/broken-link"; readonly height: bigint }
  /** the set is known, and this height is another's; `last` is null where it has no successor yet */
  | {
      readonly code: "light-client/not-its-height";
      readonly height: bigint;
      readonly first: bigint;
      readonly last: bigint | null;
    }
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
  /**
   * The set that decides the header's height, followed to from those known already, if it is the one that the header
   * names.
   * @throws {SetError}
   */
  find(header: Header, signal?: AbortSignal): Promise<ValidatorSet>;
  /** A header that was checked: if it is of the newest set, that is known to have been there at its time. */
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
  readonly #tenures: Tenures;
  /** whoever follows comes after those who do already: each step begins where the last one ended */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(rpc: RpcClient, options: SetFollowerOptions) {
    this.#rpc = rpc;
    this.#options = options;
    this.#tenures = new Tenures(options.anchor, options.anchorTimeMs, Number(MAX_EPOCHS));
  }

  note(header: Header): void {
    const { newest } = this.#tenures;
    if (this.#decides(newest, header)) this.#tenures.renew(this.#pastMs(header));
  }

  async find(header: Header, signal?: AbortSignal): Promise<ValidatorSet> {
    const known = this.#deciding(header);
    if (known) return this.#trusted(known).validators;
    const followed = this.#turn.then(async () => {
      if (!this.#deciding(header)) await this.#follow(header, signal);
    });
    this.#turn = followed.catch(() => undefined);
    await followed;
    const found = this.#deciding(header);
    if (found) return this.#trusted(found).validators;
    const { height, validatorsHash: hash } = header;
    const tenure = this.#tenures.of(bytesToHex(hash));
    if (!tenure) throw new SetError({ code: "light-client/unknown-set", height, hash });
    const { first, last = null } = tenure;
    throw new SetError({ code: "light-client/not-its-height", height, first, last });
  }

  #deciding(header: Header): Tenure | undefined {
    const tenure = this.#tenures.at(header.height);
    return tenure && this.#decides(tenure, header) ? tenure : undefined;
  }

  #decides({ hash, first, last }: Tenure, { height, validatorsHash }: Header): boolean {
    const isItsHeight = height >= first && (last === undefined || height <= last);
    return isItsHeight && hash === bytesToHex(validatorsHash);
  }

  /** A header from the future would be a promise of trust until then. */
  #pastMs({ timeMs }: Header): bigint {
    const nowMs = this.#options.nowMs();
    return timeMs < nowMs ? timeMs : nowMs;
  }

  /** Epoch records only say where to look: what is believed comes from headers. */
  async #follow(target: Header, signal: AbortSignal | undefined): Promise<void> {
    const known = this.#tenures.at(target.height);
    const isBetween = known !== this.#tenures.newest && known !== this.#tenures.oldest;
    if (known && isBetween) return;
    // `epochs` descends.
    const epochs = await epochsBack(this.#rpc, signal);
    const hashes = epochs.map((epoch) => bytesToHex(validatorSetHash(setOf(epoch))));
    const reached = hashes.indexOf(this.#tenures.newest.hash);
    for (const epoch of epochs.slice(0, Math.max(reached, 0)).reverse()) {
      await this.#forward(epoch.firstHeight, signal);
    }
    const { hash, last } = this.#tenures.oldest;
    const from = epochs.findIndex(
      ({ firstHeight }, index) =>
        hashes[index] === hash && (last === undefined || firstHeight <= last),
    );
    if (from < 0) return;
    for (const epoch of epochs.slice(from)) {
      if (this.#deciding(target) || epoch.firstHeight <= target.height) return;
      await this.#back(epoch.firstHeight, signal);
    }
  }

  /** The last header of the newest set names the one that begins at `firstHeight`. */
  async #forward(firstHeight: bigint, signal: AbortSignal | undefined): Promise<void> {
    const { header, commit } = await fetchSignedHeader(this.#rpc, firstHeight - 1n, signal);
    const { validators: next } = await fetchSignedHeader(this.#rpc, firstHeight, signal);
    const set = this.#trusted(this.#tenures.newest);
    const isLinked =
      header.height === firstHeight - 1n &&
      this.#decides(set, header) &&
      equalBytes(header.nextValidatorsHash, validatorSetHash(next));
    if (!isLinked) throw new SetError({ code: "light-client/broken-link", height: firstHeight });
    verifyCommit(this.#options.chainId, set.validators, header, commit);
    if (equalBytes(header.nextValidatorsHash, header.validatorsHash)) this.note(header);
    else this.#tenures.succeed(next, header, this.#pastMs(header));
  }

  /** The first header of the oldest set names the block before it, and so the set before its own. */
  async #back(firstHeight: bigint, signal: AbortSignal | undefined): Promise<void> {
    if (firstHeight <= 1n) return;
    const { header, commit } = await fetchSignedHeader(this.#rpc, firstHeight, signal);
    const before = await fetchSignedHeader(this.#rpc, firstHeight - 1n, signal);
    const set = this.#trusted(this.#tenures.oldest);
    const isLinked =
      header.height === firstHeight &&
      this.#decides(set, header) &&
      before.header.height === firstHeight - 1n &&
      equalBytes(header.lastBlockId, blockIdOf(before.header)) &&
      equalBytes(before.header.validatorsHash, validatorSetHash(before.validators));
    if (!isLinked) {
      throw new SetError({ code: "light-client/broken-link", height: firstHeight - 1n });
    }
    verifyCommit(this.#options.chainId, set.validators, header, commit);
    if (!equalBytes(before.header.validatorsHash, header.validatorsHash)) {
      this.#tenures.precede(before.validators, before.header, this.#pastMs(before.header));
    }
  }

  /**
   * A set that may have unbonded since can sign anything, and any successor, without being slashed.
   * @throws {SetError} `light-client/trust-expired`
   */
  #trusted(tenure: Tenure): Tenure {
    const { trustingPeriodMs, nowMs: clock } = this.#options;
    const { knownMs: sinceMs } = tenure;
    const nowMs = clock();
    const isFresh =
      trustingPeriodMs === 0n || sinceMs === 0n || nowMs <= sinceMs + trustingPeriodMs;
    if (isFresh) return tenure;
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
