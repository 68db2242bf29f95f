import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  connectRope,
  createFailoverRpcClient,
  fetchSignedHeader,
  type Rope,
  type RopeTrustJson,
  ropeTrustOf,
} from "@ropenet/client";
import { createDevnet, NODE_FLAGS } from "@ropenet/node";
import {
  blockIdOf,
  bytesToHex,
  hexToBytes,
  type StakingParametersRecord,
  sm3,
} from "@ropenet/protocol";
import type { PostgresAccess } from "../process/postgres.ts";
import { eventually, httpReady } from "../process/ready.ts";
import type { StateFolder } from "../process/state-folder.ts";
import type { Supervisor } from "../process/supervisor.ts";
import type { KeyRing } from "./actors.ts";
import { genesisPeople } from "./genesis.ts";
import {
  DATA_SET,
  DEPARTMENT_NAMES,
  type PortPlan,
  PROGRAMS,
  ropeUrls,
  STAKES,
  STRAND_PLANS,
  VALIDATORS,
} from "./plan.ts";
import { attestorKeys } from "./set-up-strand.ts";
import { THRESHOLD } from "./setup-rope.ts";
import type { StrandDescription } from "./strand.ts";

const CHAIN_NAME = "ropenet-dev";

/** What every launch needs. */
export interface LaunchParts {
  readonly supervisor: Supervisor;
  readonly folder: StateFolder;
  readonly plan: PortPlan;
  readonly keys: KeyRing;
  readonly staking: Partial<StakingParametersRecord>;
}

function writeJson(file: string, value: object): string {
  writeFileSync(file, JSON.stringify(value, null, 2), { mode: 0o600 });
  return file;
}

export async function startValidators({
  supervisor,
  folder,
  plan,
  keys,
  staking,
}: LaunchParts): Promise<{ readonly rope: Rope; readonly trust: RopeTrustJson }> {
  const ropeFolder = join(folder.path, "rope");
  if (!folder.existing) {
    createDevnet({
      directory: ropeFolder,
      chainName: CHAIN_NAME,
      validators: VALIDATORS,
      stakes: STAKES,
      basePort: plan.ropeBase,
      ...genesisPeople(keys),
      parameters: {
        checkpointIntervalMs: 500n,
        checkpointHeartbeatMs: 5_000n,
        minLegMs: 60_000n,
        developmentProfile: true,
      },
      staking,
    });
  }
  const urls = ropeUrls(plan);
  await Promise.all(
    urls.map((url, index) =>
      supervisor.start({
        name: `validator-${index}`,
        command: [
          process.execPath,
          ...NODE_FLAGS,
          PROGRAMS.node,
          "--config",
          join(ropeFolder, `node-${index}`, "config.json"),
        ],
        ready: httpReady(`${url}/health`),
      }),
    ),
  );
  let rope: Rope | undefined;
  let trust = trustOf(ropeFolder);
  await eventually(async () => {
    if (folder.existing) trust = { ...trust, trustedHeader: await newestHeader(urls) };
    rope = await connectRope(urls, ropeTrustOf(trust));
  }, AbortSignal.timeout(20_000));
  if (!rope) throw new Error("unreachable: eventually returned without a rope");
  writeJson(join(folder.path, "client.json"), { ropeUrls: urls, ...trust });
  return { rope, trust };
}

/** The genesis that lies in this network's own folder. */
function trustOf(ropeFolder: string): RopeTrustJson {
  const genesis = readFileSync(join(ropeFolder, "genesis.hex"), "utf8").trim();
  return { genesisHash: bytesToHex(sm3(hexToBytes(genesis))) };
}

/** The validators are this process's own children on its own state: it may say what they have come to. */
async function newestHeader(
  urls: readonly string[],
): Promise<NonNullable<RopeTrustJson["trustedHeader"]>> {
  const { header } = await fetchSignedHeader(createFailoverRpcClient(urls), undefined);
  return { height: Number(header.height), id: bytesToHex(blockIdOf(header)), atMs: Date.now() };
}

export async function startAttestors(
  { supervisor, folder, plan }: LaunchParts,
  strands: readonly StrandDescription[],
): Promise<void> {
  await Promise.all(
    strands.map((strand, index) => {
      const { key } = STRAND_PLANS[index] ?? STRAND_PLANS[0];
      const port = plan.attestors[index] ?? 0;
      const config = writeJson(join(folder.path, `attestor-${key}.json`), {
        name: strand.name,
        rpcUrl: strand.rpcUrl,
        port,
        genesisHash: strand.genesisHash,
        threshold: THRESHOLD,
        keyFiles: attestorKeys(folder, key).map(({ file }) => file),
        directory: join(folder.path, `attestor-${key}`),
      });
      return supervisor.start({
        name: `attestor-${key}`,
        command: [process.execPath, PROGRAMS.attestor, "--config", config],
        ready: httpReady(`http://127.0.0.1:${port}/health`),
      });
    }),
  );
}

export async function startRelayers(
  { supervisor, folder, plan, keys }: LaunchParts,
  trust: RopeTrustJson,
  strands: readonly StrandDescription[],
  postgres: PostgresAccess,
): Promise<void> {
  await Promise.all(
    (["relayer-0", "relayer-1"] as const).map((name, index) => {
      const statusPort = plan.relayers[index] ?? 0;
      const config = writeJson(join(folder.path, `${name}.json`), {
        worker: name,
        rope: { urls: ropeUrls(plan), ...trust, secretKeyFile: keys.rope(name).file },
        strands: strands.map((strand, position) => ({
          kind: "evm",
          name: strand.name,
          rpcUrl: strand.rpcUrl,
          gatewayAddress: strand.gatewayAddress,
          gatewayUid: strand.gatewayUid,
          attestors: [`http://127.0.0.1:${plan.attestors[position]}`],
          secretKeyFile: keys.evm(name).file,
          startHeight: strand.startHeight,
        })),
        postgres,
        statusPort,
      });
      return supervisor.start({
        name,
        command: [process.execPath, PROGRAMS.relayer, "--config", config],
        ready: httpReady(`http://127.0.0.1:${statusPort}/health`),
      });
    }),
  );
}

export async function startAgents(
  { supervisor, folder, plan, keys }: LaunchParts,
  trust: RopeTrustJson,
  databases: Readonly<Record<string, PostgresAccess>>,
): Promise<void> {
  await Promise.all(
    DEPARTMENT_NAMES.map((department, index) => {
      const port = plan.agents[index] ?? 0;
      const config = writeJson(join(folder.path, `agent-${department}.json`), {
        department,
        port,
        ropeUrls: ropeUrls(plan),
        ...trust,
        postgres: databases[department],
        dataSet: { digest: bytesToHex(DATA_SET.digest), purposes: DATA_SET.purposes },
        secretKeyFile: keys.rope(department).file,
      });
      return supervisor.start({
        name: `agent-${department}`,
        command: [process.execPath, PROGRAMS.agent, "--config", config],
        ready: httpReady(`http://127.0.0.1:${port}/health`),
      });
    }),
  );
}

export async function startHub(
  { supervisor, folder, plan }: LaunchParts,
  trust: RopeTrustJson,
  strands: readonly StrandDescription[],
  postgres: PostgresAccess,
  consoleDirectory: string,
): Promise<void> {
  const config = writeJson(join(folder.path, "hub.json"), {
    port: plan.hub,
    ropeUrls: ropeUrls(plan),
    ...trust,
    consoleDirectory,
    postgres,
    strands: strands.map(({ name, rpcUrl, gatewayAddress, gatewayUid, startHeight }) => ({
      name,
      rpcUrl,
      gatewayAddress,
      gatewayUid,
      startHeight,
    })),
  });
  await supervisor.start({
    name: "hub",
    command: [process.execPath, PROGRAMS.hub, "--config", config],
    ready: httpReady(`http://127.0.0.1:${plan.hub}/health`),
  });
}
