import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { connectRope } from "@ropenet/client";
import { CodedError, hexToBytes } from "@ropenet/protocol";
import pg from "pg";
import { pino } from "pino";
import { z } from "zod";
import { startAgent } from "./agent.ts";

const hex32 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits")
  .transform((value) => hexToBytes(value));

const configSchema = z.strictObject({
  department: z.enum(["police", "social-security", "housing"]),
  port: z.number().int().min(0).max(65_535),
  ropeUrls: z.array(z.url()).min(1),
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

const HELP = `Usage: node adapters/agent/src/main.ts --config FILE

The data agent beside a department's store: answers yes or no against a proven, unrevoked reservation.
`;

function loadConfig(file: string): z.infer<typeof configSchema> {
  const parsed = configSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodedError({
    code: "agent/bad-config",
    field: issue?.path.join(".") ?? "",
    reason: issue?.message ?? "",
  });
}

const { values } = parseArgs({
  options: { config: { type: "string" }, help: { type: "boolean", default: false } },
});

if (values.help || !values.config) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  try {
    const config = loadConfig(values.config);
    const logger = pino({ base: { agent: config.department } });
    const agent = await startAgent(
      { ...config, secretKey: hexToBytes(readFileSync(config.secretKeyFile, "utf8").trim()) },
      {
        rope: await connectRope(config.ropeUrls),
        pool: new pg.Pool({ ...config.postgres, max: 4 }),
        logger,
      },
    );
    logger.info({ port: agent.port }, "agent ready");
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.once(name, () => {
        void agent.close().then(() => process.exit(0));
      });
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
