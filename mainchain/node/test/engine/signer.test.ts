import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addressOf,
  digest,
  type Proposal,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  sm2,
  type Vote,
  verifyProposal,
  verifyVote,
} from "@ropenet/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCheckpointKey } from "../../src/engine/checkpoint-key.ts";
import { openSigner, type Signer } from "../../src/engine/signer.ts";

const secretKey = sm2.randomSecretKey();
const publicKey = sm2.getPublicKey(secretKey);
const chainId = digest(SUITE_SM, "test");
const block = (name: number) => new Uint8Array(32).fill(name);
const vote = (height: bigint, round: number, type: 1 | 2, name: number): Vote => ({
  type,
  height,
  round,
  blockId: block(name),
  validator: addressOf(publicKey),
});
const proposal = (height: bigint, round: number, name: number): Proposal => ({
  height,
  round,
  polRound: -1,
  blockId: block(name),
  proposer: addressOf(publicKey),
});

let directory: string;
let signer: Signer;
const open = (mustExist = false) =>
  openSigner({
    file: join(directory, "signer"),
    secretKey,
    address: addressOf(publicKey),
    chainId,
    mustExist,
  });
function restart(): void {
  signer.close();
  signer = open(true);
}
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rope-signer-"));
  signer = open();
});
afterEach(() => {
  signer.close();
  rmSync(directory, { recursive: true });
});

const code = (name: string) => expect.objectContaining({ code: name });

describe("the vote signer", () => {
  it("signs what verifies", () => {
    expect(verifyProposal(chainId, signer.signProposal(proposal(1n, 0, 1)), publicKey)).toBe(true);
    expect(verifyVote(chainId, signer.signVote(vote(1n, 0, 1, 1)), publicKey)).toBe(true);
    expect(verifyVote(chainId, signer.signVote(vote(1n, 0, 2, 1)), publicKey)).toBe(true);
  });

  it("gives the same signature for the same bytes, also across a restart", () => {
    const proposed = signer.signProposal(proposal(1n, 0, 1));
    const prevoted = signer.signVote(vote(1n, 0, 1, 1));
    const precommitted = signer.signVote(vote(1n, 0, 2, 1));
    for (let turn = 0; turn < 2; turn += 1) {
      expect(signer.signProposal(proposal(1n, 0, 1))).toEqual(proposed);
      expect(signer.signVote(vote(1n, 0, 1, 1))).toEqual(prevoted);
      expect(signer.signVote(vote(1n, 0, 2, 1))).toEqual(precommitted);
      restart();
    }
  });

  it("never signs two values for one height, round and step, also across a restart", () => {
    signer.signProposal(proposal(5n, 1, 1));
    signer.signVote(vote(5n, 1, 1, 1));
    for (let turn = 0; turn < 2; turn += 1) {
      expect(() => signer.signProposal(proposal(5n, 1, 2))).toThrow(code("signer/conflict"));
      expect(() => signer.signVote(vote(5n, 1, 1, 2))).toThrow(code("signer/conflict"));
      restart();
    }
  });

  it("never signs backwards, also across a restart", () => {
    signer.signVote(vote(5n, 1, 2, 1));
    for (let turn = 0; turn < 2; turn += 1) {
      expect(() => signer.signVote(vote(5n, 1, 1, 1))).toThrow(code("signer/backwards"));
      expect(() => signer.signProposal(proposal(5n, 1, 1))).toThrow(code("signer/backwards"));
      expect(() => signer.signVote(vote(5n, 0, 2, 1))).toThrow(code("signer/backwards"));
      expect(() => signer.signVote(vote(4n, 9, 2, 1))).toThrow(code("signer/backwards"));
      restart();
    }
    signer.signVote(vote(5n, 2, 1, 2));
  });

  it("remembers the votes of its newest round, also across a restart", () => {
    expect(signer.said()).toEqual([]);
    signer.signVote(vote(5n, 0, 2, 7));
    const prevote = signer.signVote(vote(5n, 1, 1, 1));
    expect(signer.said()).toEqual([prevote]);
    const precommit = signer.signVote(vote(5n, 1, 2, 0));
    restart();
    expect(signer.said()).toEqual([prevote, precommit]);
    signer.signProposal(proposal(5n, 2, 1));
    expect(signer.said()).toEqual([]);
  });

  it("survives a torn write of the newest slot with the record before it", () => {
    signer.signVote(vote(1n, 0, 1, 1));
    signer.signVote(vote(2n, 0, 1, 1));
    signer.close();
    const file = join(directory, "signer");
    const bytes = readFileSync(file);
    const newest = bytes.readBigUInt64BE(0) > bytes.readBigUInt64BE(1_024) ? 0 : 1_024;
    bytes.fill(0xff, newest + 40, newest + 90);
    writeFileSync(file, bytes);
    signer = open(true);
    expect(() => signer.signVote(vote(1n, 0, 1, 2))).toThrow(code("signer/conflict"));
  });

  it("starts after a write that was torn at any byte, and never signs twice for it", () => {
    signer.signVote(vote(1n, 0, 1, 1));
    signer.signVote(vote(1n, 0, 2, 1));
    signer.close();
    const file = join(directory, "signer");
    const before = readFileSync(file);
    signer = open(true);
    signer.signVote(vote(2n, 0, 1, 1));
    signer.close();
    const after = readFileSync(file);
    const changed = [...after.keys()].filter((at) => after[at] !== before[at]);
    for (const cut of changed) {
      writeFileSync(file, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]));
      signer = open(true);
      // Its signature had not left: nothing else is remembered of it, and of what had left, everything.
      expect(() => signer.signVote(vote(1n, 0, 2, 2))).toThrow("signer/");
      signer.close();
    }
    expect(changed.length).toBeGreaterThan(64);
    signer = open(true);
  });

  it("refuses to start when its file is shorter than it was made", () => {
    signer.signVote(vote(1n, 0, 1, 1));
    signer.close();
    const file = join(directory, "signer");
    const bytes = readFileSync(file);
    for (const length of [0, 1, 1_023, 1_024, 1_500, 2_047]) {
      writeFileSync(file, bytes.subarray(0, length));
      expect(() => open(true)).toThrow(code("signer/state-corrupt"));
    }
    writeFileSync(file, bytes);
    signer = open(true);
  });

  it("knows what it has signed, and says when somebody else knows more", () => {
    const prevote = signer.signVote(vote(5n, 1, 1, 1));
    const file = join(directory, "signer");
    const behind = readFileSync(file);
    const precommit = signer.signVote(vote(5n, 1, 2, 1));
    const proposed = signer.signProposal(proposal(5n, 2, 1));
    for (const signed of [prevote, precommit, proposed]) signer.assertKnown(signed);
    signer.close();
    writeFileSync(file, behind);
    signer = open(true);
    signer.assertKnown(prevote);
    for (const signed of [precommit, proposed]) {
      expect(() => signer.assertKnown(signed)).toThrow(code("signer/state-behind"));
    }
  });

  it("refuses to start when its record vanished or cannot be read", () => {
    signer.signVote(vote(1n, 0, 1, 1));
    signer.close();
    writeFileSync(join(directory, "signer"), new Uint8Array(2_048).fill(1));
    expect(() => open(true)).toThrow(code("signer/state-corrupt"));
    rmSync(join(directory, "signer"));
    expect(() => open(true)).toThrow(code("signer/state-missing"));
    signer = open();
  });
});

describe("the checkpoint key", () => {
  const keys = { suite1: secp256k1.randomSecretKey(), suite2: sm2.randomSecretKey() };
  const openKey = () =>
    openCheckpointKey({ file: join(directory, "checkpoint"), keys, mustExist: false });

  it("keeps one high-water mark per suite across a restart", () => {
    let key = openKey();
    const signature = key.sign(SUITE_KECCAK, 7n, block(1));
    expect(secp256k1.recoverAddress(block(1), signature)).toEqual(
      secp256k1.getAddress(keys.suite1),
    );
    key.sign(SUITE_SM, 3n, block(2));
    key.close();
    key = openKey();
    expect(key.sign(SUITE_KECCAK, 7n, block(1))).toEqual(signature);
    expect(() => key.sign(SUITE_KECCAK, 7n, block(3))).toThrow(code("signer/checkpoint-conflict"));
    expect(() => key.sign(SUITE_KECCAK, 6n, block(1))).toThrow(code("signer/checkpoint-backwards"));
    key.sign(SUITE_SM, 4n, block(4));
    key.close();
  });

  it("signs one successor per epoch; its marks are not those of checkpoints", () => {
    const key = openKey();
    key.sign(SUITE_KECCAK, 900n, block(1));
    const signature = key.signHandover(SUITE_KECCAK, 4n, block(1));
    key.close();
    const again = openKey();
    expect(again.signHandover(SUITE_KECCAK, 4n, block(1))).toEqual(signature);
    const conflict = () => again.signHandover(SUITE_KECCAK, 4n, block(2));
    expect(conflict).toThrow(code("signer/checkpoint-conflict"));
    const backwards = () => again.signHandover(SUITE_KECCAK, 3n, block(1));
    expect(backwards).toThrow(code("signer/checkpoint-backwards"));
    again.signHandover(SUITE_SM, 3n, block(2));
    again.signHandover(SUITE_KECCAK, 5n, block(2));
    again.close();
  });
});
