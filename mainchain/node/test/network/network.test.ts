import {
  accountRecordCodec,
  accountToB32,
  bytesToHex,
  type Checkpoint,
  checkpointCodec,
  checkpointDigest,
  commitCodec,
  decode,
  equalBytes,
  headerCodec,
  hexToBytes,
  quorum,
  type SignerSet,
  secp256k1,
  signerSetCodec,
  sm2,
  sm3,
  stateKey,
  validatorSetCodec,
  validatorSetHash,
  verifyCommit,
  verifyStateProof,
} from "@ropenet/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  call,
  eventually,
  Refused,
  startNetwork,
  type TestAccount,
  type TestNetwork,
  transaction,
  transfer,
} from "./devnet.ts";

/** Real processes, killed for real, in one story: each test goes on where the last one left the chain. */
const ALL = [0, 1, 2, 3];
let network: TestNetwork;
beforeAll(async () => {
  network = await startNetwork({
    validators: 4,
    stakes: [300_000n, 270_000n, 230_000n, 200_000n],
    parameters: { checkpointIntervalMs: 200n, checkpointHeartbeatMs: 3_000n },
  });
}, 30_000);
afterAll(() => network?.close());

const rich = (index: number): TestAccount => {
  const account = network.rich[index];
  if (!account) throw new Error(`no account ${index}`);
  return account;
};
const heightOf = async (index: number): Promise<bigint> =>
  BigInt((await call(network.url(index), "status", {})).height);

/** Undefined while the node does not know it. */
async function inclusion(index: number, id: string) {
  try {
    return await call(network.url(index), "tx", { id });
  } catch (error) {
    if (error instanceof Refused && error.code === "rpc/tx-unknown") return undefined;
    throw error;
  }
}

async function sendTransfer(at: number, account: number): Promise<string> {
  const from = rich(account);
  const url = network.url(at);
  const { pendingNonce } = await call(url, "account", { address: bytesToHex(from.address) });
  const tx = transfer(network, from, BigInt(pendingNonce), rich(account === 3 ? 2 : 3).address);
  return (await call(url, "broadcast_tx", { tx })).id;
}

const included = (at: number, id: string) =>
  eventually(`${id} at node ${at}`, () => inclusion(at, id));

/** Block id and state root of every height up to `height` at one node. */
async function history(index: number, height: bigint): Promise<readonly string[]> {
  const url = network.url(index);
  const found: string[] = [];
  for (let at = 1n; at <= height; at += 1n) {
    const { blockId } = await call(url, "block", { height: String(at) });
    const { header } = await call(url, "signed_header", { height: String(at) });
    found.push(`${blockId} ${bytesToHex(decode(headerCodec, hexToBytes(header)).stateRoot)}`);
  }
  return found;
}

/** Whether validator `index` signed the commit of `height`. */
async function signed(index: number, height: bigint): Promise<boolean> {
  const answer = await call(network.url(index), "signed_header", { height: String(height) });
  const set = decode(validatorSetCodec, hexToBytes(answer.validators));
  const { bitmap } = decode(commitCodec, hexToBytes(answer.commit));
  const address = network.devnet.nodes[index]?.address ?? new Uint8Array(0);
  const position = set.findIndex((one) => equalBytes(one.address, address));
  return (((bitmap[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
}

it("commits transfers sent to any node, with one state everywhere", async () => {
  const ids = await Promise.all(ALL.map((index) => sendTransfer(index, index)));
  for (const at of ALL) {
    const results = await Promise.all(ids.map((id) => included(at, id)));
    for (const result of results) {
      expect(result).toMatchObject({ code: null, events: [{ kind: "accounts.transferred" }] });
    }
  }
  const height = await heightOf(0);
  for (const at of ALL) {
    await eventually("the same height", async () => (await heightOf(at)) >= height || undefined);
  }
  const [first, ...others] = await Promise.all(ALL.map((at) => history(at, height)));
  for (const other of others) expect(other).toEqual(first);
});

it("proves an account to whoever trusts the genesis only", async () => {
  const { devnet } = network;
  const key = stateKey.account(rich(0).address);
  const { height } = await included(0, await sendTransfer(0, 0));
  const above = String(BigInt(height) + 1n);
  const answer = await eventually("the header above", async () => {
    try {
      return await call(network.url(1), "signed_header", { height: above });
    } catch (error) {
      if (error instanceof Refused && error.code === "rpc/height-unknown") return undefined;
      throw error;
    }
  });
  const header = decode(headerCodec, hexToBytes(answer.header));
  const validators = decode(validatorSetCodec, hexToBytes(answer.validators));
  expect(validatorSetHash(validators)).toEqual(header.validatorsHash);
  expect(validators.map(({ publicKey }) => bytesToHex(publicKey)).toSorted()).toEqual(
    devnet.nodes.map(({ publicKey }) => bytesToHex(publicKey)).toSorted(),
  );
  verifyCommit(devnet.chainId, validators, header, decode(commitCodec, hexToBytes(answer.commit)));

  const proven = await call(network.url(2), "state", { key: bytesToHex(key), height });
  const value = hexToBytes(proven.value ?? "");
  verifyStateProof(header.stateRoot, key, value, hexToBytes(proven.proof));
  expect(decode(accountRecordCodec, value).nonce).toBe(2n);
  const forged = value.with(-1, (value.at(-1) ?? 0) ^ 1);
  expect(() => verifyStateProof(header.stateRoot, key, forged, hexToBytes(proven.proof))).toThrow();
});

it.each([1, 2] as const)("completes checkpoints of suite %i on request", async (suite) => {
  const url = network.url(0);
  const before = await call(url, "checkpoint", { suite }).then(
    ({ height }) => BigInt(height),
    () => 0n,
  );
  const from = rich(1);
  const { pendingNonce } = await call(url, "account", { address: bytesToHex(from.address) });
  const tx = transaction(network, from, BigInt(pendingNonce), "checkpoints/request", {});
  await call(url, "broadcast_tx", { tx });
  const answer = await eventually("a newer checkpoint", async () => {
    const found = await call(url, "checkpoint", { suite });
    return BigInt(found.height) > before ? found : undefined;
  });
  const checkpoint = decode(checkpointCodec, hexToBytes(answer.checkpoint));
  const set = decode(signerSetCodec, hexToBytes(answer.signerSet));
  expect(powerBehind(checkpoint, set, answer.signatures)).toBeGreaterThanOrEqual(
    quorum(set.signers.reduce((sum, { power }) => sum + power, 0n)),
  );
  const above = String(checkpoint.height + 1n);
  const { header } = await call(url, "signed_header", { height: above });
  expect(checkpoint.stateRoot).toEqual(decode(headerCodec, hexToBytes(header)).stateRoot);
});

/** What a gateway computes: the power of the signers whose signatures hold, each counted once. */
function powerBehind(
  checkpoint: Checkpoint,
  { signers }: SignerSet,
  signatures: readonly { readonly index: number; readonly signature: string }[],
): bigint {
  const digest = checkpointDigest(checkpoint);
  const bridgeKeys = network.devnet.genesis.validators.map(
    ({ bridgePublicKey }) => bridgePublicKey,
  );
  let power = 0n;
  let last = -1;
  for (const { index, signature } of signatures) {
    const signer = signers[index];
    if (!signer || index <= last) throw new Error("signers must ascend");
    last = index;
    const bytes = hexToBytes(signature);
    if (checkpoint.suite === 1) {
      const address = secp256k1.recoverAddress(digest, bytes);
      expect(address && accountToB32(address)).toEqual(signer.key);
    } else {
      const key = bridgeKeys.find((one) => equalBytes(sm3(one), signer.key));
      expect(key && sm2.verify(bytes, digest, key)).toBe(true);
    }
    power += signer.power;
  }
  return power;
}

it("goes on without a killed validator, which catches up and signs again", async () => {
  await network.kill(3);
  const died = await heightOf(0);
  for (let round = 0; round < 4; round += 1) {
    await included(0, await sendTransfer(round % 3, 0));
  }
  const missed = await heightOf(0);
  expect(missed).toBeGreaterThan(died + 2n);
  await network.start(3);
  await eventually("block sync", async () => (await heightOf(3)) >= missed || undefined);
  expect(await history(3, missed)).toEqual(await history(0, missed));
  await eventually("a signature of the returned", async () => {
    const { height } = await included(3, await sendTransfer(3, 2));
    return (await signed(3, BigInt(height))) || undefined;
  });
});

it("loses nothing and forks nowhere when all are killed in mid-load", async () => {
  const acknowledged = new Map<string, string>();
  let killed = false;
  const load = ALL.map(async (at) => {
    while (!killed) {
      try {
        const id = await sendTransfer(at, at);
        await eventually("inclusion", async () => {
          const found = killed ? "too late" : (await inclusion(at, id))?.height;
          if (found !== undefined && !killed) acknowledged.set(id, found);
          return found;
        });
      } catch (error) {
        if (!killed) throw error;
      }
    }
  });
  await eventually("load", () => acknowledged.size >= 40 || undefined);
  killed = true;
  await network.kill(...ALL);
  await Promise.all(load);
  const before = new Map(acknowledged);

  await Promise.all(ALL.map((index) => network.start(index)));
  for (const at of ALL) {
    for (const [id, height] of before) expect(await included(at, id)).toMatchObject({ height });
  }
  const next = await included(2, await sendTransfer(1, 1));
  const height = BigInt(next.height);
  for (const at of ALL) {
    await eventually("the same height", async () => (await heightOf(at)) >= height || undefined);
  }
  const [first, ...others] = await Promise.all(ALL.map((at) => history(at, height)));
  for (const other of others) expect(other).toEqual(first);
}, 40_000);

it("stops at once when asked", async () => {
  const exits = await Promise.all(network.processes.map((child) => child.signal("SIGTERM")));
  for (const exit of exits) expect(exit).toEqual({ code: 0, stderr: "" });
});
