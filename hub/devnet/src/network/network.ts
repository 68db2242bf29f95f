import { join } from "node:path";
import { type RunningAnvil, startAnvil } from "@ropenet/adapter-evm";
import { createWallet, type Rope, type RopeTrustJson, type Wallet } from "@ropenet/client";
import {
  bytesToHex,
  CodedError,
  hexToBytes,
  type StakingParametersRecord,
} from "@ropenet/protocol";
import { assertFree } from "../process/ports.ts";
import { type DatabaseServer, type PostgresAccess, startPostgres } from "../process/postgres.ts";
import { delay } from "../process/ready.ts";
import { openStateFolder, type StateFolder } from "../process/state-folder.ts";
import { createSupervisor, type Supervisor } from "../process/supervisor.ts";
import { type KeyRing, openKeyRing, type RopeActor } from "./actors.ts";
import { buildConsole } from "./build-console.ts";
import {
  type LaunchParts,
  startAgents,
  startAttestors,
  startHub,
  startRelayers,
  startValidators,
} from "./launch-processes.ts";
import { allPorts, DEPARTMENT_NAMES, type PortPlan, planPorts, STRAND_PLANS } from "./plan.ts";
import { attestorKeys, setUpStrand } from "./set-up-strand.ts";
import { awaitRepresentations, registerAsset, registerStrand } from "./setup-rope.ts";
import { openStrand, type Strand, type StrandDescription } from "./strand.ts";

export interface NetworkOptions {
  readonly directory: string;
  /** for a new network; an existing one has its own. @see `isPortWanted` */
  readonly basePort: number;
  /** somebody has asked for just this port */
  readonly isPortWanted?: boolean;
  readonly fresh: boolean;
  readonly log: (line: string) => void;
  /** ends the start: what was started is stopped */
  readonly signal?: AbortSignal;
  /** what genesis says of staking, where it is not the default */
  readonly staking?: Partial<StakingParametersRecord>;
}

interface NetworkDescription {
  readonly basePort: number;
  readonly finance: StrandDescription;
  readonly warehouse: StrandDescription;
  readonly cny: string;
  readonly title: string;
}

const isStrand = (value: unknown): boolean =>
  typeof (value as Partial<StrandDescription> | undefined)?.rpcUrl === "string";

function isDescription(value: unknown): value is NetworkDescription {
  const { basePort, finance, warehouse, cny, title } = (value ?? {}) as Partial<NetworkDescription>;
  const isNamed = typeof cny === "string" && typeof title === "string";
  return Number.isSafeInteger(basePort) && isStrand(finance) && isStrand(warehouse) && isNamed;
}

export interface Network {
  readonly existing: boolean;
  readonly plan: PortPlan;
  readonly keys: KeyRing;
  readonly supervisor: Supervisor;
  readonly rope: Rope;
  readonly trust: RopeTrustJson;
  readonly strands: { readonly finance: Strand; readonly warehouse: Strand };
  readonly assets: { readonly cny: Uint8Array; readonly title: Uint8Array };
  readonly databases: { readonly [department: string]: PostgresAccess };
  readonly hubUrl: string;
  /** resolves when something has died that is not started again */
  readonly lost: Promise<CodedError>;
  wallet(actor: RopeActor): Wallet;
  stop(): Promise<void>;
}

/** What was started so far, so that a failure half-way stops exactly that. */
interface Started {
  readonly supervisor: Supervisor;
  readonly anvils: RunningAnvil[];
  database: DatabaseServer | undefined;
  readonly lost: Promise<CodedError>;
}

type Strands = Pick<NetworkDescription, "finance" | "warehouse">;
type Assets = Network["assets"];
type WalletOf = Network["wallet"];

/** As Promise.all, but nothing is still starting when it rejects: what has started can then be stopped. */
async function allSettled<T extends readonly unknown[]>(
  work: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as unknown as T;
}

/** Databases, strands and validators side by side: none needs another. */
async function startFoundations(
  parts: LaunchParts,
  started: Started,
): Promise<{ rope: Rope; trust: RopeTrustJson; database: DatabaseServer }> {
  const { folder, plan } = parts;
  const strands = STRAND_PLANS.map(async ({ key, chainId }, index) => {
    const directory = join(folder.path, `strand-${key}`);
    const anvil = await startAnvil({ directory, port: plan.strands[index] ?? 0, chainId });
    started.anvils[index] = anvil;
    started.supervisor.note(`strand-${key}`, anvil.pid);
  });
  const [database, known] = await allSettled<
    [DatabaseServer, { rope: Rope; trust: RopeTrustJson }, unknown]
  >([
    startPostgres(folder.path, plan.postgres, () => undefined).then((server) => {
      started.database = server;
      started.supervisor.note("postgres", server.pid);
      return server;
    }),
    startValidators(parts),
    allSettled(strands),
  ]);
  return { database, ...known };
}

/** The strands as they were, or two new ones with their gateways registered on the rope. */
async function settleStrands(
  { folder, keys }: LaunchParts,
  rope: Rope,
  anvils: readonly RunningAnvil[],
  wallet: WalletOf,
): Promise<Strands> {
  if (folder.existing) return folder.read(isDescription);
  const [finance, warehouse] = await Promise.all(
    STRAND_PLANS.map((strandPlan, index) =>
      setUpStrand({ rope, keys, folder }, strandPlan, anvils[index]?.rpcUrl ?? ""),
    ),
  );
  if (!finance || !warehouse) throw new Error("two strands are planned");
  const admission = wallet("admission");
  for (const [index, strand] of [finance, warehouse].entries()) {
    const { key, description } = STRAND_PLANS[index] ?? STRAND_PLANS[0];
    const attestors = attestorKeys(folder, key).map(({ address }) => address);
    await registerStrand(admission, strand, attestors, description);
  }
  return { finance, warehouse };
}

async function startServices(
  parts: LaunchParts,
  trust: RopeTrustJson,
  strands: Strands,
  database: DatabaseServer,
  consoleDirectory: string,
): Promise<Record<string, PostgresAccess>> {
  const list = [strands.finance, strands.warehouse];
  const databases: Record<string, PostgresAccess> = {};
  for (const department of DEPARTMENT_NAMES) {
    databases[department] = await database.provision(department.replace("-", "_"));
  }
  const relayer = await database.provision("relayer");
  const hub = await database.provision("hub");
  await startAttestors(parts, list);
  await allSettled([
    startRelayers(parts, trust, list, relayer),
    startAgents(parts, trust, databases),
    startHub(parts, trust, list, hub, consoleDirectory),
  ]);
  return databases;
}

/** The assets as they were, or registered now: their configuration reaches both gateways over the control lane. */
async function settleAssets(
  folder: StateFolder,
  rope: Rope,
  { finance, warehouse }: Strands,
  wallet: WalletOf,
  signal: AbortSignal,
): Promise<Assets> {
  if (folder.existing) {
    const { cny, title } = folder.read(isDescription);
    return { cny: hexToBytes(cny), title: hexToBytes(title) };
  }
  const standards = wallet("standards");
  const cny = await registerAsset(standards, {
    origin: finance,
    other: warehouse,
    token: finance.contracts["cny"] ?? "",
    assetClass: 1,
    decimals: 2,
    name: "结算币（虚构）",
    symbol: "CNY",
    classification: 1,
  });
  const title = await registerAsset(standards, {
    origin: warehouse,
    other: finance,
    token: warehouse.contracts["title"] ?? "",
    assetClass: 2,
    decimals: 0,
    name: "仓单（虚构）",
    symbol: "CD",
    classification: 1,
  });
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(40_000)]);
  await awaitRepresentations(rope, [cny, title], [finance, warehouse], inTime);
  return { cny, title };
}

const NEVER = new AbortController().signal;

async function bringUp(
  options: NetworkOptions,
  folder: StateFolder,
  started: Started,
): Promise<Network> {
  const keys = openKeyRing(folder.path);
  const plan = planPorts(options.basePort);
  const { supervisor } = started;
  const { staking = {}, signal = NEVER } = options;
  const parts: LaunchParts = { supervisor, folder, plan, keys, staking };
  const consoleDirectory = buildConsole(options.log);
  options.log("启动数据库、侧链与验证人 starting databases, strands and validators …");
  const { rope, trust, database } = await startFoundations(parts, started);
  signal.throwIfAborted();
  const wallet: WalletOf = (actor) =>
    createWallet({
      rpc: rope.rpc,
      chainId: rope.anchor.chainId,
      secretKey: keys.rope(actor).secretKey,
    });
  if (!folder.existing)
    options.log("部署网关，登记两条链 deploying gateways, registering both strands …");
  const strands = await settleStrands(parts, rope, started.anvils, wallet);
  signal.throwIfAborted();
  const databases = await startServices(parts, trust, strands, database, consoleDirectory);
  signal.throwIfAborted();
  if (!folder.existing)
    options.log("登记资产，配置随控制通道送达 registering assets over the control lane …");
  const assets = await settleAssets(folder, rope, strands, wallet, signal);
  signal.throwIfAborted();
  if (!folder.existing) {
    folder.complete({
      basePort: options.basePort,
      ...strands,
      cny: bytesToHex(assets.cny),
      title: bytesToHex(assets.title),
    } satisfies NetworkDescription);
  }
  const opened = {
    finance: openStrand(strands.finance, keys),
    warehouse: openStrand(strands.warehouse, keys),
  };
  return {
    existing: folder.existing,
    plan,
    keys,
    supervisor: started.supervisor,
    rope,
    trust,
    strands: opened,
    assets,
    databases,
    hubUrl: `http://127.0.0.1:${plan.hub}`,
    lost: started.lost,
    wallet,
    async stop(): Promise<void> {
      opened.finance.close();
      opened.warehouse.close();
      await stopAll(started);
    },
  };
}

async function stopAll({ supervisor, anvils, database }: Started): Promise<void> {
  await supervisor.stop();
  await Promise.all(anvils.map((anvil) => anvil.stop()));
  await database?.stop();
}

/** A network keeps its ports: its configuration files and its peers name them. @throws {CodedError} `devnet/other-port` */
function portOf(folder: StateFolder, { basePort, isPortWanted }: NetworkOptions): number {
  if (!folder.existing) return basePort;
  const { basePort: port } = folder.read(isDescription);
  if (isPortWanted !== true || port === basePort) return port;
  throw new CodedError({
    code: "devnet/other-port",
    ...{ folder: folder.path, port, wanted: basePort },
    mend: "leave --port out, or --state FOLDER for another network",
  });
}

const LATE_START_MS = 5_000;

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Starts the whole network on one machine, new or from where it stopped. @throws {CodedError} with the mend */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const folder = openStateFolder(options.directory, options.fresh);
  const basePort = portOf(folder, options);
  const mend = folder.existing ? "stop what holds it" : "npm start -- --port ANOTHER";
  await assertFree(allPorts(planPorts(basePort)), mend);
  const { signal = NEVER } = options;
  const { promise: lost, resolve: onLost } = Promise.withResolvers<CodedError>();
  const started: Started = {
    supervisor: createSupervisor({
      logDirectory: join(folder.path, "logs"),
      pidFile: folder.pidFile,
      ...{ signal, log: options.log, onLost },
    }),
    ...{ anvils: [], database: undefined, lost },
  };
  const up = bringUp({ ...options, basePort }, folder, started);
  try {
    return await Promise.race([up, aborted(signal)]);
  } catch (error) {
    await stopAll(started);
    // What was just being started when it was stopped has started by then, or never will.
    await Promise.race([up.catch(() => undefined), delay(LATE_START_MS)]);
    await stopAll(started);
    throw error;
  }
}
