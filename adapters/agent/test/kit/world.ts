import type { Rope } from "@ropenet/client";
import {
  accountToB32,
  addressOf,
  bytesToHex,
  type ChainRecord,
  type ClientRecord,
  type CredentialPositionRecord,
  type CredentialRecord,
  chainRecordCodec,
  clientRecordCodec,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  digest,
  encode,
  provenHeaderRecordCodec,
  SUITE_KECCAK,
  secp256k1,
  sm2,
  sm3,
  stateKey,
  useSlot,
  useValue,
  utf8ToBytes,
} from "@ropenet/protocol";
import {
  type AnswerRequest,
  type AnswerRequestJson,
  queryDigest,
  requestDigest,
  type Use,
  useOf,
} from "../../src/index.ts";
import { rlp, singleEntryTrie } from "./trie.ts";

export const seed = (text: string): Uint8Array => sm3(utf8ToBytes(text));

export const NOW_MS = 1_800_000_000_000;
export const SUBJECT = "520101190001010002";
export const DATA_SET = { digest: seed("data"), purposes: [1, 7] };
export const DEPARTMENT_KEY: Uint8Array = seed("police");
export const GATEWAY: Uint8Array = seed("gateway");

const bank = seed("bank");
const BANK: Uint8Array = secp256k1.getAddress(bank);
const GRANTEE_SALT = seed("salt of the grantee");
const CODE_HASH = seed("code");
const ADDRESS = seed("address").slice(12);
const CREDENTIAL = seed("credential");
const HEIGHT = 9n;
const account = (name: string): Uint8Array => addressOf(sm2.getPublicKey(seed(name)));

export interface Case {
  readonly credential: Partial<CredentialRecord>;
  readonly chain: Partial<ChainRecord>;
  readonly client: Partial<ClientRecord>;
  /** null = nothing was ever delegated there */
  readonly position: Partial<CredentialPositionRecord> | null;
  /** what the chain wrote, and the asker says */
  readonly use: Partial<Pick<AnswerRequest, "useId" | "n" | "purpose" | "atMs" | "grantee">>;
  /** what the asker says otherwise than the chain */
  readonly request: Partial<AnswerRequest>;
  /** who signs */
  readonly signer: Uint8Array;
  /** whom he asks, and what of the use he signs otherwise than it is */
  readonly asked: Uint8Array;
  readonly signed: Partial<Use>;
  /** age of the newest header */
  readonly ageMs: number;
  /** the gateway runs other code */
  readonly codeHash: Uint8Array;
}

const GOOD: Case = {
  ...{ credential: {}, chain: {}, client: {}, position: {}, use: {}, request: {} },
  ...{ asked: account("police"), signed: {}, signer: bank, ageMs: 1_000, codeHash: CODE_HASH },
};

/** A rope on which `police`, `pensions` and `housing` gave the bank three units on one strand. */
export function world(changes: Partial<Case> = {}): { rope: Rope; request: AnswerRequest } {
  const it = { ...GOOD, ...changes };
  const use = {
    ...{ useId: seed("use"), n: 1n, purpose: 1, atMs: BigInt(NOW_MS - 5_000), grantee: BANK },
    ...it.use,
  };
  const salt = seed("salt of the query");
  const query = queryDigest(salt, SUBJECT);
  const word = useValue({ ...use, credentialId: CREDENTIAL, queryDigest: query });
  const storage = singleEntryTrie(useSlot({ ...use, credentialId: CREDENTIAL }), rlp(word));
  const gatewayAccount = rlp([...[Uint8Array.of(1), new Uint8Array(0), storage.root, it.codeHash]]);
  const state = singleEntryTrie(ADDRESS, gatewayAccount);
  const records = recordsOf(it, state.root);
  const request: AnswerRequest = {
    ...{ ...use, credentialId: CREDENTIAL, granteeSalt: GRANTEE_SALT, subject: SUBJECT, salt },
    proof: {
      ...{ gateway: GATEWAY, height: HEIGHT },
      ...{ accountProof: state.proof, storageProof: storage.proof },
    },
    signature: new Uint8Array(65),
    ...it.request,
  };
  const asked = requestDigest({ ...useOf(request), ...it.signed }, it.asked);
  return {
    rope: ropeOf(records, BigInt(NOW_MS - it.ageMs)),
    request: { ...request, signature: secp256k1.sign(asked, it.signer), ...it.request },
  };
}

function recordsOf(it: Case, stateRoot: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  const put = (key: Uint8Array, value: Uint8Array): void => {
    records.set(bytesToHex(key), value);
  };
  const credential: CredentialRecord = {
    ...{ credentialId: CREDENTIAL, homeGateway: seed("rope") },
    issuers: [account("police"), account("pensions"), account("housing")],
    ...{ confirmed: 0b111, ownerCommitment: seed("owner"), dataDigest: DATA_SET.digest },
    ...{ purpose: 1, classification: 1, granted: 3n, inFlight: 0n },
    ...{ expiryMs: BigInt(NOW_MS + 60_000), revokedAtMs: 0n, policyHash: seed("odrl") },
    ...{ title: "三项核验（虚构）", gateways: [GATEWAY] },
    ...it.credential,
  };
  const chain: ChainRecord = {
    ...{ gateway: GATEWAY, index: 0, name: "金融链", description: "", kind: 1, suite: 1 },
    ...{ genesisHash: seed("genesis"), gatewayAddress: accountToB32(ADDRESS), deployment: 0 },
    ...{ codeHash: CODE_HASH, registrant: account("registrant"), state: 2, trustClass: 3 },
    ...{ attestors: [], threshold: 3, trustingPeriodMs: 60_000n, registeredAtMs: 0n },
    ...it.chain,
  };
  const updatedAtMs = BigInt(NOW_MS - 5_000);
  put(stateKey.credential(CREDENTIAL), encode(credentialRecordCodec, credential));
  put(stateKey.chain(GATEWAY), encode(chainRecordCodec, chain));
  put(
    stateKey.client(GATEWAY),
    encode(clientRecordCodec, {
      ...{ latestHeight: HEIGHT, latestTimeMs: updatedAtMs, updatedAtMs, frozen: false },
      ...it.client,
    }),
  );
  put(
    stateKey.provenHeader(GATEWAY, HEIGHT),
    encode(provenHeaderRecordCodec, { headerHash: seed("header"), stateRoot, timeMs: updatedAtMs }),
  );
  if (it.position) {
    const granteeCommitment = digest(SUITE_KECCAK, "account", GRANTEE_SALT, accountToB32(BANK));
    put(
      stateKey.credentialPosition(CREDENTIAL, GATEWAY),
      encode(credentialPositionRecordCodec, {
        ...{ granteeCommitment, remaining: 2n, used: 1n, leaseUntilMs: BigInt(NOW_MS + 30_000) },
        ...it.position,
      }),
    );
  }
  return records;
}

/** Proofs of the rope itself are the light client's matter, and tested there. */
function ropeOf(records: ReadonlyMap<string, Uint8Array>, timeMs: bigint): Rope {
  const prove = async (key: Uint8Array, height = 77n) => ({
    ...{ key, height, timeMs },
    value: records.get(bytesToHex(key)),
  });
  return { light: { prove } } as unknown as Rope;
}

/** As it goes over the wire. */
export function toJson(request: AnswerRequest): AnswerRequestJson {
  return JSON.parse(
    JSON.stringify(request, (_, value: unknown) => {
      if (typeof value === "bigint") return String(value);
      return value instanceof Uint8Array ? bytesToHex(value) : value;
    }),
  );
}
