import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { NodeError } from "./errors.ts";
import { isAddressRange, LOOPBACK } from "./rpc/address-list.ts";

export interface TimeoutScheduleConfig {
  readonly baseMs: number;
  readonly perRoundMs: number;
  readonly maxMs: number;
}

export interface NodeConfig {
  /** state folder */
  readonly directory: string;
  readonly genesisFile: string;
  readonly keysFile: string;
  readonly p2p: {
    readonly host: string;
    readonly port: number;
    /** whom to dial, `host:port`; who they are is proven in the handshake */
    readonly peers: readonly string[];
    /** node keys (hex) admitted beside the validators' */
    readonly observers: readonly string[];
  };
  readonly rpc: {
    readonly host: string;
    readonly port: number;
    readonly maxConnections: number;
    readonly maxSubscriptions: number;
    /** of one remote address that is not `trusted`; see rpc/rate-limit.ts */
    readonly rateLimit: {
      readonly perSecond: number;
      readonly burst: number;
      readonly maxConnections: number;
      /** addresses and ranges; this machine if left out */
      readonly trusted: readonly string[];
    };
  };
  readonly metrics: {
    /** who may read `GET /metrics` besides this machine: addresses and ranges */
    readonly allow: readonly string[];
    /** pace of the history that `node_info` shows */
    readonly sampleEveryMs: number;
  };
  readonly mempool: {
    readonly maxTransactions: number;
    readonly maxBytes: number;
    readonly maxPerSender: number;
  };
  readonly timeouts: Readonly<Record<"propose" | "prevote" | "precommit", TimeoutScheduleConfig>>;
  /** what this node puts into a block that it proposes */
  readonly block: {
    readonly maxBytes: number;
    readonly maxTransactions: number;
    /** pause after a commit, in which transactions and checkpoint signatures gather */
    readonly minIntervalMs: number;
    /** pause before a block that carries none: a transaction that comes meanwhile spares it */
    readonly minEmptyIntervalMs: number;
  };
  /** absent = archive mode: every block stays */
  readonly pruning?: {
    /** so many of the newest stay whole */
    readonly keepBlocks: number;
  };
  /** absent = this node makes no snapshots for others */
  readonly snapshots?: { readonly everyBlocks: number; readonly keep: number };
  /** absent = a new node executes everything since genesis */
  readonly stateSync?: {
    /** of a header that the operator has from somebody he trusts; at most `evidenceBlocks` below the newest */
    readonly trustHeight: number;
    readonly trustBlockId: string;
  };
  /** absent = the store is not encrypted */
  readonly encryption?: {
    /** the store's key under a passphrase; see store/store-key.ts */
    readonly keyFile: string;
  };
  readonly log: {
    readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
    /** stdout if left out */
    readonly file?: string;
  };
}

/** As written in the file: what has a default may be left out. */
export interface NodeConfigInput {
  readonly directory?: string;
  readonly genesisFile: string;
  readonly keysFile?: string;
  readonly p2p: Pick<NodeConfig["p2p"], "port"> & Partial<NodeConfig["p2p"]>;
  readonly rpc: Pick<NodeConfig["rpc"], "port"> &
    Partial<Omit<NodeConfig["rpc"], "rateLimit">> & {
      readonly rateLimit?: Partial<NodeConfig["rpc"]["rateLimit"]>;
    };
  readonly metrics?: Partial<NodeConfig["metrics"]>;
  readonly mempool?: Partial<NodeConfig["mempool"]>;
  readonly timeouts?: NodeConfig["timeouts"];
  readonly block?: Partial<NodeConfig["block"]>;
  readonly pruning?: NonNullable<NodeConfig["pruning"]>;
  readonly encryption?: NonNullable<NodeConfig["encryption"]>;
  readonly snapshots?: NonNullable<NodeConfig["snapshots"]>;
  readonly stateSync?: NonNullable<NodeConfig["stateSync"]>;
  readonly log?: Partial<NodeConfig["log"]>;
}

const port = z.int().min(1).max(65_535);
const host = z.string().default("127.0.0.1");
const isPeer = (peer: string): boolean => {
  const [, digits = ""] = /^[^:]+:(\d{1,5})$/.exec(peer) ?? [];
  return port.safeParse(Number(digits)).success;
};
const publicKeyHex = z.string().regex(/^04[0-9a-f]{128}$/, "65-byte public key in lower-case hex");
const count = (initial: number, most = 2 ** 31): z.ZodDefault<z.ZodNumber> =>
  z.int().min(1).max(most).default(initial);
const schedule = z.strictObject({ baseMs: count(1), perRoundMs: z.int().min(0), maxMs: count(1) });
const addressRange = z.string().refine(isAddressRange, "an IP address or range, like 10.0.0.0/8");
const MIB = 1024 * 1024;

/**
 * Shorter than consensus' own: a dead proposer costs the wait for its proposal and one for precommits, 1.3 s. A full
 * block (2,000 transactions) is built and checked in a third of that; a slower machine's rounds grow.
 */
const TIMEOUTS: NodeConfig["timeouts"] = {
  propose: { baseMs: 1_000, perRoundMs: 500, maxMs: 20_000 },
  prevote: { baseMs: 300, perRoundMs: 250, maxMs: 10_000 },
  precommit: { baseMs: 300, perRoundMs: 250, maxMs: 10_000 },
};

const schema = z.strictObject({
  directory: z.string().default("state"),
  genesisFile: z.string(),
  keysFile: z.string().default("keys.json"),
  p2p: z.strictObject({
    host,
    port,
    peers: z.array(z.string().refine(isPeer, "host:port, 1 to 65535")).default([]),
    observers: z.array(publicKeyHex).default([]),
  }),
  rpc: z.strictObject({
    host,
    port,
    maxConnections: count(256),
    maxSubscriptions: z.int().min(0).default(64),
    rateLimit: z
      .strictObject({
        perSecond: count(100),
        burst: count(300),
        maxConnections: count(32),
        trusted: z.array(addressRange).default([...LOOPBACK]),
      })
      .prefault({}),
  }),
  metrics: z
    .strictObject({
      allow: z.array(addressRange).default([]),
      sampleEveryMs: count(10_000),
    })
    .prefault({}),
  mempool: z
    .strictObject({
      maxTransactions: count(20_000),
      maxBytes: count(32 * MIB),
      maxPerSender: count(2_000),
    })
    .prefault({}),
  timeouts: z
    .strictObject({ propose: schedule, prevote: schedule, precommit: schedule })
    .default(TIMEOUTS),
  block: z
    .strictObject({
      // A transaction of the greatest length must fit, or it would wait for ever.
      maxBytes: z
        .int()
        .min(MIB / 2)
        .max(3 * MIB)
        .default(MIB),
      maxTransactions: count(2_000, 20_000),
      minIntervalMs: z.int().min(0).max(60_000).default(25),
      minEmptyIntervalMs: z.int().min(0).max(60_000).default(100),
    })
    .prefault({}),
  pruning: z
    .strictObject({
      // Peers that were away for a moment must find what they missed.
      keepBlocks: z
        .int()
        .min(100)
        .max(2 ** 31),
    })
    .exactOptional(),
  encryption: z.strictObject({ keyFile: z.string() }).exactOptional(),
  snapshots: z
    .strictObject({
      everyBlocks: z
        .int()
        .min(1)
        .max(2 ** 31),
      keep: z.int().min(1).max(100),
    })
    .exactOptional(),
  stateSync: z
    .strictObject({
      trustHeight: z.int().min(1),
      trustBlockId: z.string().regex(/^[0-9a-f]{64}$/, "32 bytes in lower-case hex"),
    })
    .exactOptional(),
  log: z
    .strictObject({
      level: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
      file: z.string().exactOptional(),
    })
    .prefault({}),
});

/** Relative paths are taken from `baseDirectory`. @throws {NodeError} `config/invalid` */
export function parseConfig(value: unknown, baseDirectory: string): NodeConfig {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new NodeError({
      code: "config/invalid",
      operand: issue?.path.join(".") ?? "",
      detail: issue?.message ?? "invalid",
    });
  }
  const config: NodeConfig = parsed.data;
  if (config.encryption && config.snapshots) {
    const detail = "snapshots for others lie in the clear: not beside an encrypted store";
    throw new NodeError({ code: "config/invalid", operand: "snapshots", detail });
  }
  const at = (path: string): string => resolve(baseDirectory, path);
  return {
    ...config,
    directory: at(config.directory),
    genesisFile: at(config.genesisFile),
    keysFile: at(config.keysFile),
    ...(config.encryption && { encryption: { keyFile: at(config.encryption.keyFile) } }),
    log: config.log.file === undefined ? config.log : { ...config.log, file: at(config.log.file) },
  };
}

/** @throws {NodeError} `config/unreadable`, `config/invalid` */
export function readConfig(file: string): NodeConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new NodeError({ code: "config/unreadable", file, detail }, { cause });
  }
  return parseConfig(value, dirname(resolve(file)));
}
