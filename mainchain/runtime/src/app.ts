import {
  type Application,
  type ApplicationInfo,
  accountRecordCodec,
  type Block,
  type BlockResult,
  bridgeKeysRecordCodec,
  bytesToHex,
  type CheckResult,
  CodedError,
  type DecodedTransaction,
  decode,
  equalBytes,
  type Genesis,
  genesisCodec,
  type Header,
  type KeyValueReader,
  type ParametersRecord,
  type ProvenValue,
  parametersRecordCodec,
  rootOfLeaves,
  stateKey,
  type TransactionEvent,
  type TransactionResult,
  transactionLeaves,
  type ValidatorSet,
  validatorSetCodec,
  validatorSetHash,
  type WriteBatch,
  ZERO_32,
} from "@ropenet/protocol";
import { AppError, InvariantViolation } from "./app-error.ts";
import { checkTransaction, type Terms } from "./check-transaction.ts";
import {
  collectHandlers,
  executeTransaction,
  type Gate,
  mostSpent,
} from "./execute-transaction.ts";
import { checkSignatures, KnownTransactions, ReadTransaction } from "./known-transactions.ts";
import { type Context, type Module, readRecord, type StateView, writeRecord } from "./module.ts";
import { type BlockState, createBlockState } from "./state/block-state.ts";
import { type CommittedValues, createCommittedValues } from "./state/committed-values.ts";
import {
  type Head,
  type PreparedCommit,
  prepareCommit,
  proveAt,
  readHead,
} from "./state/state-store.ts";
import { StateTrie } from "./state/state-trie.ts";
import { MAX_BLOCK_WORK, workOf } from "./work.ts";

export interface ApplicationOptions {
  readonly reader: KeyValueReader;
  readonly modules: readonly Module[];
  readonly gate: Gate;
  /** after every block, invariants of what it touched; a violation halts the node */
  readonly checkInvariants: boolean;
  readonly checkpointDue: (state: StateView, height: bigint) => boolean;
  /** the set for the height after the next one, as the committed state has it */
  readonly nextValidators: (state: StateView) => ValidatorSet;
}

interface Executed {
  readonly result: BlockResult;
  readonly prepared: PreparedCommit;
}

function readParameters(state: Pick<StateView, "get">): ParametersRecord {
  const parameters = readRecord(state, stateKey.parameters(), parametersRecordCodec);
  if (!parameters) throw new Error("no chain parameters in the state");
  return parameters;
}

function readValidators(state: StateView): ValidatorSet {
  return readRecord(state, stateKey.validators(), validatorSetCodec) ?? [];
}

/** Those who decide the next height, and those whose bridge keys gateways trust: mostly the same. */
function signersOf(state: Pick<StateView, "get">): ReadonlySet<string> {
  const set = readRecord(state, stateKey.validators(), validatorSetCodec) ?? [];
  const bridge = readRecord(state, stateKey.bridgeKeys(), bridgeKeysRecordCodec);
  const addresses = [
    ...set.map(({ address }) => address),
    ...(bridge?.validators ?? []).map(({ validator }) => validator),
  ];
  return new Set(addresses.map(bytesToHex));
}

/** A block with this transaction in it is refused; what is no refusal stays what it is. */
function badTransaction(index: number, cause: unknown): unknown {
  if (!(cause instanceof CodedError)) return cause;
  return new AppError({ code: "block/bad-transaction", index, reason: cause.code }, { cause });
}

/** Only what was read here is known to be what its bytes say. */
function readHere(transaction: DecodedTransaction): ReadTransaction {
  if (transaction instanceof ReadTransaction) return transaction;
  throw new TypeError("a transaction that readTx did not read");
}

class RopeApplication implements Application {
  readonly #options: ApplicationOptions;
  readonly #handlers: ReturnType<typeof collectHandlers>;
  readonly #values: CommittedValues;
  readonly #trie: StateTrie;
  readonly #known = new KnownTransactions();
  readonly #executed = new Map<string, Executed>();
  #applied: Executed | undefined;
  /** the last committed height, once known */
  #committed: Head | undefined;
  #waiting: { readonly head: Head; readonly terms: Terms } | undefined;

  constructor(options: ApplicationOptions) {
    this.#options = options;
    this.#values = createCommittedValues(options.reader);
    this.#trie = new StateTrie(options.reader);
    this.#handlers = collectHandlers(options.modules, options.gate);
  }

  get #reader(): KeyValueReader {
    return this.#options.reader;
  }

  /** The committed state, for a block or a question on top of it. */
  #state(): BlockState {
    return createBlockState(this.#reader, this.#values);
  }

  #prepare(previous: Head | undefined, state: BlockState, at: Pick<Head, "height" | "timeMs">) {
    const parts = { reader: this.#reader, trie: this.#trie, values: this.#values };
    return prepareCommit(parts, previous, state, at);
  }

  #head(): Head {
    this.#committed ??= readHead(this.#reader);
    if (!this.#committed) throw new Error("no genesis yet");
    return this.#committed;
  }

  #terms(state: Pick<StateView, "get">): Terms {
    let signers: ReadonlySet<string> | undefined;
    return {
      parameters: readParameters(state),
      height: this.#head().height + 1n,
      isValidator(address): boolean {
        signers ??= signersOf(state);
        return signers.has(bytesToHex(address));
      },
    };
  }

  /** For what waits: the same until the next commit. */
  #waitingTerms(): Terms {
    const head = this.#head();
    if (this.#waiting?.head !== head) {
      this.#waiting = { head, terms: this.#terms(this.#values) };
    }
    return this.#waiting.terms;
  }

  info(): ApplicationInfo {
    const head = this.#committed ?? readHead(this.#reader);
    return head
      ? { height: head.height, stateRoot: head.stateRoot }
      : { height: -1n, stateRoot: ZERO_32 };
  }

  initGenesis(bytes: Uint8Array): {
    stateRoot: Uint8Array;
    validators: ValidatorSet;
    batch: WriteBatch;
  } {
    if (readHead(this.#reader)) throw new AppError({ code: "app/genesis-exists" });
    const genesis: Genesis = decode(genesisCodec, bytes);
    const state = this.#state();
    writeRecord(state, stateKey.parameters(), parametersRecordCodec, genesis.parameters);
    const context: Context = {
      state,
      parameters: genesis.parameters,
      height: 0n,
      timeMs: genesis.timeMs,
      previousStateRoot: ZERO_32,
      emit: () => undefined,
    };
    for (const module of this.#options.modules) module.initGenesis?.(context, genesis);
    const { head, batch, changes } = this.#prepare(undefined, state, {
      height: 0n,
      timeMs: genesis.timeMs,
    });
    this.#values.update(changes);
    return { stateRoot: head.stateRoot, validators: readValidators(state), batch };
  }

  validators(): ValidatorSet {
    return readValidators(this.#state());
  }

  nextValidators(): ValidatorSet {
    return this.#options.nextValidators(this.#state());
  }

  readTx(bytes: Uint8Array): DecodedTransaction {
    return this.#known.read(bytes);
  }

  foresee(transactions: readonly DecodedTransaction[]): void {
    checkSignatures(transactions.map(readHere));
  }

  checkTx(decoded: DecodedTransaction, pendingNonce?: bigint): CheckResult {
    const transaction = readHere(decoded);
    try {
      const { sender, body } = transaction;
      const account = readRecord(this.#values, stateKey.account(sender), accountRecordCodec) ?? {
        nonce: 0n,
        balance: 0n,
      };
      const nonce =
        pendingNonce !== undefined && pendingNonce > account.nonce ? pendingNonce : account.nonce;
      checkTransaction(transaction, this.#waitingTerms(), { ...account, nonce });
      return { ok: true, sender, nonce: body.nonce, feeLimit: body.feeLimit };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return { ok: false, code: error.code, message: error.message };
    }
  }

  buildBlock(
    candidates: readonly Uint8Array[],
    limits: { readonly maxBytes: number; readonly maxTransactions: number },
  ): readonly Uint8Array[] {
    const state = this.#state();
    const terms = this.#terms(state);
    const accounts = new Map<string, { nonce: bigint; balance: bigint }>();
    const chosen: Uint8Array[] = [];
    let size = 0;
    let work = 0n;
    for (const bytes of candidates) {
      if (chosen.length >= limits.maxTransactions) break;
      if (size + bytes.length > limits.maxBytes) continue;
      try {
        const transaction = this.#known.read(bytes);
        const id = bytesToHex(transaction.sender);
        const account = accounts.get(id) ??
          readRecord(state, stateKey.account(transaction.sender), accountRecordCodec) ?? {
            nonce: 0n,
            balance: 0n,
          };
        if (work + workOf(transaction) > MAX_BLOCK_WORK) continue;
        checkTransaction(transaction, terms, account);
        // What is taken here must be able to pay there, whatever runs before it.
        const left = account.balance - mostSpent(transaction);
        accounts.set(id, { nonce: account.nonce + 1n, balance: left > 0n ? left : 0n });
        chosen.push(bytes);
        size += bytes.length;
        work += workOf(transaction);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
      }
    }
    return chosen;
  }

  #checkHeader(
    header: Header,
    head: Head,
    state: StateView,
    parameters: ParametersRecord,
    leaves: readonly Uint8Array[],
  ): void {
    const set = readValidators(state);
    const next = this.#options.nextValidators(state);
    const expected: readonly (readonly [string, boolean])[] = [
      ["protocolVersion", header.protocolVersion === parameters.protocolVersion],
      ["chainId", equalBytes(header.chainId, parameters.chainId)],
      ["height", header.height === head.height + 1n],
      ["timeMs", header.timeMs > head.timeMs],
      ["stateRoot", equalBytes(header.stateRoot, head.stateRoot)],
      ["validatorsHash", equalBytes(header.validatorsHash, validatorSetHash(set))],
      ["nextValidatorsHash", equalBytes(header.nextValidatorsHash, validatorSetHash(next))],
      ["transactionsRoot", equalBytes(header.transactionsRoot, rootOfLeaves(leaves))],
    ];
    for (const [field, holds] of expected)
      if (!holds) throw new AppError({ code: "block/bad-header", field });
  }

  #runTransactions(
    block: Block,
    leaves: readonly Uint8Array[],
    state: BlockState,
    context: Omit<Context, "emit">,
  ): readonly TransactionResult[] {
    const results: TransactionResult[] = [];
    const terms = this.#terms(state);
    const read = this.#readBlock(block, leaves);
    checkSignatures(read);
    for (const [index, transaction] of read.entries()) {
      try {
        const account = readRecord(state, stateKey.account(transaction.sender), accountRecordCodec);
        checkTransaction(transaction, terms, account ?? { nonce: 0n, balance: 0n });
      } catch (cause) {
        throw badTransaction(index, cause);
      }
      results.push(executeTransaction(state, context, this.#handlers, transaction));
    }
    return results;
  }

  /** Reads them all, and counts their work before anything is done for one. */
  #readBlock({ transactions }: Block, leaves: readonly Uint8Array[]): readonly ReadTransaction[] {
    let work = 0n;
    return transactions.map((bytes, index) => {
      try {
        const transaction = this.#known.readLeaf(leaves[index] as Uint8Array, bytes);
        work += workOf(transaction);
        if (work > MAX_BLOCK_WORK) {
          throw new AppError({ code: "block/too-much-work", work, limit: MAX_BLOCK_WORK });
        }
        return transaction;
      } catch (cause) {
        throw badTransaction(index, cause);
      }
    });
  }

  #checkInvariants(context: Context): void {
    for (const module of this.#options.modules) {
      for (const invariant of module.invariants ?? []) {
        const sentences = invariant.check(context);
        if (sentences.length > 0) throw new InvariantViolation(invariant.name, sentences);
      }
    }
  }

  #execute(block: Block): Executed {
    const head = this.#head();
    const state = this.#state();
    const parameters = readParameters(state);
    const { header } = block;
    const leaves = transactionLeaves(block.transactions);
    this.#checkHeader(header, head, state, parameters, leaves);
    const events: TransactionEvent[] = [];
    const context: Context = {
      state,
      parameters,
      height: header.height,
      timeMs: header.timeMs,
      previousStateRoot: head.stateRoot,
      emit: (kind, attributes) => void events.push({ kind, attributes }),
    };
    const { modules } = this.#options;
    // The last to see a block end is the first to see the next one begin: nothing comes between.
    for (const module of modules.toReversed()) module.beginBlock?.(context, block);
    const transactions = this.#runTransactions(block, leaves, state, context);
    const fees = transactions.reduce((sum, { feePaid }) => sum + feePaid, 0n);
    for (const module of modules) module.endBlock?.(context, { block, fees });
    if (this.#options.checkInvariants) this.#checkInvariants(context);
    const prepared = this.#prepare(head, state, {
      height: header.height,
      timeMs: header.timeMs,
    });
    return {
      prepared,
      result: {
        stateRoot: prepared.head.stateRoot,
        nextValidators: readValidators(state),
        transactions,
        events,
        checkpointDue: this.#options.checkpointDue(state, header.height),
      },
    };
  }

  verifyBlock(blockId: Uint8Array, block: Block): BlockResult {
    const id = bytesToHex(blockId);
    const known = this.#executed.get(id);
    if (known) return known.result;
    const executed = this.#execute(block);
    this.#executed.set(id, executed);
    return executed.result;
  }

  applyBlock(blockId: Uint8Array, block: Block): BlockResult {
    this.verifyBlock(blockId, block);
    this.#applied = this.#executed.get(bytesToHex(blockId));
    if (!this.#applied) throw new AppError({ code: "app/not-applied" });
    return this.#applied.result;
  }

  commit(): WriteBatch {
    if (!this.#applied) throw new AppError({ code: "app/not-applied" });
    const { batch, tree, changes, head } = this.#applied.prepared;
    this.#committed = head;
    this.#trie.adopt(tree);
    this.#values.update(changes);
    // Whatever else was executed stood on the state that ends here.
    this.#executed.clear();
    this.#applied = undefined;
    return batch;
  }

  wantsBlock(nowMs: bigint, lastHeader: Header | undefined): boolean {
    const head = this.#head();
    // One more block carries the new root in its header, where light clients and checkpoints find it.
    if (head.height > 0n && !(lastHeader && equalBytes(lastHeader.stateRoot, head.stateRoot)))
      return true;
    const state = this.#state();
    const parameters = readParameters(state);
    return this.#options.modules.some((one) => one.wantsBlock?.(state, parameters, nowMs));
  }

  prove(key: Uint8Array, height?: bigint): ProvenValue {
    const at = height ?? this.#head().height;
    return { height: at, key, ...proveAt(this.#reader, key, at) };
  }
}

export function createApplication(options: ApplicationOptions): Application {
  return new RopeApplication(options);
}
