import {
  checkpointDigest,
  equalBytes,
  type OutboxEntryRecord,
  outboxEntryRecordCodec,
  outboxesRootFrom,
  outboxRecordCodec,
  quorum,
  SUITE_KECCAK,
  secp256k1,
  stateKey,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { member } from "../kit/genesis.ts";
import { plan, type RopeBench } from "../kit/rope-bench.ts";
import { signEverything } from "../kit/signing.ts";
import { StrandBench } from "../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../kit/world.ts";

function send({ a, b }: World) {
  const route = { assetId: cny.assetId, amount: 1n, finalGateway: b.gateway };
  return a.send({ ...route, finalRecipient: seed("recipient") });
}

function countOf(rope: RopeBench, gateway: Uint8Array): bigint {
  return rope.read(stateKey.outbox(gateway), outboxRecordCodec)?.count ?? 0n;
}

function entry(rope: RopeBench, gateway: Uint8Array, index: bigint): OutboxEntryRecord {
  return rope.must(stateKey.outboxEntry(gateway, index), outboxEntryRecordCodec);
}

/** Every leaf of every outbox as a gateway checks it: under a checkpoint that two thirds of the power signed. */
function expectProven(rope: RopeBench): number {
  const { queries } = rope.runtime;
  const { checkpoint, signerSet, signatures } = queries.checkpoint(SUITE_KECCAK);
  const digest = checkpointDigest(checkpoint);
  let power = 0n;
  for (const { index, signature } of signatures) {
    const signer = signerSet.signers[index];
    const address = secp256k1.recoverAddress(digest, signature);
    expect(address && signer && equalBytes(address, signer.key.slice(12))).toBe(true);
    power += signer?.power ?? 0n;
  }
  const total = signerSet.signers.reduce((sum, signer) => sum + signer.power, 0n);
  expect(power).toBeGreaterThanOrEqual(quorum(total));
  let leaves = 0;
  for (const { gateway } of rope.strands) {
    for (let index = 0n; index < countOf(rope, gateway); index += 1n) {
      const proof = queries.outboxProof(gateway, index, checkpoint.height);
      const { bodyHash, leafType } = entry(rope, gateway, index);
      expect(proof.leafType).toBe(leafType);
      const root = outboxesRootFrom(SUITE_KECCAK, gateway, bodyHash, proof);
      expect(root).toEqual(checkpoint.outboxesRoot);
      leaves += 1;
    }
  }
  return leaves;
}

describe("an outbox proof", () => {
  it("leads from every leaf to the signed checkpoint, while outboxes grow", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const before = rope.records("packets/outbox-entry/").length;
    for (let batch = 1; batch <= 3; batch += 1) {
      world.relay(a, ...Array.from({ length: batch }, () => send(world)));
      signEverything(rope);
      expect(expectProven(rope)).toBe(before + (batch * (batch + 1)) / 2);
    }
    world.answer(b);
    signEverything(rope);
    expect(expectProven(rope)).toBe(before + 12);
  });

  it("stands for its own leaf only", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    world.relay(a, send(world), send(world));
    signEverything(rope);
    const { queries } = rope.runtime;
    const { checkpoint } = queries.checkpoint(SUITE_KECCAK);
    const last = countOf(rope, b.gateway) - 1n;
    const proof = queries.outboxProof(b.gateway, last, checkpoint.height);
    const root = (change: Partial<typeof proof>, gateway = b.gateway, index = last) =>
      outboxesRootFrom(SUITE_KECCAK, gateway, entry(rope, b.gateway, index).bodyHash, {
        ...proof,
        ...change,
      });
    expect(root({})).toEqual(checkpoint.outboxesRoot);
    const forged = [
      root({ leafIndex: last - 1n }),
      root({ leafType: 2 }),
      root({ outboxCount: last + 2n }),
      root({ siblings: proof.siblings.toReversed() }),
      root({}, a.gateway),
      root({}, b.gateway, last - 1n),
    ];
    for (const wrong of forged) expect(wrong).not.toEqual(checkpoint.outboxesRoot);
  });

  it("holds under an older checkpoint for the leaves that were there, and for no other", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    world.relay(a, send(world));
    signEverything(rope);
    const { queries } = rope.runtime;
    const { checkpoint: older } = queries.checkpoint(SUITE_KECCAK);
    const count = countOf(rope, b.gateway);
    world.relay(a, send(world));
    // A strand that is registered later is not in the older checkpoint either.
    const late = new StrandBench({ name: "late" });
    rope.do(plan(member, "chains/register", late.registration));
    signEverything(rope);
    for (let index = 0n; index < count; index += 1n) {
      const proof = queries.outboxProof(b.gateway, index, older.height);
      const { bodyHash } = entry(rope, b.gateway, index);
      const root = outboxesRootFrom(SUITE_KECCAK, b.gateway, bodyHash, proof);
      expect(root).toEqual(older.outboxesRoot);
    }
    expect(() => queries.outboxProof(b.gateway, count, older.height)).toThrow("query/unknown-leaf");
    const { checkpoint } = queries.checkpoint(SUITE_KECCAK);
    const proof = queries.outboxProof(b.gateway, count, checkpoint.height);
    const { bodyHash } = entry(rope, b.gateway, count);
    const root = outboxesRootFrom(SUITE_KECCAK, b.gateway, bodyHash, proof);
    expect(root).toEqual(checkpoint.outboxesRoot);
  });

  it("of what does not exist is refused with its code", () => {
    const world = createWorld();
    const { rope, a } = world;
    const { queries } = rope.runtime;
    const proof = (gateway: Uint8Array, index: bigint, height: bigint) => () =>
      queries.outboxProof(gateway, index, height);
    const count = countOf(rope, a.gateway);
    expect(proof(seed("nowhere"), 0n, rope.height)).toThrow("query/unknown-gateway");
    expect(proof(a.gateway, count, rope.height)).toThrow("query/unknown-leaf");
    expect(proof(a.gateway, 0n, 0n)).toThrow("query/unknown-leaf");
    expect(proof(a.gateway, 0n, rope.height + 1n)).toThrow("state/height-unknown");
  });
});
