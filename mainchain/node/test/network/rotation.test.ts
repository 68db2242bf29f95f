import { join } from "node:path";
import { issueCertificate } from "@ropenet/crypto/pki";
import {
  bytesToHex,
  type Commit,
  commitCodec,
  decode,
  digest,
  equalBytes,
  hexToBytes,
  type MessageBodies,
  type MessageName,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  signDigest,
  sm2,
  stakingProgressRecordCodec,
  stateKey,
  type ValidatorSet,
  validatorSetCodec,
} from "@ropenet/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type NodeKeys, readKeys } from "../../src/index.ts";
import { call, eventually, startNetwork, type TestNetwork, transaction } from "./devnet.ts";

/** Four validators and one that is none yet, as processes of their own. */
const root = sm2.randomSecretKey();
const name = { country: "CN", organization: "准入机构（虚构）" };
const now = Math.floor(Date.now() / 1_000);
const validity = { notBefore: now - 3_600, notAfter: now + 86_400 };
const authority = issueCertificate(
  {
    ...{ subject: name, publicKey: sm2.getPublicKey(root), ...validity },
    ...{ keyUsage: ["keyCertSign"], authority: {} },
  },
  { secretKey: root, name },
);
const NEW = 4;
const STAKE = 200_000n;

let network: TestNetwork;
let keys: NodeKeys;

beforeAll(async () => {
  network = await startNetwork({
    validators: 4,
    candidates: 1,
    authorities: [authority],
    staking: { epochBlocks: 8n },
    parameters: { checkpointIntervalMs: 300n, checkpointHeartbeatMs: 500n },
  });
  keys = readKeys(join(network.devnet.directory, `node-${NEW}`, "keys.json"));
}, 60_000);
afterAll(() => network.close());

async function send<K extends MessageName>(
  from: { readonly secretKey: Uint8Array; readonly address: Uint8Array },
  kind: K,
  body: MessageBodies[K],
): Promise<void> {
  const url = network.url(0);
  // A validator's account is busy with bridge signatures: the next free nonce may be taken meanwhile.
  const id = await eventually(kind, async () => {
    const { pendingNonce } = await call(url, "account", { address: bytesToHex(from.address) });
    const tx = transaction(network, from, BigInt(pendingNonce), kind, body);
    return (await call(url, "broadcast_tx", { tx })).id;
  });
  const { code, message } = await eventually(kind, () => call(url, "tx", { id }));
  expect([code, message]).toEqual([null, ""]);
}

async function epochOf(url: string): Promise<bigint> {
  const { value } = await call(url, "state", { key: bytesToHex(stateKey.stakingProgress()) });
  return value === null ? 0n : decode(stakingProgressRecordCodec, hexToBytes(value)).epoch;
}

async function signedBy(address: Uint8Array): Promise<boolean | undefined> {
  const answer = await call(network.url(0), "signed_header", {});
  const validators: ValidatorSet = decode(validatorSetCodec, hexToBytes(answer.validators));
  const commit: Commit = decode(commitCodec, hexToBytes(answer.commit));
  const index = validators.findIndex((one) => equalBytes(one.address, address));
  return index < 0 ? undefined : (((commit.bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

function application(): MessageBodies["staking/create-validator"] {
  if (!keys.bridge) throw new Error("no bridge keys");
  const { publicKey, bridge } = keys;
  const proven = (suite: 1 | 2) => digest(suite, "bridge-key", network.devnet.chainId, publicKey);
  return {
    publicKey,
    certificate: issueCertificate(
      {
        ...{ subject: { country: "CN", organization: "新加入者（虚构）" }, publicKey, ...validity },
        keyUsage: ["digitalSignature"],
      },
      { secretKey: root, name },
    ),
    ethereumAddress: secp256k1.getAddress(bridge.suite1),
    ethereumProof: signDigest(SUITE_KECCAK, proven(SUITE_KECCAK), bridge.suite1),
    bridgePublicKey: sm2.getPublicKey(bridge.suite2),
    bridgeProof: signDigest(SUITE_SM, proven(SUITE_SM), bridge.suite2),
    selfStake: STAKE,
    commissionBasisPoints: 500,
    maxCommissionBasisPoints: 1_000,
    maxDailyChangeBasisPoints: 100,
  };
}

it("a fifth validator is let in, catches up, votes, and leaves again", async () => {
  const [rich] = network.rich;
  if (!rich) throw new Error("nobody is rich");
  // Nobody talks to a stranger: it knows nothing but its genesis.
  expect((await call(network.url(NEW), "status", {})).height).toBe("0");
  await send(rich, "accounts/transfer", { to: keys.address, amount: 10n ** 9n });
  await send(keys, "staking/create-validator", application());
  await eventually("the newcomer to catch up", async () => {
    const { height } = await call(network.url(NEW), "status", {});
    return BigInt(height) > 0n || undefined;
  });
  await eventually(
    "epoch 1",
    async () => (await epochOf(network.url(0))) >= 1n || undefined,
    60_000,
  );
  await eventually("its vote", async () => (await signedBy(keys.address)) || undefined, 30_000);
  // 200,000 of more than four million: its handover and checkpoint signatures are asked for as well.
  const { epoch } = decode(
    stakingProgressRecordCodec,
    hexToBytes(
      (await call(network.url(NEW), "state", { key: bytesToHex(stateKey.stakingProgress()) }))
        .value ?? "",
    ),
  );
  await send(keys, "staking/undelegate", { validator: keys.address, amount: STAKE });
  const next = epoch + 1n;
  await eventually(
    "it to leave",
    async () => (await epochOf(network.url(0))) >= next || undefined,
    60_000,
  );
  // The block that starts the epoch is the last of the set before it.
  await eventually(
    "a block without it",
    async () => (await signedBy(keys.address)) === undefined || undefined,
  );
  // Out of the set, and still following: its stake answers for what it did.
  const left = BigInt((await call(network.url(0), "status", {})).height);
  await eventually(
    "it to follow",
    async () => {
      const { height } = await call(network.url(NEW), "status", {});
      return BigInt(height) > left || undefined;
    },
    30_000,
  );
  const roots = await Promise.all(
    [0, 1, 2, 3, NEW].map(async (index) => {
      const key = bytesToHex(stateKey.stakingProgress());
      return (await call(network.url(index), "state", { key, height: String(left) })).stateRoot;
    }),
  );
  expect(new Set(roots).size).toBe(1);
}, 180_000);
