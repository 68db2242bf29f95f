import type { Rope } from "@ropenet/client";
import {
  b32ToAccount,
  type Codec,
  CodedError,
  chainRecordCodec,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  decode,
  equalBytes,
  openAccount,
  type ProvenHeaderRecord,
  provenHeaderRecordCodec,
  readStorage,
  secp256k1,
  stateKey,
  useSlot,
  useValue,
} from "@ropenet/protocol";
import { type AnswerRequest, queryDigest, requestDigest } from "./request.ts";

const CHAIN_ACTIVE = 2;

export interface ReservationRules {
  /** a revocation check older than this is no check */
  readonly maxRevocationAgeMs: number;
  readonly now: () => number;
}

function refuse(code: string, operands: Record<string, unknown> = {}): CodedError {
  return new CodedError({ code, ...operands });
}

async function proven<T>(
  rope: Rope,
  key: Uint8Array,
  codec: Codec<T>,
  missing: string,
): Promise<{ value: T; timeMs: bigint }> {
  const found = await rope.light.prove(key);
  if (found.value === undefined) throw refuse(missing);
  return { value: decode(codec, found.value), timeMs: found.timeMs };
}

/** What one node of the rope has committed, the one asked here may learn a moment later. */
const SETTLE_MS = 3_000;
const SETTLE_POLL_MS = 150;

async function provenHeader(
  rope: Rope,
  gateway: Uint8Array,
  height: bigint,
): Promise<{ value: ProvenHeaderRecord; timeMs: bigint }> {
  const key = stateKey.provenHeader(gateway, height);
  for (let left = SETTLE_MS; ; left -= SETTLE_POLL_MS) {
    try {
      return await proven(rope, key, provenHeaderRecordCodec, "agent/unproven-height");
    } catch (error) {
      const isMissing = error instanceof CodedError && error.code === "agent/unproven-height";
      if (!isMissing || left <= 0) throw error;
      await new Promise((next) => setTimeout(next, SETTLE_POLL_MS));
    }
  }
}

/** The gateway on the grantee's chain really reserved this use, at a height that the rope's client accepts. */
async function checkReserved(rope: Rope, request: AnswerRequest, query: Uint8Array): Promise<void> {
  const { gateway, height, accountProof, storageProof } = request.proof;
  const chain = await proven(
    rope,
    stateKey.chain(gateway),
    chainRecordCodec,
    "agent/unknown-chain",
  );
  const header = await provenHeader(rope, gateway, height);
  if (chain.value.state !== CHAIN_ACTIVE) {
    throw refuse("agent/chain-not-active", { state: chain.value.state });
  }
  const address = b32ToAccount(chain.value.gatewayAddress);
  if (!address) throw refuse("agent/unknown-chain");
  const { storageRoot } = openAccount({
    stateRoot: header.value.stateRoot,
    address,
    codeHash: chain.value.codeHash,
    accountProof,
  });
  const stored = readStorage({ storageRoot, slotKey: useSlot(request.useId), proof: storageProof });
  const expected = useValue({
    credentialId: request.credentialId,
    n: request.n,
    grantee: request.grantee,
    purpose: request.purpose,
    queryDigest: query,
    atMs: request.atMs,
  });
  if (!equalBytes(stored, expected)) throw refuse("agent/not-reserved", { useId: request.useId });
}

/**
 * The right was given to that gateway: whoever registers a chain of his own and lets it reserve what he likes has a
 * gateway without a position.
 */
async function checkGiven(rope: Rope, { credentialId, proof, n }: AnswerRequest): Promise<void> {
  const { value: position } = await proven(
    rope,
    stateKey.credentialPosition(credentialId, proof.gateway),
    credentialPositionRecordCodec,
    "agent/not-delegated",
  );
  const given = position.remaining + position.used;
  if (n > given) throw refuse("agent/above-quota", { n, given });
}

/** The credential stands now: effective, unexpired, unrevoked, under a header fresh by our own clock. */
async function checkStands(
  rope: Rope,
  request: AnswerRequest,
  rules: ReservationRules,
): Promise<void> {
  const { value: credential, timeMs } = await proven(
    rope,
    stateKey.credential(request.credentialId),
    credentialRecordCodec,
    "agent/unknown-credential",
  );
  const age = rules.now() - Number(timeMs);
  if (age > rules.maxRevocationAgeMs) throw refuse("agent/revocation-check-stale", { ageMs: age });
  if (credential.confirmed !== 2 ** credential.issuers.length - 1) {
    throw refuse("agent/not-in-effect", { confirmed: credential.confirmed });
  }
  if (credential.revokedAtMs !== 0n)
    throw refuse("data-credential/revoked", { revokedAtMs: credential.revokedAtMs });
  if (credential.expiryMs <= timeMs)
    throw refuse("data-credential/expired", { expiryMs: credential.expiryMs });
  if (credential.purpose !== request.purpose)
    throw refuse("data-credential/wrong-purpose", { purpose: request.purpose });
}

/**
 * Everything that must hold before the store is touched. Deny by default: any doubt throws.
 * @throws {CodedError}
 */
export async function checkReservation(
  rope: Rope,
  request: AnswerRequest,
  rules: ReservationRules,
): Promise<void> {
  const query = queryDigest(request.salt, request.subject);
  const signer = secp256k1.recoverAddress(
    requestDigest(request.useId, request.credentialId, query),
    request.signature,
  );
  if (!signer || !equalBytes(signer, request.grantee)) throw refuse("agent/not-the-grantee");
  await checkStands(rope, request, rules);
  await checkGiven(rope, request);
  await checkReserved(rope, request, query);
}
