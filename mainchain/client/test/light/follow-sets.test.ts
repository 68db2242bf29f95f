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

function epochRecord(epoch: number): EpochRecord {
  const members = (SETS[epoch] ?? []).map(({ address, publicKey, power, entity }) => ({
    ...{ validator: address, publicKey, power, entity, bonded: power },
    ...{ ethereumAddress: new Uint8Array(20), sm2PublicKey: publicKey },
  }));
  const firstHeight = BigInt(2 * epoch + 1);
  return {
    ...{ epoch: BigInt(epoch), computedHeight: 0n, firstHeight, firstTimeMs: 0n, cut: 0n },
    members,
  };
}

/** A node that says what it is given. */
function rpcOf(blocks: readonly Signed[]): RpcClient {
  const state = new Map([
    [
      bytesToHex(stateKey.stakingProgress()),
      encode(stakingProgressRecordCodec, {
        ...{ epoch: 2n, announced: false, ready: false, nextCut: 3n, waiting: false },
        validators: 12,
      }),
    ],
    ...[0, 1, 2].map((epoch): [string, Uint8Array] => [
      bytesToHex(stateKey.epoch(BigInt(epoch))),
      encode(epochRecordCodec, epochRecord(epoch)),
    ]),
  ]);
  const call = async (method: string, params: { height?: string; key?: string }) => {
    if (method === "state") {
      const value = state.get(params.key ?? "");
      return { value: value ? bytesToHex(value) : null };
    }
    const height = params.height === undefined ? blocks.length : Number(params.height);
    const { header, commit } = blocks[height - 1] as Signed;
    return {
      header: bytesToHex(encode(headerCodec, header)),
      commit: bytesToHex(encode(commitCodec, commit)),
      validators: bytesToHex(encode(validatorSetCodec, setAt(height))),
    };
  };
  return { url: "", endpoints: 1, passOn: () => undefined, call } as RpcClient;
}

interface Trust {
  readonly timeMs: bigint;
  readonly trustingPeriodMs: bigint;
  readonly nowMs: bigint;
}
const TRUST: Trust = { timeMs: 1_000n, trustingPeriodMs: 60_000n, nowMs: 2_000n };

/** By default it knows the anchor from the first height of its epoch. */
const client = (blocks: readonly Signed[], anchor: ValidatorSet, trust: Trust = TRUST) => {
  const { timeMs, trustingPeriodMs } = trust;
  const height = BigInt(2 * Math.max(SETS.indexOf(anchor as (typeof SETS)[0]), 0) + 1);
  return createLightClient(
    rpcOf(blocks),
    { chainId, validators: anchor, height, timeMs, trustingPeriodMs },
    { nowMs: () => trust.nowMs },
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
      "light-client/broken-link",
    );
  });

  it("lets a set speak for its own heights only: its keys may be anybody's afterwards", async () => {
    const blocks = [...chain()];
    const light = client(blocks, SETS[0]);
    const { header: newest } = await light.header();
    const validatorsHash = validatorSetHash(SETS[0]);
    const next = { ...newest, height: 7n, timeMs: 7_000n, lastBlockId: blockIdOf(newest) };
    blocks.push(sign({ ...next, validatorsHash, nextValidatorsHash: validatorsHash }, SETS[0]));
    await expect(light.header()).rejects.toThrow("light-client/unknown-set");
  });

  it("lets it speak of its own heights only while its stake cannot have left", async () => {
    const clock = { ...TRUST, nowMs: 60_000n };
    const light = client(chain(), SETS[0], clock);
    await light.header();
    expect((await light.header(2n)).header.height).toBe(2n);
    // It was last in office at 2,000; the newest is known to have been there at 6,000.
    clock.nowMs = 62_001n;
    await expect(light.header(1n)).rejects.toThrow("light-client/trust-expired");
    expect((await light.header()).header.height).toBe(6n);
  });

  it("goes back for the heights of older sets while those can be held to what they say", async () => {
    const clock = { ...TRUST, timeMs: 5_000n, nowMs: 62_001n };
    const light = client(chain(), SETS[2], clock);
    expect((await light.header(4n)).header.height).toBe(4n);
    await expect(light.header(1n)).rejects.toThrow("light-client/trust-expired");
  });

  it("does not take an older set's word above its last height, having gone back to it", async () => {
    const blocks = [...chain()];
    const light = client(blocks, SETS[2]);
    await light.header(1n);
    const [, , third] = blocks as [Signed, Signed, Signed];
    blocks[2] = sign({ ...third.header, validatorsHash: validatorSetHash(SETS[0]) }, SETS[0]);
    await expect(light.header(3n)).rejects.toThrow("light-client/unknown-set");
  });
});
