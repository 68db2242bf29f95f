import type { Rope } from "@ropenet/client";
import {
  b32ToAccount,
  type Codec,
  CodedError,
  chainRecordCodec,
  credentialRecordCodec,
  decode,
  equalBytes,
  openAccount,
  provenHeaderRecordCodec,
  readStorage,
  secp256k1,
  stateKey,
  useSlot,
  useValue,
} from "@ropenet/protocol";
import { type AnswerRequest, queryDigest, requestDigest } from "./request.ts";

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

/** The gateway on the grantee's chain really reserved this use, at a height that the rope's client accepts. */
async function checkReserved(rope: Rope, request: AnswerRequest, query: Uint8Array): Promise<void> {
  const { gateway, height, accountProof, storageProof } = request.proof;
  const chain = await proven(
    rope,
    stateKey.chain(gateway),
    chainRecordCodec,
    "agent/unknown-chain",
  );
  const header = await proven(
    rope,
    stateKey.provenHeader(gateway, height),
    provenHeaderRecordCodec,
    "agent/unproven-height",
  );
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
  await checkReserved(rope, request, query);
}
