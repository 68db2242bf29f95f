import {
  type Application,
  type Block,
  type BlockResult,
  blockIdOf,
  type Commit,
  CommitError,
  commitCodec,
  concatBytes,
  type DuplicateVote,
  EMPTY_COMMIT,
  encode,
  equalBytes,
  type Header,
  LocalFault,
  PROTOCOL_VERSION,
  sm3,
  u64,
  utf8ToBytes,
  type ValidatorSet,
  validatorSetHash,
  verifyCommit,
  type WriteBatch,
  ZERO_32,
} from "@ropenet/protocol";
import { NodeError } from "../errors.ts";
import { type BlockStore, createBlockStore, type DecidedBlock } from "../store/block-store.ts";
import type { KeyValueStore } from "../store/key-value-store.ts";
import { placeBelow } from "../store/prefixed.ts";
import { type BoundBlock, bindBlock } from "./block-body.ts";
import { BlockError } from "./block-errors.ts";
import {
  createEvidencePool,
  type EvidenceContext,
  type EvidencePool,
  evidenceFault,
  evidenceName,
} from "./evidence-pool.ts";

/** Where the application's keys live; everything else of the store is the node's own. */
export const APPLICATION_PREFIX: Uint8Array = utf8ToBytes("s");
export const GENESIS_KEY: Uint8Array = utf8ToBytes("m/genesis");
const evidenceKey = (name: Uint8Array): Uint8Array => concatBytes(utf8ToBytes("e"), name);

/** The last committed height; `header` and `commit` are absent at height 0. */
export interface Tip {
  readonly height: bigint;
  readonly header: Header | undefined;
  readonly blockId: Uint8Array;
  readonly commit: Commit;
  readonly timeMs: bigint;
}

export interface CommittedBlock extends DecidedBlock {
  readonly blockId: Uint8Array;
}

export interface LedgerOptions {
  /** where the genesis came from, for what is said about it */
  readonly genesisFile: string;
  readonly genesisBytes: Uint8Array;
  readonly chainId: Uint8Array;
  readonly genesisTimeMs: bigint;
  /** heights after which a double vote is told of no more */
  readonly evidenceBlocks: bigint;
}

/** The chain as it is on disk, and the rules by which it grows by one block. */
export interface Ledger {
  readonly blocks: BlockStore;
  readonly evidence: EvidencePool;
  readonly chainId: Uint8Array;
  readonly genesisHash: Uint8Array;
  /** heights after which a double vote is told of no more */
  readonly evidenceBlocks: bigint;
  tip(): Tip;
  /** the set that decides tip + 1 */
  validators(): ValidatorSet;
  /** A block on top of the tip. `lastCommit` = a commit of the tip, at least as full as the stored one. */
  build(parts: {
    readonly transactions: readonly Uint8Array[];
    readonly lastCommit: Commit;
    readonly proposer: Uint8Array;
    readonly nowMs: bigint;
  }): BoundBlock;
  /**
   * Links, certificate and evidence, then execution.
   * @throws {CodedError} if the block must not be voted for
   * @throws {LocalFault} if this node cannot tell
   */
  verify(bound: BoundBlock): BlockResult;
  /** Executes and makes block, commit and state durable in one batch. @throws {CodedError} as `verify` */
  commit(bound: BoundBlock, commit: Commit): CommittedBlock;
  /** Ids of the transactions of a block that `verify` has passed. */
  transactionIds(bound: BoundBlock): readonly Uint8Array[];
  /** Checks a synced block's certificate. @throws {CommitError} */
  verifyCertificate(bound: BoundBlock, commit: Commit): void;
}

/** Whether the store was ever used: then its signer files must be there too. */
export function hasHistory(store: KeyValueStore): boolean {
  return store.get(GENESIS_KEY) !== undefined;
}

/** @throws {NodeError} if the store belongs to another genesis @throws {LocalFault} if it contradicts itself */
export function openLedger(
  options: LedgerOptions,
  components: { readonly store: KeyValueStore; readonly application: Application },
): Ledger {
  return new ChainLedger(options, components.store, components.application);
}

class ChainLedger implements Ledger {
  readonly blocks: BlockStore;
  readonly evidence: EvidencePool;
  readonly chainId: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly evidenceBlocks: bigint;
  readonly #options: LedgerOptions;
  readonly #store: KeyValueStore;
  readonly #application: Application;
  readonly #evidenceContext: EvidenceContext;
  #tip: Tip;

  constructor(options: LedgerOptions, store: KeyValueStore, application: Application) {
    this.#options = options;
    this.#store = store;
    this.#application = application;
    this.chainId = options.chainId;
    this.genesisHash = sm3(options.genesisBytes);
    this.evidenceBlocks = options.evidenceBlocks;
    this.blocks = createBlockStore(store);
    this.#evidenceContext = {
      chainId: options.chainId,
      maxAge: options.evidenceBlocks,
      validatorsAt: (height) => this.#validatorsAt(height),
      isCommitted: (name) => store.get(evidenceKey(name)) !== undefined,
    };
    this.evidence = createEvidencePool(this.#evidenceContext);
    this.#ensureGenesis();
    this.#tip = this.#readTip();
  }

  tip(): Tip {
    return this.#tip;
  }

  validators(): ValidatorSet {
    return this.#application.validators();
  }

  build(parts: {
    readonly transactions: readonly Uint8Array[];
    readonly lastCommit: Commit;
    readonly proposer: Uint8Array;
    readonly nowMs: bigint;
  }): BoundBlock {
    const { height, blockId, timeMs } = this.#tip;
    const header = {
      protocolVersion: PROTOCOL_VERSION,
      chainId: this.chainId,
      height: height + 1n,
      timeMs: parts.nowMs > timeMs ? parts.nowMs : timeMs + 1n,
      lastBlockId: blockId,
      stateRoot: this.#application.info().stateRoot,
      validatorsHash: validatorSetHash(this.validators()),
      nextValidatorsHash: validatorSetHash(this.#application.nextValidators()),
      proposer: parts.proposer,
    };
    const body = {
      lastCommit: height === 0n ? EMPTY_COMMIT : parts.lastCommit,
      evidence: this.evidence.pending(height + 1n),
      transactions: parts.transactions,
    };
    return bindBlock(header, body);
  }

  verify({ blockId, block }: BoundBlock): BlockResult {
    this.#checkLinks(block);
    this.#checkLastCommit(block);
    this.#checkEvidence(block);
    const result = this.#application.verifyBlock(blockId, block);
    if (!equalBytes(validatorSetHash(result.nextValidators), block.header.nextValidatorsHash)) {
      throw new BlockError({ code: "block/wrong-next-validators" });
    }
    return result;
  }

  transactionIds({ blockId, block }: BoundBlock): readonly Uint8Array[] {
    return this.#application.verifyBlock(blockId, block).transactions.map(({ id }) => id);
  }

  verifyCertificate({ block }: BoundBlock, commit: Commit): void {
    verifyCommit(this.chainId, this.validators(), block.header, commit);
  }

  commit(bound: BoundBlock, commit: Commit): CommittedBlock {
    const { block, blockId, bytes } = bound;
    if (!equalBytes(commit.blockId, blockId)) throw new CommitError({ code: "commit/wrong-block" });
    this.verify(bound);
    const validators = this.validators();
    const result = this.#application.applyBlock(blockId, block);
    const decided: CommittedBlock = {
      block,
      blockBytes: bytes,
      blockId,
      commit,
      validators,
      result,
    };
    const state = this.#application.commit();
    this.#store.write([
      ...placeBelow(state, APPLICATION_PREFIX),
      ...this.blocks.record(decided),
      ...evidenceMarks(block.header.height, block.evidence),
    ]);
    const { height, timeMs } = block.header;
    this.#tip = { height, header: block.header, blockId, commit, timeMs };
    this.evidence.update(block.evidence, height);
    return decided;
  }

  #checkLinks({ header }: Block): void {
    const { height, blockId, timeMs } = this.#tip;
    const proposerKnown = this.validators().some(({ address }) =>
      equalBytes(address, header.proposer),
    );
    const holds: readonly (readonly [string, boolean])[] = [
      ["protocolVersion", header.protocolVersion === PROTOCOL_VERSION],
      ["chainId", equalBytes(header.chainId, this.chainId)],
      ["height", header.height === height + 1n],
      ["lastBlockId", equalBytes(header.lastBlockId, blockId)],
      ["timeMs", header.timeMs > timeMs],
      ["stateRoot", equalBytes(header.stateRoot, this.#application.info().stateRoot)],
      ["validatorsHash", equalBytes(header.validatorsHash, validatorSetHash(this.validators()))],
      ["proposer", proposerKnown],
    ];
    for (const [field, held] of holds) {
      if (!held) throw new BlockError({ code: "block/bad-link", field });
    }
  }

  #checkLastCommit({ lastCommit }: Block): void {
    const { header, commit } = this.#tip;
    if (!header) return;
    const known = encode(commitCodec, commit);
    if (equalBytes(known, encode(commitCodec, lastCommit))) return;
    const validators = this.blocks.validators(header.validatorsHash);
    if (!validators) throw this.#mismatch("validator set of the tip is missing");
    verifyCommit(this.chainId, validators, header, lastCommit);
  }

  #checkEvidence({ header, evidence }: Block): void {
    const names = new Set<string>();
    for (const [index, one] of evidence.entries()) {
      const name = evidenceName(one).join();
      const reason = names.has(name)
        ? "repeated"
        : evidenceFault(this.#evidenceContext, one, header.height);
      if (reason) throw new BlockError({ code: "block/bad-evidence", index, reason });
      names.add(name);
    }
  }

  #validatorsAt(height: bigint): ValidatorSet | undefined {
    if (height === this.#tip.height + 1n) return this.validators();
    const header = this.blocks.header(height);
    if (!header) return undefined;
    const validators = this.blocks.validators(header.validatorsHash);
    if (!validators) throw this.#mismatch(`validator set of ${height} is missing`);
    return validators;
  }

  #ensureGenesis(): void {
    const known = this.#store.get(GENESIS_KEY);
    if (known && !equalBytes(known, this.genesisHash)) {
      throw new NodeError({
        code: "node/wrong-genesis",
        expected: Buffer.from(known).toString("hex"),
        got: Buffer.from(this.genesisHash).toString("hex"),
      });
    }
    if (known) return;
    this.#store.write([
      ...placeBelow(this.#initialState(), APPLICATION_PREFIX),
      { key: GENESIS_KEY, value: this.genesisHash },
    ]);
  }

  #initialState(): WriteBatch {
    const { genesisFile: file, genesisBytes } = this.#options;
    try {
      return this.#application.initGenesis(genesisBytes).batch;
    } catch (cause) {
      if (cause instanceof LocalFault) throw cause;
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new NodeError({ code: "node/bad-genesis", file, detail }, { cause });
    }
  }

  #readTip(): Tip {
    const { height } = this.#application.info();
    if (height === 0n) {
      return {
        height,
        header: undefined,
        blockId: ZERO_32,
        commit: EMPTY_COMMIT,
        timeMs: this.#options.genesisTimeMs,
      };
    }
    const header = this.blocks.header(height);
    const commit = this.blocks.commit(height);
    if (!header || !commit) throw this.#mismatch("state without its block");
    return { height, header, blockId: blockIdOf(header), commit, timeMs: header.timeMs };
  }

  #mismatch(detail: string): LocalFault {
    const { height } = this.#application.info();
    return new LocalFault(new NodeError({ code: "node/state-mismatch", height, detail }));
  }
}

/** So that no later block carries the same offence again. */
export function evidenceMarks(height: bigint, evidence: readonly DuplicateVote[]): WriteBatch {
  return evidence.map((one) => ({
    key: evidenceKey(evidenceName(one)),
    value: encode(u64, height),
  }));
}
