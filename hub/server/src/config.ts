import { readFileSync } from "node:fs";
import type { RopeTrustJson } from "@ropenet/client";
import { CodedError } from "@ropenet/protocol";
import { z } from "zod";

export interface HubConfig extends RopeTrustJson {
  readonly port: number;
  readonly ropeUrls: readonly string[];
  readonly consoleDirectory?: string | undefined;
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  readonly strands: readonly {
    readonly name: string;
    readonly rpcUrl: string;
    readonly gatewayAddress: string;
    readonly gatewayUid: string;
    readonly startHeight: number;
  }[];
  readonly indexEveryMs: number;
}

const port: z.ZodNumber = z.number().int().min(0).max(65_535);

const schema: z.ZodType<HubConfig> = z.object({
  port,
  ropeUrls: z.array(z.url()).min(1),
  genesisHash: z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits"),
  trustedHeader: z
    .strictObject({
      height: z.number().int().positive(),
      id: z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits"),
      atMs: z.number().int().positive(),
    })
    .optional(),
  consoleDirectory: z.string().optional(),
  postgres: z.object({
    host: z.string(),
    port,
    user: z.string(),
    password: z.string(),
    database: z.string(),
  }),
  strands: z.array(
    z.object({
      name: z.string(),
      rpcUrl: z.url(),
      gatewayAddress: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
      gatewayUid: z.string().regex(/^[0-9a-f]{64}$/),
      startHeight: z.number().int().nonnegative(),
    }),
  ),
  indexEveryMs: z.number().int().min(50).default(300),
});

/** @throws {CodedError} `hub/bad-config` naming the field */
export function loadConfig(file: string): HubConfig {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new CodedError(
      { code: "hub/bad-config", file, field: "", reason: String(cause) },
      { cause },
    );
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodedError({
    code: "hub/bad-config",
    file,
    field: issue?.path.join(".") ?? "",
    reason: issue?.message ?? "",
  });
}
