import { createMerkleProof, MerklePatriciaTrie } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { keccak256, secp256k1 } from "@ropenet/crypto";
import {
  accountToB32,
  attestationDigest,
  commitmentSlot,
  counterSlot,
  credentialRemainingSlot,
  credentialUsedSlot,
  lienSlot,
  lienValue,
  receiptSlot,
  useSlot,
  useValue,
} from "../../src/index.ts";
import { assetIdAt, identities, keccakKeys, named, rope, timeMs } from "./story.ts";

const grantee = named("grantee").slice(12);
const codeHash = keccak256(Uint8Array.of(0x60, 0x80, 0x60, 0x40));
const gatewayAddress = (identities[0]?.gatewayAddress ?? named("none")).slice(12);

function slotVectors(): object {
  const lanes = [
    { gateway: rope, lane: 0, sequence: 1n },
    { gateway: rope, lane: 0x8001, sequence: 2n ** 64n - 1n },
  ];
  const credentialId = named("credential");
  const title = { assetId: assetIdAt(1), tokenId: named("title deed") };
  const useId = named("use");
  return {
    commitments: lanes.map((at) => ({
      ...at,
      slot: commitmentSlot(at.gateway, at.lane, at.sequence),
    })),
    receipts: lanes.map((at) => ({ ...at, slot: receiptSlot(at.gateway, at.lane, at.sequence) })),
    counters: ([1, 2, 3, 4] as const).map((which) => {
      const assetId = assetIdAt(0);
      return { assetId, which, slot: counterSlot(assetId, which) };
    }),
    liens: [{ ...title, slot: lienSlot(title.assetId, title.tokenId) }],
    uses: [
      {
        credentialId,
        grantee,
        granteeWord: accountToB32(grantee),
        useId,
        slot: useSlot({ credentialId, grantee, useId }),
      },
    ],
    credentialUsed: [{ credentialId, slot: credentialUsedSlot(credentialId) }],
    credentialRemaining: [{ credentialId, slot: credentialRemainingSlot(credentialId) }],
  };
}

function valueVectors(): object {
  const lien = { lienHolder: named("bank"), amount: 2n ** 200n + 1n, agreement: named("pledge") };
  const use = {
    credentialId: named("credential"),
    n: 3n,
    grantee,
    purpose: 0x0001_0203,
    queryDigest: named("query"),
    atMs: timeMs,
  };
  return {
    liens: [{ ...lien, value: lienValue(lien) }],
    uses: [{ ...use, value: useValue(use) }],
  };
}

function attestationVector(): object {
  const attestation = {
    clientChainId: identities[0]?.strandGenesisHash ?? named("none"),
    height: 4_242n,
    headerHash: named("header"),
    stateRoot: named("state root"),
    timeMs,
  };
  const digest = attestationDigest(attestation);
  return {
    attestation,
    digest,
    threshold: 4,
    attestors: keccakKeys.map(({ verifier }) => verifier),
    signatures: keccakKeys.map(({ testSecretKey }, index) => ({
      index,
      signature: secp256k1.sign(digest, testSecretKey),
    })),
  };
}

type Entry = readonly [key: Uint8Array, value: Uint8Array];

async function trieOf(entries: readonly Entry[]): Promise<MerklePatriciaTrie> {
  const trie = new MerklePatriciaTrie({ useKeyHashing: true });
  for (const [key, value] of entries) await trie.put(key, value);
  return trie;
}

async function proofOf(trie: MerklePatriciaTrie, key: Uint8Array): Promise<readonly Uint8Array[]> {
  const nodes = await createMerkleProof(trie, key);
  return nodes.filter((node, index) => index === 0 || node.length >= 32);
}

/** A gateway's account with six slots among forty accounts: presence, absence, and a number with few bytes. */
async function stateProofVector(): Promise<object> {
  const held: readonly Entry[] = [
    [commitmentSlot(rope, 0, 1n), named("packet 1")],
    [commitmentSlot(rope, 0, 2n), named("packet 2")],
    [receiptSlot(rope, 0, 1n), named("receipt 1")],
    [counterSlot(assetIdAt(0), 1), Uint8Array.of(1, 0)],
    [counterSlot(assetIdAt(0), 4), Uint8Array.of(5)],
    [credentialUsedSlot(named("credential")), Uint8Array.of(0x80)],
  ];
  const storage = await trieOf(held.map(([slot, word]) => [slot, RLP.encode(word)]));
  const account = RLP.encode([1n, 0n, storage.root(), codeHash]);
  const neighbours = Array.from({ length: 40 }, (_, index): Entry => {
    const body = [BigInt(index), 10n ** BigInt(index), keccak256(RLP.encode("")), codeHash];
    return [named(`account ${index}`).slice(12), RLP.encode(body)];
  });
  const state = await trieOf([...neighbours, [gatewayAddress, account]]);
  const asked = [
    ...held.map(([slot, word]) => ({ slot, word })),
    { slot: commitmentSlot(rope, 0, 3n), word: new Uint8Array(0) },
  ];
  return {
    stateRoot: state.root(),
    address: gatewayAddress,
    codeHash,
    accountProof: await proofOf(state, gatewayAddress),
    storageRoot: storage.root(),
    slots: await Promise.all(
      asked.map(async ({ slot, word }) => {
        const value = new Uint8Array(32);
        value.set(word, 32 - word.length);
        return { slot, value, proof: await proofOf(storage, slot) };
      }),
    ),
  };
}

export async function evmVectors(): Promise<object> {
  return {
    slots: slotVectors(),
    values: valueVectors(),
    attestation: attestationVector(),
    stateProof: await stateProofVector(),
  };
}
