import {
  type Application,
  type ApplicationInfo,
  type Block,
  type BlockResult,
  b20,
  b32,
  bytesToHex,
  type CheckResult,
  type Codec,
  CodedError,
  concatBytes,
  decode,
  decodeTransaction,
  encode,
  equalBytes,
  type Header,
  type KeyValueReader,
  sm3,
  struct,
  u64,
  utf8ToBytes,
  type ValidatorSet,
  validatorSetCodec,
  type WriteBatch,
  ZERO_32,
} from "@ropenet/protocol";

interface Head {
  readonly height: bigint;
  readonly stateRoot: Uint8Array;
}

const headCodec: Codec<Head> = struct<Head>({ height: u64, stateRoot: b32 });
const HEAD = utf8ToBytes("head");
const VALIDATORS = utf8ToBytes("validators");
const nonceKey = (sender: Uint8Array): Uint8Array =>
  concatBytes(utf8ToBytes("n"), encode(b20, sender));

interface Executed {
  readonly result: BlockResult;
  readonly batch: WriteBatch;
}

export interface TallyApplication extends Application {
  /** the next one of `sender` */
  nonceOf(sender: Uint8Array): bigint;
}

/**
 * A deterministic application behind the node's own boundary that does nothing but count each sender's
 * transactions: a wrong nonce makes a block invalid, every transaction moves the root. Signatures are not looked
 * at. Its genesis is an encoded validator set.
 */
export function createTallyApplication(reader: KeyValueReader): TallyApplication {
  const executed = new Map<string, Executed>();
  let applied: Executed | undefined;

  // Read once: between two commits nothing below changes.
  let knownHead: Head | undefined;
  let knownValidators: ValidatorSet | undefined;
  const head = (): Head | undefined => {
    const bytes = knownHead ? undefined : reader.get(HEAD);
    if (bytes) knownHead = decode(headCodec, bytes);
    return knownHead;
  };
  const nonceOf = (sender: Uint8Array): bigint => {
    const bytes = reader.get(nonceKey(sender));
    return bytes ? decode(u64, bytes) : 0n;
  };
  const validators = (): ValidatorSet => {
    const bytes = knownValidators ? undefined : reader.get(VALIDATORS);
    if (bytes) knownValidators = decode(validatorSetCodec, bytes);
    return knownValidators ?? [];
  };

  function execute({ header, transactions }: Block): Executed {
    const before = head();
    if (!before || header.height !== before.height + 1n) refuse("height");
    const nonces = new Map<string, { readonly sender: Uint8Array; readonly next: bigint }>();
    let stateRoot = before?.stateRoot ?? ZERO_32;
    const ids = transactions.map((bytes) => {
      const { id, sender, body } = decodeTransaction(bytes);
      const name = bytesToHex(sender);
      const expected = nonces.get(name)?.next ?? nonceOf(sender);
      if (body.nonce !== expected) refuse("nonce");
      nonces.set(name, { sender, next: expected + 1n });
      stateRoot = sm3(concatBytes(stateRoot, id));
      return id;
    });
    return {
      batch: [
        { key: HEAD, value: encode(headCodec, { height: header.height, stateRoot }) },
        ...[...nonces.values()].map(({ sender, next }) => ({
          key: nonceKey(sender),
          value: encode(u64, next),
        })),
      ],
      result: {
        stateRoot,
        nextValidators: validators(),
        transactions: ids.map((id) => ({
          id,
          code: undefined,
          message: "",
          feePaid: 0n,
          events: [],
        })),
        events: [],
        checkpointDue: false,
      },
    };
  }

  function verifyBlock(blockId: Uint8Array, block: Block): BlockResult {
    const name = bytesToHex(blockId);
    const known = executed.get(name) ?? execute(block);
    executed.set(name, known);
    return known.result;
  }

  return {
    nonceOf,
    info: (): ApplicationInfo => head() ?? { height: -1n, stateRoot: ZERO_32 },
    initGenesis(genesis) {
      const set = decode(validatorSetCodec, genesis);
      const stateRoot = sm3(genesis);
      return {
        stateRoot,
        validators: set,
        batch: [
          { key: HEAD, value: encode(headCodec, { height: 0n, stateRoot }) },
          { key: VALIDATORS, value: genesis },
        ],
      };
    },
    validators,
    nextValidators: validators,
    readTx: decodeTransaction,
    foresee: () => undefined,
    checkTx({ sender, body }, pendingNonce): CheckResult {
      const committed = nonceOf(sender);
      const next =
        pendingNonce !== undefined && pendingNonce > committed ? pendingNonce : committed;
      if (body.nonce !== next) return { ok: false, code: "tx/wrong-nonce", message: "" };
      return { ok: true, sender, nonce: body.nonce, feeLimit: body.feeLimit };
    },
    buildBlock(candidates, { maxTransactions }) {
      const nonces = new Map<string, bigint>();
      return candidates
        .filter((bytes) => {
          const { sender, body } = decodeTransaction(bytes);
          const name = bytesToHex(sender);
          const next = nonces.get(name) ?? nonceOf(sender);
          if (body.nonce === next) nonces.set(name, next + 1n);
          return body.nonce === next;
        })
        .slice(0, maxTransactions);
    },
    verifyBlock,
    applyBlock(blockId, block): BlockResult {
      verifyBlock(blockId, block);
      applied = executed.get(bytesToHex(blockId));
      return applied?.result ?? refuse("not executed");
    },
    commit(): WriteBatch {
      const batch = applied?.batch ?? refuse("nothing applied");
      executed.clear();
      applied = undefined;
      knownHead = undefined;
      return batch;
    },
    wantsBlock(_nowMs: bigint, lastHeader: Header | undefined): boolean {
      const now = head();
      return (
        now !== undefined &&
        now.height > 0n &&
        !(lastHeader && equalBytes(lastHeader.stateRoot, now.stateRoot))
      );
    },
    prove: () => refuse("no proofs"),
  };
}

function refuse(why: string): never {
  throw new CodedError({ code: "tally/refused", why });
}
