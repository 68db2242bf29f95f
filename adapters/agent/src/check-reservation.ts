import type { Rope } from "@ropenet/client";
import {
  accountToB32,
  b32ToAccount,
  type ChainRecord,
  type Codec,
  CodedError,
  type CredentialRecord,
  chainRecordCodec,
  clientRecordCodec,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  decode,
  digest,
  equalBytes,
  openAccount,
  provenHeaderRecordCodec,
  readStorage,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  stateKey,
  useSlot,
  useValue,
} from "@ropenet/protocol";
import { type AnswerRequest, requestDigest, useOf } from "./request.ts";

/** The data that one department answers from, as credentials name them. */
export interface DataSet {
  /** 32 bytes; what `dataDigest` of a credential must be */
  readonly digest: Uint8Array;
  readonly purposes: readonly number[];
}

export interface ReservationRules {
  /** a revocation check older than this is no check */
  readonly maxRevocationAgeMs: number;
  readonly now: () => number;
  /** the department's own account on the rope, 20 bytes: it answers only for what it has issued */
  readonly issuer: Uint8Array;
  readonly dataSet: DataSet;
}

const CHAIN_ACTIVE = 2;
/** What one node of the rope has committed, the one asked here may learn a moment later. */
const SETTLE_MS = 1_500;
const SETTLE_POLL_MS = 150;

function refuse(code: string, operands: Record<string, unknown> = {}): CodedError {
  return new CodedError({ code, ...operands });
}

/** Records of one height of the rope, so that no two of them tell of different times. */
interface ProvenAt {
  readonly timeMs: bigint;
  read<T>(
    key: Uint8Array,
    codec: Codec<T>,
    missing: string,
    operands?: Record<string, unknown>,
  ): Promise<T>;
}

/** The credential, and the newest height at which it could be proven. */
async function proveCredential(
  rope: Rope,
  credentialId: Uint8Array,
): Promise<{ readonly credential: CredentialRecord; readonly at: ProvenAt }> {
  const { value, height, timeMs } = await rope.light.prove(stateKey.credential(credentialId));
  if (value === undefined) throw refuse("agent/unknown-credential", { credentialId });
  return {
    credential: decode(credentialRecordCodec, value),
    at: {
      timeMs,
      async read(key, codec, missing, operands = {}) {
        const found = await rope.light.prove(key, height);
        if (found.value === undefined) throw refuse(missing, operands);
        return decode(codec, found.value);
      },
    },
  };
}

/** This department and every other issuer stand behind the credential, and it is about these data. */
function checkIssued(credential: CredentialRecord, { issuer, dataSet }: ReservationRules): void {
  const { issuers, confirmed, credentialId, dataDigest } = credential;
  if (!issuers.some((account) => equalBytes(account, issuer)))
    throw refuse("agent/not-our-credential", { credentialId });
  const missing = issuers.filter((_, index) => (confirmed & (1 << index)) === 0).length;
  if (missing > 0) throw refuse("agent/not-confirmed", { missing });
  if (!equalBytes(dataDigest, dataSet.digest)) throw refuse("agent/other-data", { dataDigest });
}

/** The credential stands now: unexpired, unrevoked, under a header fresh by our own clock. */
function checkStands(
  credential: CredentialRecord,
  request: AnswerRequest,
  timeMs: bigint,
  rules: ReservationRules,
): void {
  const ageMs = rules.now() - Number(timeMs);
  if (ageMs > rules.maxRevocationAgeMs) throw refuse("agent/revocation-check-stale", { ageMs });
  const { revokedAtMs, expiryMs } = credential;
  if (revokedAtMs !== 0n) throw refuse("agent/credential-revoked", { revokedAtMs });
  if (expiryMs <= timeMs) throw refuse("agent/credential-expired", { expiryMs });
  const { purpose } = request;
  if (credential.purpose !== purpose || !rules.dataSet.purposes.includes(purpose))
    throw refuse("agent/wrong-purpose", { purpose });
}

/** Units of this credential were given to this grantee on this chain, and this is one of them. */
async function checkGiven(at: ProvenAt, request: AnswerRequest, chain: ChainRecord): Promise<void> {
  const { credentialId, grantee, granteeSalt, n, atMs } = request;
  const { gateway } = request.proof;
  const position = await at.read(
    stateKey.credentialPosition(credentialId, gateway),
    credentialPositionRecordCodec,
    "agent/not-delegated",
    { gateway },
  );
  const suite = chain.suite === SUITE_SM ? SUITE_SM : SUITE_KECCAK;
  const commitment = digest(suite, "account", granteeSalt, accountToB32(grantee));
  if (!equalBytes(commitment, position.granteeCommitment)) throw refuse("agent/other-grantee");
  const given = position.remaining + position.used;
  if (n < 1n || n > given) throw refuse("agent/beyond-quota", { n, given });
  if (atMs >= position.leaseUntilMs)
    throw refuse("agent/lease-over", { leaseUntilMs: position.leaseUntilMs });
}

/** The storage root of the gateway at a height that the rope's client of an active chain has accepted. */
async function openGateway(
  at: ProvenAt,
  { proof }: AnswerRequest,
  chain: ChainRecord,
): Promise<Uint8Array> {
  const { gateway, height, accountProof } = proof;
  const unknown = ["agent/unknown-chain", { gateway }] as const;
  if (chain.state !== CHAIN_ACTIVE) throw refuse("agent/chain-not-active", { state: chain.state });
  const client = await at.read(stateKey.client(gateway), clientRecordCodec, ...unknown);
  if (client.frozen) throw refuse("agent/chain-not-active", { state: chain.state, frozen: true });
  const { updatedAtMs } = client;
  if (at.timeMs > updatedAtMs + chain.trustingPeriodMs)
    throw refuse("agent/client-expired", { updatedAtMs });
  const header = await at.read(
    stateKey.provenHeader(gateway, height),
    provenHeaderRecordCodec,
    "agent/unproven-height",
    { height },
  );
  const address = b32ToAccount(chain.gatewayAddress);
  if (!address) throw refuse(...unknown);
  const { stateRoot } = header;
  const { codeHash } = chain;
  return openAccount({ stateRoot, address, codeHash, accountProof }).storageRoot;
}

/** The gateway really wrote this use. */
function checkReserved(request: AnswerRequest, storageRoot: Uint8Array, query: Uint8Array): void {
  const { useId, credentialId, n, grantee, purpose, atMs, proof } = request;
  const stored = readStorage({ storageRoot, slotKey: useSlot(request), proof: proof.storageProof });
  const expected = useValue({ credentialId, n, grantee, purpose, queryDigest: query, atMs });
  if (!equalBytes(stored, expected)) throw refuse("agent/not-reserved", { useId });
}

/**
 * Everything that must hold before the store is touched. Deny by default: any doubt throws.
 * Believes no chain by itself: only one that is active, to which units of this very credential were delegated,
 * and only as many uses as were given to this grantee there (docs/protocol.md §5).
 * @throws {CodedError}
 */
export async function checkReservation(
  rope: Rope,
  request: AnswerRequest,
  rules: ReservationRules,
): Promise<void> {
  const use = useOf(request);
  const asked = requestDigest(use, rules.issuer);
  const signer = secp256k1.recoverAddress(asked, request.signature);
  if (!signer || !equalBytes(signer, request.grantee)) throw refuse("agent/not-the-grantee");
  for (let left = SETTLE_MS; ; left -= SETTLE_POLL_MS) {
    try {
      await checkOnChain(rope, request, rules, use.query);
      return;
    } catch (error) {
      const isEarly = error instanceof CodedError && error.code === "agent/unproven-height";
      if (!isEarly || left <= 0) throw error;
      await new Promise((next) => setTimeout(next, SETTLE_POLL_MS));
    }
  }
}

async function checkOnChain(
  rope: Rope,
  request: AnswerRequest,
  rules: ReservationRules,
  query: Uint8Array,
): Promise<void> {
  const { credential, at } = await proveCredential(rope, request.credentialId);
  checkStands(credential, request, at.timeMs, rules);
  checkIssued(credential, rules);
  const { gateway } = request.proof;
  const key = stateKey.chain(gateway);
  const chain = await at.read(key, chainRecordCodec, "agent/unknown-chain", { gateway });
  // First what a stranger lacks: only who was given units may make this wait for a header.
  await checkGiven(at, request, chain);
  checkReserved(request, await openGateway(at, request, chain), query);
}
