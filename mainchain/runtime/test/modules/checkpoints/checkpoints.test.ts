import {
  type Checkpoint,
  checkpointCodec,
  checkpointDigest,
  type LatestCheckpointRecord,
  latestCheckpointRecordCodec,
  outboxesTree,
  outboxRecordCodec,
  SUITE_KECCAK,
  SUITE_SM,
  type Suite,
  stateKey,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../../kit/accounts.ts";
import { alice, CHAIN_ID, PARAMETERS, type TestValidator, validators } from "../../kit/genesis.ts";
import { placeHold, SUBJECT } from "../../kit/holds.ts";
import { expectRefused } from "../../kit/refuse.ts";
import { type Plan, plan, type RopeBench } from "../../kit/rope-bench.ts";
import { bridgeSignature, signCheckpoint } from "../../kit/signing.ts";
import { cny, createWorld, type World } from "../../kit/world.ts";

const { checkpointIntervalMs, checkpointHeartbeatMs } = PARAMETERS;
const [v0, v1, v2, v3] = validators as readonly [
  TestValidator,
  TestValidator,
  TestValidator,
  TestValidator,
];

function latest(rope: RopeBench, suite: Suite = SUITE_KECCAK): LatestCheckpointRecord {
  return rope.must(stateKey.latestCheckpoint(suite), latestCheckpointRecordCodec);
}

function checkpointAt(rope: RopeBench, height: bigint, suite: Suite = SUITE_KECCAK): Checkpoint {
  return rope.must(stateKey.checkpoint(suite, height), checkpointCodec);
}

/** The root over the outboxes as they are. */
function outboxesRoot(rope: RopeBench): Uint8Array {
  const summaries = rope.strands.map(({ gateway }) => {
    const { count, root } = rope.must(stateKey.outbox(gateway), outboxRecordCodec);
    return { gatewayUid: gateway, count, root };
  });
  return outboxesTree(SUITE_KECCAK, summaries).root;
}

/** A header and a packet of A: one leaf more in B's outbox. */
function growth(world: World): readonly [Plan, Plan] {
  const { a, b } = world;
  const route = { assetId: cny.assetId, amount: 1n, finalGateway: b.gateway };
  return world.receive(a, a.send({ ...route, finalRecipient: seed("recipient") }));
}

/** A world whose last checkpoint says all there is, and whose next one is not due. */
function quiet(): World {
  const world = createWorld();
  const { rope } = world;
  while (rope.do().result.checkpointDue);
  return world;
}

/** One checkpoint of both suites, formed and not signed. */
function formed(): { readonly rope: RopeBench; readonly height: bigint } {
  const { rope } = quiet();
  rope.at(latest(rope).dueTimeMs + checkpointHeartbeatMs);
  const { height } = rope;
  rope.do();
  return { rope, height };
}

const request = (): Plan => plan(alice, "checkpoints/request", {});

describe("a checkpoint is due", () => {
  it("in the block in which an outbox grows", () => {
    const world = quiet();
    const { rope } = world;
    expect(rope.do(...growth(world)).result.checkpointDue).toBe(true);
    for (const suite of [SUITE_KECCAK, SUITE_SM] as const) {
      const { dueHeight, dueTimeMs } = latest(rope, suite);
      expect({ dueHeight, dueTimeMs }).toEqual({ dueHeight: rope.height, dueTimeMs: rope.timeMs });
    }
  });

  it("not twice within its interval: what grew meanwhile waits for the next", () => {
    const world = quiet();
    const { rope } = world;
    rope.do(...growth(world));
    const { dueTimeMs } = latest(rope);
    const soon = dueTimeMs + checkpointIntervalMs - 2n;
    expect(rope.at(soon, ...growth(world)).result.checkpointDue).toBe(false);
    expect(rope.at(soon + 1n).result.checkpointDue).toBe(false);
    const { application } = rope.runtime;
    expect(application.wantsBlock(soon + 1n, rope.last)).toBe(false);
    expect(application.wantsBlock(soon + 2n, rope.last)).toBe(true);
    expect(rope.at(soon + 2n).result.checkpointDue).toBe(true);
    expect(rope.do().result.checkpointDue).toBe(false);
  });

  it("by its heartbeat, when nothing grows", () => {
    const { rope } = quiet();
    const end = latest(rope).dueTimeMs + checkpointHeartbeatMs;
    expect(rope.at(end - 1n).result.checkpointDue).toBe(false);
    expect(rope.at(end).result.checkpointDue).toBe(true);
  });

  it("on request, once", () => {
    const { rope } = quiet();
    rope.do();
    expect(rope.do().result.checkpointDue).toBe(false);
    const block = rope.do(request(), request());
    expect(block.result.checkpointDue).toBe(true);
    expect(block.transactions.every(({ feePaid }) => feePaid > 0n)).toBe(true);
    rope.at(rope.timeMs + checkpointIntervalMs);
    expect(latest(rope).dueHeight).toBe(block.header.height);
  });

  it("wants its block by the node's clock", () => {
    const { rope } = quiet();
    const { application } = rope.runtime;
    rope.do();
    expect(application.wantsBlock(rope.timeMs, rope.last)).toBe(false);
    const end = latest(rope).dueTimeMs + checkpointHeartbeatMs;
    expect(application.wantsBlock(end - 1n, rope.last)).toBe(false);
    expect(application.wantsBlock(end, rope.last)).toBe(true);
  });
});

describe("a checkpoint says", () => {
  it("what the state was after its own height, for each suite", () => {
    const world = quiet();
    const { rope } = world;
    rope.do(...growth(world));
    const { height, timeMs, stateRoot } = rope;
    const root = outboxesRoot(rope);
    // The block that writes the record grows the outbox once more; the record does not know of it.
    rope.do(...growth(world));
    const common = { version: 1, ropeChainId: CHAIN_ID, epoch: 0n, height, timeMs, stateRoot };
    expect(checkpointAt(rope, height)).toEqual({
      ...{ ...common, suite: SUITE_KECCAK, outboxesRoot: root },
    });
    expect(checkpointAt(rope, height, SUITE_SM)).toEqual({
      ...common,
      suite: SUITE_SM,
      outboxesRoot: outboxesTree(SUITE_SM, []).root,
    });
  });

  it("nothing of what is released at the beginning of the block that writes it", () => {
    const world = quiet();
    const { rope, b } = world;
    const subject = cny.assetId;
    placeHold(rope, { kind: SUBJECT.asset, subject, forMs: checkpointHeartbeatMs });
    rope.do(...growth(world));
    const { releaseAtMs } = world.newest();
    rope.at(latest(rope).dueTimeMs + checkpointHeartbeatMs);
    const { height } = rope;
    expect(latest(rope).dueHeight).toBe(height);
    const count = () => rope.must(stateKey.outbox(b.gateway), outboxRecordCodec).count;
    const before = count();
    const root = outboxesRoot(rope);
    rope.at(releaseAtMs);
    expect(count()).toBe(before + 1n);
    expect(checkpointAt(rope, height).outboxesRoot).toEqual(root);
    expect(outboxesRoot(rope)).not.toEqual(root);
  });

  it("the same to validators one block before it is on record", () => {
    const world = quiet();
    const { rope } = world;
    rope.do(...growth(world));
    const { height } = rope;
    const duties = rope.runtime.queries.checkpointsToSign(v0.consensus.address);
    expect(duties.map((duty) => [duty.suite, duty.height])).toEqual([
      [SUITE_KECCAK, height],
      [SUITE_SM, height],
    ]);
    rope.do();
    const digests = duties.map(({ suite }) => checkpointDigest(checkpointAt(rope, height, suite)));
    expect(duties.map(({ digest }) => digest)).toEqual(digests);
    expect(rope.runtime.queries.checkpointsToSign(alice.address)).toEqual([]);
  });
});

describe("signatures", () => {
  it("complete a checkpoint with more than two thirds of the power, free of fee", () => {
    const { rope, height } = formed();
    const checkpoint = checkpointAt(rope, height);
    // 300 + 270 of 1000, and 230 more.
    rope.do(signCheckpoint(v0, checkpoint), signCheckpoint(v1, checkpoint));
    expect(latest(rope).completeHeight).toBe(0n);
    const block = rope.do(signCheckpoint(v2, checkpoint));
    expect(block.transactions[0]?.feePaid).toBe(0n);
    expect(block.transactions[0]?.events.map(({ kind }) => kind)).toEqual(["checkpoints.complete"]);
    expect(latest(rope).completeHeight).toBe(height);
    expect(latest(rope, SUITE_SM).completeHeight).toBe(0n);
  });

  it("complete each suite by itself, in any order", () => {
    const { rope, height } = formed();
    const checkpoint = checkpointAt(rope, height, SUITE_SM);
    rope.do(...[v3, v2, v1].map((validator) => signCheckpoint(validator, checkpoint)));
    expect(latest(rope, SUITE_SM).completeHeight).toBe(height);
    expect(latest(rope).completeHeight).toBe(0n);
  });

  it("are listed in the order of the signers, under the set that gateways know", () => {
    const { rope, height } = formed();
    const checkpoint = checkpointAt(rope, height);
    rope.do(...[v3, v0, v2].map((validator) => signCheckpoint(validator, checkpoint)));
    const { queries } = rope.runtime;
    const answer = queries.checkpoint(SUITE_KECCAK);
    expect(answer.checkpoint).toEqual(checkpoint);
    const indexes = answer.signatures.map(({ index }) => index);
    expect(indexes).toEqual(indexes.toSorted((left, right) => left - right));
    const keys = [v0, v2, v3].map(({ ethereum }) => ethereum.address);
    const signers = answer.signatures.map(({ index }) => answer.signerSet.signers[index]);
    expect(signers.map((signer) => signer?.key.slice(12)).toSorted()).toEqual(keys.toSorted());
    expect(queries.checkpointsToSign(v0.consensus.address).map(({ suite }) => suite)).toEqual([
      SUITE_SM,
    ]);
    expect(() => queries.checkpoint(SUITE_SM)).toThrow("query/unknown-checkpoint");
    expect(queries.checkpoint(SUITE_SM, height).signatures).toEqual([]);
  });

  it("of an older checkpoint count, and complete nothing that is behind", () => {
    const { rope, height } = formed();
    const older = checkpointAt(rope, height);
    rope.at(rope.timeMs + checkpointHeartbeatMs);
    const newer = latest(rope).dueHeight;
    rope.do();
    const sign = (checkpoint: Checkpoint) =>
      rope.do(...[v0, v1, v2].map((validator) => signCheckpoint(validator, checkpoint)));
    sign(checkpointAt(rope, newer));
    sign(older);
    expect(latest(rope).completeHeight).toBe(newer);
    const { queries } = rope.runtime;
    expect(queries.checkpoint(SUITE_KECCAK, height).signatures.length).toBe(3);
  });
});

describe("a signature is refused", () => {
  const body = (rope: RopeBench, height: bigint, by: TestValidator, suite: Suite) => ({
    ...{ height, suite },
    signature: bridgeSignature(by, suite, checkpointDigest(checkpointAt(rope, height, suite))),
  });

  it("of a height without a checkpoint, or of a suite that nobody knows", () => {
    const { rope, height } = formed();
    const good = body(rope, height, v0, SUITE_KECCAK);
    for (const change of [{ height: height + 1n }, { height: 0n }, { suite: 3 }]) {
      const wrong = plan(v0.consensus, "checkpoints/sign", { ...good, ...change });
      expectRefused(rope, "checkpoint/unknown", wrong);
    }
  });

  it("of somebody who is no validator: no block may carry it", () => {
    const { rope, height } = formed();
    const stolen = plan(alice, "checkpoints/sign", body(rope, height, v0, SUITE_KECCAK));
    const [signed] = rope.sign([stolen]) as [Uint8Array];
    const { application } = rope.runtime;
    expect(application.checkTx(application.readTx(signed))).toMatchObject({
      ok: false,
      code: "tx/validators-only",
    });
  });

  it("a second time", () => {
    const { rope, height } = formed();
    rope.do(signCheckpoint(v0, checkpointAt(rope, height)));
    const again = signCheckpoint(v0, checkpointAt(rope, height));
    expectRefused(rope, "checkpoint/already-signed", again);
  });

  it("by another key, of another suite, of another height, of nothing", () => {
    const { rope, height } = formed();
    const good = body(rope, height, v0, SUITE_KECCAK);
    const other = { ...checkpointAt(rope, height), height: height + 1n };
    const signatures = [
      body(rope, height, v1, SUITE_KECCAK).signature,
      body(rope, height, v0, SUITE_SM).signature,
      bridgeSignature(v0, SUITE_KECCAK, checkpointDigest(other)),
      new Uint8Array(65),
      new Uint8Array(0),
    ];
    for (const signature of signatures) {
      const wrong = plan(v0.consensus, "checkpoints/sign", { ...good, signature });
      expectRefused(rope, "checkpoint/bad-signature", wrong);
    }
    const sm = { ...body(rope, height, v1, SUITE_SM) };
    expectRefused(rope, "checkpoint/bad-signature", plan(v0.consensus, "checkpoints/sign", sm));
  });
});

it("keeps the last 256 checkpoints and their signatures", () => {
  const { rope, height } = formed();
  rope.do(signCheckpoint(v0, checkpointAt(rope, height)));
  const signature = stateKey.checkpointSignature(SUITE_KECCAK, height, v0.consensus.address);
  const count = () => rope.records("checkpoints/checkpoint/\u0001").length;
  const before = BigInt(count());
  // Every heartbeat marks one more, and writes the one before it.
  const beats = (many: bigint) => {
    for (let left = many; left > 0n; left -= 1n) rope.at(rope.timeMs + checkpointHeartbeatMs);
  };
  beats(257n - before);
  expect(count()).toBe(256);
  expect(rope.value(signature)).toBeDefined();
  beats(before);
  expect(count()).toBe(256);
  expect(rope.value(stateKey.checkpoint(SUITE_KECCAK, height))).toBeUndefined();
  expect(rope.value(signature)).toBeUndefined();
});
