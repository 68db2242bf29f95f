import { join, resolve } from "node:path";
import { digest, SUITE_SM, utf8ToBytes } from "@ropenet/protocol";

/** Every port of the network, counted from one base, so that two networks can stand side by side. */
export interface PortPlan {
  readonly hub: number;
  /** node i: peers at ropeBase + 2i, RPC at ropeBase + 2i + 1 */
  readonly ropeBase: number;
  readonly strands: readonly [number, number];
  readonly attestors: readonly [number, number];
  readonly postgres: number;
  readonly agents: readonly [number, number, number];
  readonly relayers: readonly [number, number];
}

export const VALIDATORS: 4 = 4;

/** Unequal on purpose: nothing may depend on equal stakes. None reaches a third. */
export const STAKES: readonly bigint[] = [300_000n, 270_000n, 230_000n, 200_000n];

export function planPorts(base: number): PortPlan {
  return {
    hub: base,
    ropeBase: base + 1,
    strands: [base + 9, base + 10],
    attestors: [base + 11, base + 12],
    postgres: base + 13,
    agents: [base + 14, base + 15, base + 16],
    relayers: [base + 17, base + 18],
  };
}

export function allPorts(plan: PortPlan): readonly number[] {
  const rope = Array.from({ length: 2 * VALIDATORS }, (_, index) => plan.ropeBase + index);
  return [
    plan.hub,
    ...rope,
    ...plan.strands,
    ...plan.attestors,
    plan.postgres,
    ...plan.agents,
    ...plan.relayers,
  ];
}

export function ropeUrls(plan: PortPlan): readonly string[] {
  return Array.from(
    { length: VALIDATORS },
    (_, index) => `http://127.0.0.1:${plan.ropeBase + 2 * index + 1}`,
  );
}

const root = resolve(import.meta.dirname, "../../../..");

/** Entry points of the processes that this one starts. */
export const PROGRAMS: {
  readonly node: string;
  readonly attestor: string;
  readonly relayer: string;
  readonly hub: string;
  readonly agent: string;
  readonly consoleFolder: string;
} = {
  node: join(root, "mainchain/node/src/main.ts"),
  attestor: join(root, "adapters/evm/src/attestor/main.ts"),
  relayer: join(root, "relayer/src/main.ts"),
  hub: join(root, "hub/server/src/main.ts"),
  agent: join(root, "adapters/agent/src/main.ts"),
  consoleFolder: join(root, "hub/console"),
};

export const DEPARTMENT_NAMES: readonly ["police", "social-security", "housing"] = [
  "police",
  "social-security",
  "housing",
];

/** 虚构 · what the departments' joint credential is about, and what for (1 = 贷款审核). */
export const DATA_SET: { readonly digest: Uint8Array; readonly purposes: readonly number[] } = {
  digest: digest(SUITE_SM, "data-digest", utf8ToBytes("公安·社保·房管 三项是否（虚构）")),
  purposes: [1],
};

export interface StrandPlan {
  readonly key: "finance" | "warehouse";
  readonly name: string;
  readonly chainId: number;
  readonly description: string;
}

const TRUST = "开发用 EVM 链 · attested(3, 4)，四证明人同一进程";

export const STRAND_PLANS: readonly [StrandPlan, StrandPlan] = [
  { key: "finance", name: "金融链", chainId: 31_337, description: TRUST },
  { key: "warehouse", name: "仓储链", chainId: 31_338, description: TRUST },
];
