import {
  accountToB32,
  concatBytes,
  digest,
  encode,
  hexToBytes,
  SUITE_KECCAK,
  SUITE_SM,
  u64,
  utf8ToBytes,
} from "@ropenet/protocol";
import { z } from "zod";

const hex = (bytes: number): z.ZodType<Uint8Array, string> =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `${bytes} bytes of lower-case hex`)
    .transform((value) => hexToBytes(value));

const node = z
  .string()
  .regex(/^([0-9a-f]{2}){1,1024}$/, "a trie node in lower-case hex")
  .transform((value) => hexToBytes(value));

const decimal: z.ZodType<bigint, string> = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/, "a decimal integer")
  .transform(BigInt)
  .refine((value) => value < 1n << 64n, "below 2^64");

interface Fields<Bytes, Integer> {
  readonly useId: Bytes;
  readonly credentialId: Bytes;
  readonly n: Integer;
  /** 20 bytes */
  readonly grantee: Bytes;
  /** opens the position's granteeCommitment: D(suite of the chain, account, granteeSalt ‖ grantee b32) */
  readonly granteeSalt: Bytes;
  readonly purpose: number;
  readonly atMs: Integer;
  readonly subject: string;
  readonly salt: Bytes;
  readonly proof: {
    readonly gateway: Bytes;
    readonly height: Integer;
    readonly accountProof: readonly Bytes[];
    readonly storageProof: readonly Bytes[];
  };
  /** by the grantee's secp256k1 key over requestDigest, 65 bytes */
  readonly signature: Bytes;
}

/** What a grantee sends: the reservation that its chain finalised, the proof of it, and the question. */
export type AnswerRequest = Fields<Uint8Array, bigint>;
export type AnswerRequestJson = Fields<string, string>;

export const answerRequestSchema: z.ZodType<AnswerRequest> = z.strictObject({
  useId: hex(32),
  credentialId: hex(32),
  n: decimal,
  grantee: hex(20),
  granteeSalt: hex(32),
  purpose: z.number().int().min(0).max(0xffff_ffff),
  atMs: decimal,
  subject: z.string().min(1).max(64),
  salt: hex(32),
  proof: z.strictObject({
    gateway: hex(32),
    height: decimal,
    accountProof: z.array(node).min(1).max(40),
    storageProof: z.array(node).min(1).max(40),
  }),
  signature: hex(65),
});

/** Binds the question to the reservation without showing the subject on any chain. */
export function queryDigest(salt: Uint8Array, subject: string): Uint8Array {
  return digest(SUITE_SM, "query", salt, utf8ToBytes(subject));
}

/** One use as its strand has it: an id alone is only as unique as its grantee wants it to be. */
export interface Use {
  readonly gateway: Uint8Array;
  readonly credentialId: Uint8Array;
  /** 20 bytes */
  readonly grantee: Uint8Array;
  readonly useId: Uint8Array;
  readonly n: bigint;
  /** queryDigest */
  readonly query: Uint8Array;
}

/** gateway ‖ credentialId ‖ grantee b32 ‖ useId ‖ n u64 ‖ query: 168 bytes */
function encodeUse({ gateway, credentialId, grantee, useId, n, query }: Use): Uint8Array {
  return concatBytes(gateway, credentialId, accountToB32(grantee), useId, encode(u64, n), query);
}

/**
 * What the grantee signs, so that nobody else spends its reservation, and no department the answer of another.
 * @param department 20 bytes: account on the rope of the issuer that is asked
 */
export function requestDigest(use: Use, department: Uint8Array): Uint8Array {
  const asked = concatBytes(encodeUse(use), accountToB32(department));
  return digest(SUITE_KECCAK, "agent-request", asked);
}

export interface Answer {
  readonly useId: string;
  readonly department: string;
  readonly field: string;
  readonly answer: boolean;
  /** SM2 by the department's account on the rope over answerDigest */
  readonly signature: string;
  readonly agent: string;
}

/** What the department signs: an answer to this question of this use, and to no other. */
export function answerDigest(use: Use, field: string, answer: boolean): Uint8Array {
  const said = Uint8Array.of(answer ? 1 : 0);
  return digest(SUITE_SM, "agent-answer", encodeUse(use), said, utf8ToBytes(field));
}

export function useOf(request: AnswerRequest): Use {
  const { credentialId, grantee, useId, n, proof, salt, subject } = request;
  return {
    gateway: proof.gateway,
    credentialId,
    grantee,
    useId,
    n,
    query: queryDigest(salt, subject),
  };
}
