import { readFileSync, statSync } from "node:fs";
import { hexToBytes } from "@ropenet/protocol";
import { z } from "zod";
import { AttestorError } from "./attestor-error.ts";

export interface AttestorConfig {
  /** the strand, for people */
  readonly name: string;
  readonly rpcUrl: string;
  /** on 127.0.0.1; 0 = any */
  readonly port: number;
  /** hash of block 0, hex: the chain that is attested, and no other */
  readonly genesisHash: string;
  /** how many signatures the rope asks for; passed on to relayers */
  readonly threshold: number;
  /** one 0600 file per key, 32 bytes in hex; key i is attestor `firstIndex + i` of the chain record */
  readonly keyFiles: readonly string[];
  readonly firstIndex: number;
  /** holds one journal of signed heights per key */
  readonly directory: string;
  readonly pollMs: number;
}

const hex32: z.ZodString = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

const configSchema: z.ZodType<AttestorConfig> = z.object({
  name: z.string().min(1).max(64),
  rpcUrl: z.url(),
  port: z.number().int().min(0).max(65_535),
  genesisHash: hex32,
  threshold: z.number().int().min(3).max(64),
  keyFiles: z.array(z.string().min(1)).min(1).max(64),
  firstIndex: z.number().int().min(0).max(63).default(0),
  directory: z.string().min(1),
  pollMs: z.number().int().min(50).max(60_000).default(200),
});

/** @throws {AttestorError} `attestor/bad-config` naming the field */
export function loadAttestorConfig(file: string): AttestorConfig {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AttestorError(
      { code: "attestor/bad-config", file, field: "", reason: String(cause) },
      { cause },
    );
  }
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AttestorError({
    ...{ code: "attestor/bad-config", file },
    field: issue?.path.join(".") ?? "",
    reason: issue?.message ?? "",
  });
}

/** @throws {AttestorError} `attestor/key-exposed` where others may read the file, `attestor/bad-key` */
export function loadAttestorKey(file: string): Uint8Array {
  let text: string;
  let mode: number;
  try {
    mode = statSync(file).mode & 0o777;
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new AttestorError({ code: "attestor/bad-key", file, reason: "unreadable" }, { cause });
  }
  if ((mode & 0o077) !== 0) {
    throw new AttestorError({ code: "attestor/key-exposed", file, mode: mode.toString(8) });
  }
  if (!hex32.safeParse(text).success) {
    throw new AttestorError({ code: "attestor/bad-key", file, reason: "not 64 hex digits" });
  }
  return hexToBytes(text);
}
