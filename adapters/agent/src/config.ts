import { readFileSync } from "node:fs";
import type { RopeTrustJson } from "@ropenet/client";
import { CodedError, hexToBytes } from "@ropenet/protocol";
import { z } from "zod";
import type { DataSet } from "./check-reservation.ts";
import type { DepartmentName } from "./departments.ts";

export interface AgentConfig extends RopeTrustJson {
  readonly department: DepartmentName;
  readonly port: number;
  readonly ropeUrls: readonly string[];
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  readonly dataSet: DataSet;
  readonly maxRevocationAgeMs: number;
  /** file with the 32-byte key in hex, mode 0600 */
  readonly secretKeyFile: string;
}

const hex32 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits")
  .transform((value) => hexToBytes(value));

const configSchema: z.ZodType<AgentConfig> = z.strictObject({
  department: z.enum(["police", "social-security", "housing"]),
  port: z.number().int().min(0).max(65_535),
  ropeUrls: z.array(z.url()).min(1).max(64),
  genesisHash: z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits"),
  trustedHeader: z
    .strictObject({
      height: z.number().int().positive(),
      id: z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits"),
      atMs: z.number().int().positive(),
    })
    .optional(),
  postgres: z.object({
    host: z.string(),
    port: z.number().int(),
    user: z.string(),
    password: z.string(),
    database: z.string(),
  }),
  dataSet: z.strictObject({
    digest: hex32,
    purposes: z.array(z.number().int().min(1).max(0xffff_ffff)).min(1).max(64),
  }),
  maxRevocationAgeMs: z.number().int().positive().default(30_000),
  secretKeyFile: z.string(),
});

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "not JSON";
    throw new CodedError({ code: "agent/bad-config", file, field: "", reason }, { cause });
  }
}

/** @throws {CodedError} `agent/bad-config` naming the file and the field */
export function loadConfig(file: string): AgentConfig {
  const parsed = configSchema.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodedError({
    ...{ code: "agent/bad-config", file },
    field: issue?.path.join(".") ?? "",
    reason: issue?.message ?? "",
  });
}

/** @throws {CodedError} `agent/bad-key` without showing the key */
export function loadSecretKey(file: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new CodedError({ code: "agent/bad-key", file, reason: "unreadable" }, { cause });
  }
  const parsed = hex32.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CodedError({ code: "agent/bad-key", file, reason: "not 64 hex digits" });
}
