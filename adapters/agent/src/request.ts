import {
  concatBytes,
  digest,
  hexToBytes,
  SUITE_KECCAK,
  SUITE_SM,
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
  .transform(BigInt);

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

/** What the grantee signs, so that nobody else spends its reservation. */
export function requestDigest(
  useId: Uint8Array,
  credentialId: Uint8Array,
  query: Uint8Array,
): Uint8Array {
  return digest(SUITE_KECCAK, "agent-request", concatBytes(useId, credentialId, query));
}

export interface Answer {
  readonly useId: string;
  readonly department: string;
  readonly field: string;
  readonly answer: boolean;
  /** SM2 by the agent over answerDigest */
  readonly signature: string;
  readonly agent: string;
}

export function answerDigest(useId: Uint8Array, field: string, answer: boolean): Uint8Array {
  return digest(SUITE_SM, "agent-answer", useId, Uint8Array.of(answer ? 1 : 0), utf8ToBytes(field));
}
