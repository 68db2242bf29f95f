import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type ContractArtifact,
  DEMO_CNY_ARTIFACT,
  GATEWAY_ARTIFACT,
  PLEDGE_LOAN_ARTIFACT,
  VOUCHER_TITLE_ARTIFACT,
  VOUCHER_TOKEN_ARTIFACT,
  WAREHOUSE_TITLE_ARTIFACT,
} from "../src/generated/artifacts.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const packageJson = createRequire(import.meta.url).resolve(
  "@foundry-rs/forge-linux-amd64/package.json",
);
const forge = join(dirname(packageJson), "bin", "forge");

interface TestResult {
  readonly status: string;
  readonly reason: string | null;
}

type Suites = Readonly<Record<string, { readonly test_results: Record<string, TestResult> }>>;

/** Cold: the IR pipeline takes half a minute in solc-js, on a machine that other tests share. */
const COLD_COMPILE_MS = 300_000;

async function forgeTest(): Promise<Suites> {
  const { PATH: path = "" } = process.env;
  const environment = {
    ...process.env,
    FOUNDRY_CONFIG: "adapters/evm/foundry.toml",
    PATH: [join(root, "node_modules", ".bin"), path].join(delimiter),
  };
  const options = { cwd: root, env: environment, maxBuffer: 1 << 28 };
  // A failing test makes forge exit 1 with its JSON still on stdout.
  const { stdout, stderr } = await promisify(execFile)(
    forge,
    ["test", "--root", ".", "--json"],
    options,
  ).catch((failure: { stdout: string; stderr: string }) => failure);
  const start = stdout.indexOf('{"');
  if (start < 0) throw new Error(`forge ran no test: ${stdout}${stderr}`);
  return JSON.parse(stdout.slice(start)) as Suites;
}

interface AbiEntry {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly { readonly type: string }[];
}

/** forge orders an ABI by name, solc by declaration. */
function byName(abi: readonly unknown[]): readonly unknown[] {
  const label = ({ type, name = "", inputs = [] }: AbiEntry): string =>
    `${type} ${name}(${inputs.map((input) => input.type).join()})`;
  return (abi as readonly AbiEntry[]).toSorted((left, right) =>
    label(left) < label(right) ? -1 : 1,
  );
}

function forgeArtifact(contract: string): {
  abi: readonly unknown[];
  bytecode: { object: string };
} {
  const path = join(root, "adapters/evm/forge-out", `${contract}.sol`, `${contract}.json`);
  return JSON.parse(readFileSync(path, "utf8"));
}

describe("the gateway in Solidity", () => {
  let results: readonly (readonly [string, TestResult])[] = [];

  beforeAll(async () => {
    const suites = await forgeTest();
    results = Object.entries(suites).flatMap(([suite, { test_results }]) =>
      Object.entries(test_results).map(
        ([test, result]) => [`${suite.split(":").at(-1)}.${test}`, result] as const,
      ),
    );
  }, COLD_COMPILE_MS);

  it("passes every forge test, fuzz run and invariant", () => {
    const failures = results.filter(([, { status }]) => status !== "Success");
    expect(failures.map(([test, { reason }]) => `${test}: ${reason}`)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(100);
    expect(new Set(results.map(([test]) => test.split(".")[0]))).toEqual(
      new Set([
        "CheckpointTest",
        "DataCredentialTest",
        "DeliveryTest",
        "EscrowInvariantTest",
        "ExecutionTest",
        "GatewayVectorsTest",
        "SendingTest",
        "StorageTest",
        "StoryTest",
        "VectorsTest",
      ]),
    );
  });

  const shipped: readonly (readonly [string, ContractArtifact])[] = [
    ["RopeGateway", GATEWAY_ARTIFACT],
    ["VoucherToken", VOUCHER_TOKEN_ARTIFACT],
    ["VoucherTitle", VOUCHER_TITLE_ARTIFACT],
    ["WarehouseTitle", WAREHOUSE_TITLE_ARTIFACT],
    ["PledgeLoan", PLEDGE_LOAN_ARTIFACT],
    ["DemoCny", DEMO_CNY_ARTIFACT],
  ];

  it.each(shipped)("ships the %s that was tested, byte for byte", (contract, artifact) => {
    const tested = forgeArtifact(contract);
    expect(artifact.bytecode).toBe(tested.bytecode.object);
    expect(byName(artifact.abi)).toEqual(byName(tested.abi));
  });
});
