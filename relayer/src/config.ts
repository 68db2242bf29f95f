import { readFileSync } from "node:fs";
import type { RopeTrustJson } from "@ropenet/client";
import { CodedError } from "@ropenet/protocol";
import { z } from "zod";

export interface StrandConfig {
  readonly kind: "evm";
  readonly name: string;
  readonly rpcUrl: string;
  readonly gatewayAddress: string;
  readonly gatewayUid: string;
  readonly attestors: readonly string[];
  /** file with the 32-byte key in hex, mode 0600 */
  readonly secretKeyFile: string;
  readonly startHeight: number;
}

export interface RelayerConfig {
  readonly worker: string;
  readonly rope: RopeTrustJson & {
    readonly urls: readonly string[];
    readonly secretKeyFile: string;
  };
  readonly strands: readonly StrandConfig[];
  readonly postgres?:
    | {
        readonly host: string;
        readonly port: number;
        readonly user: string;
        readonly password: string;
        readonly database: string;
      }
    | undefined;
  readonly scanEveryMs: number;
  readonly batch: { readonly maxItems: number; readonly maxBytes: number };
  readonly statusPort: number;
}

const hex32: z.ZodString = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");
const port: z.ZodNumber = z.number().int().min(0).max(65_535);

const strand: z.ZodType<StrandConfig> = z.object({
  kind: z.literal("evm"),
  name: z.string().min(1).max(64),
  rpcUrl: z.url(),
  gatewayAddress: z.string().regex(/^0x[0-9a-fA-F]{40}$/, "an Ethereum address"),
  gatewayUid: hex32,
  attestors: z.array(z.url()).min(1).max(64),
  secretKeyFile: z.string(),
  startHeight: z.number().int().nonnegative().default(0),
});

const configSchema: z.ZodType<RelayerConfig> = z.object({
  worker: z.string().min(1).max(32),
  rope: z.object({
    urls: z.array(z.url()).min(1).max(64),
    secretKeyFile: z.string(),
    genesisHash: hex32,
    trustedHeader: z
      .strictObject({
        height: z.number().int().positive(),
        id: hex32,
        atMs: z.number().int().positive(),
      })
      .optional(),
  }),
  strands: z.array(strand).min(1).max(1000),
  postgres: z
    .object({
      host: z.string(),
      port,
      user: z.string(),
      password: z.string(),
      database: z.string(),
    })
    .optional(),
  scanEveryMs: z.number().int().min(50).max(60_000).default(400),
  batch: z
    .object({ maxItems: z.number().int().min(1).max(64), maxBytes: z.number().int().min(4096) })
    .default({ maxItems: 32, maxBytes: 64 * 1024 }),
  statusPort: port.default(0),
});

/** @throws {CodedError} `relayer/bad-config` naming the field */
export function loadConfig(file: string): RelayerConfig {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new CodedError(
      { code: "relayer/bad-config", file, field: "", reason: String(cause) },
      { cause },
    );
  }
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodedError({
    code: "relayer/bad-config",
    file,
    field: issue?.path.join(".") ?? "",
    reason: issue?.message ?? "",
  });
}

/** @throws {CodedError} `relayer/bad-key` without showing the key */
export function loadSecretKey(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new CodedError({ code: "relayer/bad-key", file, reason: "unreadable" }, { cause });
  }
  if (!hex32.safeParse(text).success) {
    throw new CodedError({ code: "relayer/bad-key", file, reason: "not 64 hex digits" });
  }
  return text;
}
