import {
  type GovernanceParametersRecord,
  governanceParametersRecordCodec,
  OFFICES,
  PARAMETER_SET,
  type ParametersRecord,
  parametersRecordCodec,
  type SetParameter,
  type SupplyRecord,
  stateKey,
  supplyRecordCodec,
} from "@ropenet/protocol";
import { readStakingParameters } from "../../epochs.ts";
import { readGovernanceParameters } from "../../governance-parameters.ts";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";
import type { StakingRules } from "../../slices.ts";
import { GovernanceError } from "./errors.ts";

function readSupply(state: StateView): SupplyRecord {
  const supply = readRecord(state, stateKey.supply(), supplyRecordCodec);
  if (!supply) throw new Error("a chain without a supply");
  return supply;
}

type Rule = readonly [string, boolean];

const DAY_MS = 86_400_000n;

const within = (name: string, value: bigint | number, least: bigint, most: bigint): Rule => [
  `${least} ≤ ${name} ≤ ${most}`,
  BigInt(value) >= least && BigInt(value) <= most,
];

/** Bounds on both sides: governance must not be able to vote itself out of reach. */
function brokenGovernanceRule(
  next: GovernanceParametersRecord,
  supply: bigint,
): string | undefined {
  const offices = BigInt(OFFICES.length);
  const rules: readonly Rule[] = [
    within("deposit", next.deposit, 0n, supply / 1_000n),
    within("maxOpen", next.maxOpen, 1n, 64n),
    within("votingBlocks", next.votingBlocks, 1n, 1_000_000n),
    within("votingMs", next.votingMs, 1_000n, 30n * DAY_MS),
    within("quorumBasisPoints", next.quorumBasisPoints, 3_334n, 8_000n),
    within("thresholdBasisPoints", next.thresholdBasisPoints, 5_000n, 8_000n),
    within("vetoBasisPoints", next.vetoBasisPoints, 1_000n, 5_000n),
    within("delayMs", next.delayMs, 0n, 30n * DAY_MS),
    within("upgradeNoticeBlocks", next.upgradeNoticeBlocks, 1n, 10_000_000n),
    within("haltQuorum", next.haltQuorum, 2n, offices - 1n),
    // Who ordered a halt does not judge it: enough offices must be left.
    within("appealQuorum", next.appealQuorum, 1n, offices - BigInt(next.haltQuorum)),
    within("maxHaltMs", next.maxHaltMs, 60_000n, 365n * DAY_MS),
    within("approvalMs", next.approvalMs, 1_000n, 30n * DAY_MS),
  ];
  return rules.find(([, holds]) => !holds)?.[0];
}

/** What of the chain's own parameters may change; the others are what the chain is. */
const CHAIN_NAMES = [
  "checkpointIntervalMs",
  "checkpointHeartbeatMs",
  "minLegMs",
  "maxHoldMs",
  "baseFee",
] as const satisfies readonly (keyof ParametersRecord)[];

function brokenChainRule(next: ParametersRecord): string | undefined {
  const { checkpointIntervalMs: interval } = next;
  const rules: readonly Rule[] = [
    within("checkpointIntervalMs", interval, 200n, 60_000n),
    // Gateways refuse uses when they have heard nothing for their maxLagMs, at most ten minutes.
    within("checkpointHeartbeatMs", next.checkpointHeartbeatMs, interval, 300_000n),
    within("minLegMs", next.minLegMs, 1_000n, DAY_MS),
    within("maxHoldMs", next.maxHoldMs, 60_000n, 365n * DAY_MS),
    within("baseFee", next.baseFee, 0n, 1_000_000n),
  ];
  return rules.find(([, holds]) => !holds)?.[0];
}

/** The record with one field changed, in the field's own type. */
function changed<T extends object>(record: T, { set, name, value }: SetParameter): T {
  const was: unknown = Object.hasOwn(record, name) ? record[name as keyof T] : undefined;
  if (typeof was === "bigint") return { ...record, [name]: value };
  if (typeof was === "number" && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return { ...record, [name]: Number(value) };
  }
  throw new GovernanceError({ code: "governance/unknown-parameter", set, name });
}

function assertRule(name: string, rule: string | undefined): void {
  if (rule !== undefined)
    throw new GovernanceError({ code: "governance/bad-parameter", name, rule });
}

/**
 * Checks all before it writes: the whole must hold, not the one value.
 * @throws CodedError `governance/unknown-parameter`, `governance/bad-parameter`, `staking/bad-parameters`
 */
export function setParameter(context: Context, change: SetParameter, staking: StakingRules): void {
  const { state, parameters } = context;
  const { set, name } = change;
  if (set === PARAMETER_SET.staking) {
    staking.change(context, changed(readStakingParameters(state), change));
    return;
  }
  if (set === PARAMETER_SET.governance) {
    const next = changed(readGovernanceParameters(state, parameters), change);
    const { genesis } = readSupply(state);
    assertRule(name, brokenGovernanceRule(next, genesis));
    writeRecord(state, stateKey.governanceParameters(), governanceParametersRecordCodec, next);
    return;
  }
  if (!CHAIN_NAMES.some((known) => known === name)) {
    throw new GovernanceError({ code: "governance/unknown-parameter", set, name });
  }
  const next = changed(parameters, change);
  assertRule(name, brokenChainRule(next));
  writeRecord(state, stateKey.parameters(), parametersRecordCodec, next);
}
