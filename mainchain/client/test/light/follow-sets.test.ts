import {
  addressOf,
  blockIdOf,
  bytesToHex,
  type Commit,
  commitCodec,
  digest,
  type EpochRecord,
  encode,
  epochRecordCodec,
  type Header,
  headerCodec,
  SUITE_SM,
  sm2,
  sm3,
  sortValidators,
  stakingProgressRecordCodec,
  stateKey,
  utf8ToBytes,
  type ValidatorSet,
  VOTE_TYPE,
  validatorSetCodec,
  validatorSetHash,
  voteSignBytes,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createLightClient } from "../../src/light/light-client.ts";
import type { RpcClient } from "../../src/rpc/rpc-client.ts";

const chainId = digest(SUITE_SM, "chain-id", utf8ToBytes("light"));
const secrets = new Map<string, Uint8Array>();

function setOf(label: string): ValidatorSet {
  return sortValidators(
    [0, 1, 2, 3].map((index) => {
      const secretKey = sm3(utf8ToBytes(`${label} ${index}`));
      const publicKey = sm2.getPublicKey(secretKey);
      const address = addressOf(publicKey);
      secrets.set(bytesToHex(address), secretKey);
      return { address, publicKey, power: 10n, entity: sm3(publicKey) };
    }),
  );
}

const SETS = [setOf("a"), setOf("b"), setOf("c")] as const;
/** Two heights per epoch, and one a second. */
const epochAt = (height: number): number => Math.min(Math.floor((height - 1) / 2), 2);
const setAt = (height: number): ValidatorSet => SETS[epochAt(height)] as ValidatorSet;

interface Signed {
  readonly header: Header;
  readonly commit: Commit;
}

function sign(header: Header, set: ValidatorSet): Signed {
  const blockId = blockIdOf(header);
  const vote = { type: VOTE_TYPE.precommit, height: header.height, round: 0, blockId };
  const signatures = set.map(({ address }) =>
    sm2.sign(voteSignBytes(chainId, vote), secrets.get(bytesToHex(address)) ?? ZERO_32),
  );
  const bitmap = Uint8Array.of(0b1111);
  return { header, commit: { height: header.height, round: 0, blockId, bitmap, signatures } };
}

function chain(changes: (height: number) => Partial<Header> = () => ({})): readonly Signed[] {
  const blocks: Signed[] = [];
  for (let height = 1; height <= 6; height += 1) {
    const last = blocks.at(-1)?.header;
    const header: Header = {
      protocolVersion: 1,
      chainId,
      height: BigInt(height),
      timeMs: BigInt(height) * 1_000n,
      lastBlockId: last ? blockIdOf(last) : ZERO_32,
      lastCommitHash: ZERO_32,
      transactionsRoot: ZERO_32,
      stateRoot: ZERO_32,
      validatorsHash: validatorSetHash(setAt(height)),
      nextValidatorsHash: validatorSetHash(setAt(height + 1)),
      evidenceHash: ZERO_32,
      proposer: new Uint8Array(20),
      ...changes(height),
    };
    blocks.push(sign(header, setAt(height)));
  }
  return blocks;
}

function epochRecord(set: ValidatorSet, epoch: number): EpochRecord {
  const members = set.map(({ address, publicKey, power, entity }) => ({
    ...{ validator: address, publicKey, power, entity, bonded: power },
    ...{ ethereumAddress: new Uint8Array(20), sm2PublicKey: publicKey },
  }));
  const firstHeight = BigInt(2 * epoch + 1);
  return {
    ...{ epoch: BigInt(epoch), computedHeight: 0n, firstHeight, firstTimeMs: 0n, cut: 0n },
    members,
  };
}

/** What a node says that has turned. */
interface Lies {
  /** in place of the blocks of their heights */
  blocks?: readonly Signed[];
  /** of the epochs from 0 on */
  sets?: readonly ValidatorSet[];
}

function epochAnswer(key: string, sets: readonly ValidatorSet[]): Uint8Array | undefined {
  if (key === bytesToHex(stateKey.stakingProgress())) {
    return encode(stakingProgressRecordCodec, {
      ...{ epoch: BigInt(sets.length - 1), announced: false, ready: false, nextCut: 3n },
      ...{ waiting: false, validators: 12 },
    });
  }
  const epoch = sets.findIndex((_, index) => key === bytesToHex(stateKey.epoch(BigInt(index))));
  const set = sets[epoch];
  return set && encode(epochRecordCodec, epochRecord(set, epoch));
}

/** A node that says what it is given. */
function rpcOf(blocks: readonly Signed[], lies: Lies = {}): RpcClient {
  const call = async (method: string, params: { height?: string; key?: string }) => {
    if (method === "state") {
      const value = epochAnswer(params.key ?? "", lies.sets ?? SETS);
      return { value: value ? bytesToHex(value) : null };
    }
    const height = params.height === undefined ? blocks.length : Number(params.height);
    const lie = lies.blocks?.find(({ header }) => Number(header.height) === height);
    const { header, commit } = lie ?? (blocks[height - 1] as Signed);
    const validators = [...SETS, ...(lies.sets ?? [])].find(
      (set) => bytesToHex(validatorSetHash(set)) === bytesToHex(header.validatorsHash),
    );
    return {
      header: bytesToHex(encode(headerCodec, header)),
      commit: bytesToHex(encode(commitCodec, commit)),
      validators: bytesToHex(encode(validatorSetCodec, validators ?? setAt(height))),
    };
  };
  const one = { url: "", nodes: 1, turnFrom: () => undefined };
  return { ...one, call } as unknown as RpcClient;
}

const client = (
  blocks: readonly Signed[],
  anchor: ValidatorSet,
  trust: { readonly timeMs: bigint; readonly trustingPeriodMs: bigint; readonly nowMs: bigint } = {
    ...{ timeMs: 1_000n, trustingPeriodMs: 60_000n, nowMs: 2_000n },
  },
) => {
  const { nowMs, ...rest } = trust;
  return createLightClient(
    rpcOf(blocks),
    { chainId, validators: anchor, ...rest },
    {
      nowMs: () => nowMs,
    },
  );
};

describe("a light client", () => {
  it("follows from the first set to the newest, over the headers that name the next", async () => {
    const { header } = await client(chain(), SETS[0]).header();
    expect(header.height).toBe(6n);
  });

  it("follows back from the newest set, over the blocks that headers name", async () => {
    const light = client(chain(), SETS[2]);
    expect((await light.header(1n)).header.height).toBe(1n);
    expect((await light.header(4n)).header.height).toBe(4n);
  });

  it("does not believe a set that no header of a believed set names", async () => {
    const unnamed = chain((height) =>
      height === 4 ? { nextValidatorsHash: validatorSetHash(SETS[1]) } : {},
    );
    await expect(client(unnamed, SETS[0]).header()).rejects.toThrow("light-client/broken-link");
  });

  it("does not believe an older set that the first header of a believed one does not stand on", async () => {
    const torn = chain((height) =>
      height === 3 ? { lastBlockId: new Uint8Array(32).fill(9) } : {},
    );
    const light = client(torn, SETS[2]);
    await expect(light.header(2n)).rejects.toThrow("light-client/broken-link");
  });

  it("does not follow a set that it has not heard of for longer than the trusting period", async () => {
    const late = { timeMs: 1_000n, trustingPeriodMs: 60_000n, nowMs: 61_001n };
    await expect(client(chain(), SETS[0], late).header()).rejects.toThrow(
      "light-client/trust-expired",
    );
    const inTime = { ...late, nowMs: 61_000n };
    await expect(client(chain(), SETS[0], inTime).header()).resolves.toBeDefined();
  });

  it("does not believe strangers, whatever epochs the node invents", async () => {
    await expect(client(chain(), setOf("stranger")).header()).rejects.toThrow(
      "light-client/unknown-set",
    );
  });
});

describe("a set that has been followed by another", () => {
  const PERIOD_MS = 60_000n;

  /** Has followed from the first set to the third, and is told a lie at `atMs`. */
  async function told(block: Signed, atMs: bigint): Promise<unknown> {
    const lies: Lies = {};
    let nowMs = 7_000n;
    const trust = { chainId, validators: SETS[0], timeMs: 1_000n, trustingPeriodMs: PERIOD_MS };
    const light = createLightClient(rpcOf(chain(), lies), trust, { nowMs: () => nowMs });
    expect((await light.header()).header.height).toBe(6n);
    lies.blocks = [block];
    nowMs = atMs;
    return light.header(block.header.height).catch((error: unknown) => error);
  }

  /** What the first set signs long after it has left, about `height`. */
  function forgery(height: bigint, timeMs: bigint): Signed {
    const [set] = SETS;
    const honest = chain()[0] as Signed;
    const hash = validatorSetHash(set);
    return sign(
      { ...honest.header, height, timeMs, validatorsHash: hash, nextValidatorsHash: hash },
      set,
    );
  }

  it("is not believed about a height after its last, though its stake is still bound", async () => {
    expect(await told(forgery(7n, 7_500n), 8_000n)).toMatchObject({
      info: { code: "light-client/not-its-height", height: 7n, first: 1n, last: 2n },
    });
  });

  it("is not believed about a height of its own once its stake may have left", async () => {
    // The newest set was heard of at 6,000; the first was the set at 2,000 for the last time.
    expect(await told(forgery(2n, 2_001n), 2_000n + PERIOD_MS + 1n)).toMatchObject({
      info: { code: "light-client/trust-expired", sinceMs: 2_000n },
    });
    expect(await told(chain()[1] as Signed, 2_000n + PERIOD_MS)).toMatchObject({
      header: { height: 2n },
    });
  });

  it("does not become known again by what it signs about times to come", async () => {
    const later = 6_000n + PERIOD_MS + 1n;
    const promised = chain((height) => (height === 6 ? { timeMs: 10n ** 12n } : {}));
    let nowMs = 6_000n;
    const trust = { chainId, validators: SETS[2], timeMs: 5_000n, trustingPeriodMs: PERIOD_MS };
    const light = createLightClient(rpcOf(promised), trust, { nowMs: () => nowMs });
    await light.header(6n);
    nowMs = later;
    await expect(light.header(5n)).rejects.toMatchObject({ code: "light-client/trust-expired" });
  });

  it("names no other successor than the one it had", async () => {
    const accomplices = setOf("accomplice");
    const lies: Lies = {};
    const trust = { chainId, validators: SETS[0], timeMs: 1_000n, trustingPeriodMs: PERIOD_MS };
    const light = createLightClient(rpcOf(chain(), lies), trust, { nowMs: () => 7_000n });
    await light.header();
    const [, second, third] = chain().map(({ header }) => header) as [Header, Header, Header];
    const hash = validatorSetHash(accomplices);
    const naming = sign({ ...second, nextValidatorsHash: hash }, SETS[0]);
    const next = { validatorsHash: hash, nextValidatorsHash: hash };
    lies.sets = [SETS[0], accomplices];
    lies.blocks = [
      naming,
      sign({ ...third, ...next }, accomplices),
      sign({ ...third, ...next, height: 7n }, accomplices),
    ];
    await expect(light.header(7n)).rejects.toMatchObject({ code: "light-client/unknown-set" });
  });

  it("is followed by all who ask at once", async () => {
    const light = client(chain(), SETS[0]);
    const heights = [6n, 1n, 4n, 5n, 2n, 3n];
    const found = await Promise.all(heights.map((height) => light.header(height)));
    expect(found.map(({ header }) => header.height)).toEqual(heights);
  });
});
