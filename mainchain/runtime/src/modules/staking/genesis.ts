import {
  addressOf,
  assertAuthority,
  BASIS_POINTS,
  bridgeKeysRecordCodec,
  bytesToHex,
  CodedError,
  type EpochMember,
  type EpochRecord,
  epochRecordCodec,
  equalBytes,
  type Genesis,
  type GenesisValidator,
  genesisValidatorSet,
  MAX_SIGNED_WINDOW,
  MAX_VALIDATORS,
  type StakingParametersRecord,
  sm3,
  stakingParametersRecordCodec,
  stateKey,
  supplyRecordCodec,
  totalPower,
  type ValidatorRecord,
  type ValidatorSet,
  validatorSetCodec,
} from "@ropenet/protocol";
import { bridgeKeysOf, validatorsOf } from "../../epochs.ts";
import { type Context, writeRecord } from "../../module.ts";
import type { Rewards } from "../../slices.ts";
import { ownBridgeKeys, unprovenSuite } from "./bridge-keys.ts";
import { BadGenesis } from "./errors.ts";
import { writeProgress, writeShares, writeValidator } from "./records.ts";
import { MIN_ENTITIES } from "./select-set.ts";

/** Announcement, signatures, and the block that names the next set have to fit between two computations. */
const MIN_EPOCH_BLOCKS = 8n;
const MAX_ISSUANCE_PER_DAY = 1n << 64n;
const FOR_EVER = (1n << 64n) - 1n;

function checkDistinct(what: string, values: readonly Uint8Array[]): void {
  if (new Set(values.map(bytesToHex)).size !== values.length)
    throw new BadGenesis(`${what} are not distinct`);
}

/** No legal entity may hold a third of the power: it could stop the chain alone. */
function checkEntities(set: ValidatorSet): void {
  const byEntity = new Map<string, bigint>();
  for (const { entity, power } of set) {
    if (power <= 0n) throw new BadGenesis("a validator whose stake is below powerUnit");
    const id = bytesToHex(entity);
    byEntity.set(id, (byEntity.get(id) ?? 0n) + power);
  }
  if (byEntity.size < MIN_ENTITIES)
    throw new BadGenesis(`fewer than ${MIN_ENTITIES} legal entities`);
  const total = totalPower(set);
  for (const [entity, power] of byEntity) {
    if (power * 3n >= total)
      throw new BadGenesis(`entity ${entity} holds a third of the power or more`);
  }
}

/** The rule that is broken by parameters under which an offence could outlive the stake that answers for it. */
export function brokenRule(parameters: StakingParametersRecord): string | undefined {
  const demands: readonly (readonly [string, boolean])[] = [
    [
      "trustingPeriodMs + evidenceWindowMs + maxClockDriftMs < unbondingMs",
      parameters.trustingPeriodMs + parameters.evidenceWindowMs + parameters.maxClockDriftMs <
        parameters.unbondingMs,
    ],
    ["evidenceBlocks < unbondingBlocks", parameters.evidenceBlocks < parameters.unbondingBlocks],
    [`epochBlocks ≥ ${MIN_EPOCH_BLOCKS}`, parameters.epochBlocks >= MIN_EPOCH_BLOCKS],
    [
      `${MIN_ENTITIES} ≤ maxValidators ≤ ${MAX_VALIDATORS}`,
      parameters.maxValidators >= MIN_ENTITIES && parameters.maxValidators <= MAX_VALIDATORS,
    ],
    ["minSelfStake > 0", parameters.minSelfStake > 0n],
    ["powerUnit > 0", parameters.powerUnit > 0n],
    [
      `0 < signedWindow ≤ ${MAX_SIGNED_WINDOW}`,
      parameters.signedWindow > 0 && parameters.signedWindow <= MAX_SIGNED_WINDOW,
    ],
    ["issuancePerDay < 2^64", parameters.issuancePerDay < MAX_ISSUANCE_PER_DAY],
    ...[
      parameters.minSignedBasisPoints,
      parameters.downtimeSlashBasisPoints,
      parameters.doubleSignSlashBasisPoints,
      parameters.falseStatementSlashBasisPoints,
    ].map((rate): [string, boolean] => ["rates ≤ 10000", BigInt(rate) <= BASIS_POINTS]),
  ];
  return demands.find(([, holds]) => !holds)?.[0];
}

function checkValidators({ parameters, validators, staking }: Genesis): void {
  for (const validator of validators) {
    const suite = unprovenSuite(parameters.chainId, validator);
    if (suite) throw new BadGenesis(`suite-${suite} bridge key not proven`);
  }
  checkDistinct(
    "consensus keys",
    validators.map(({ publicKey }) => publicKey),
  );
  checkDistinct(
    "suite-1 bridge keys",
    validators.map(({ ethereumAddress }) => ethereumAddress),
  );
  checkDistinct(
    "suite-2 bridge keys",
    validators.map(({ bridgePublicKey }) => bridgePublicKey),
  );
  for (const { stake } of validators) {
    if (stake === 0n) throw new BadGenesis("a validator without stake");
    if (stake < staking.minSelfStake)
      throw new BadGenesis(`a stake of ${stake} is below minSelfStake`);
  }
}

function toRecord(validator: GenesisValidator, context: Context): ValidatorRecord {
  const { publicKey, entity, ethereumAddress, bridgePublicKey, stake } = validator;
  return {
    address: addressOf(publicKey),
    publicKey,
    entity,
    ethereumAddress,
    sm2PublicKey: bridgePublicKey,
    tokens: stake,
    shares: stake,
    commissionBasisPoints: 0,
    maxCommissionBasisPoints: Number(BASIS_POINTS),
    maxDailyChangeBasisPoints: 100,
    commissionChangedMs: context.timeMs,
    // Genesis itself is their certificate.
    admittedUntilMs: FOR_EVER,
    revoked: false,
    jailedUntilMs: 0n,
    tombstoned: false,
    retainedFrom: 0n,
    retainedCut: 0n,
  };
}

/** Genesis powers are given, not computed: they must keep the rules as they stand. */
function firstEpoch(genesis: Genesis, records: readonly ValidatorRecord[]): EpochRecord {
  const { timeMs } = genesis;
  const set = genesisValidatorSet(genesis);
  checkEntities(set);
  const byAddress = new Map(records.map((record) => [bytesToHex(record.address), record]));
  const members = set.map(({ address, publicKey, power, entity }): EpochMember => {
    const record = byAddress.get(bytesToHex(address)) as ValidatorRecord;
    const { tokens: bonded, ethereumAddress, sm2PublicKey } = record;
    return { validator: address, publicKey, entity, power, bonded, ethereumAddress, sm2PublicKey };
  });
  return { epoch: 0n, computedHeight: 0n, firstHeight: 1n, firstTimeMs: timeMs, cut: 0n, members };
}

function listAuthorities({ state }: Context, authorities: readonly Uint8Array[]): void {
  for (const certificate of authorities) {
    try {
      assertAuthority(certificate);
    } catch (cause) {
      if (!(cause instanceof CodedError)) throw cause;
      throw new BadGenesis(`an authority that is none: ${cause.message}`, { cause });
    }
    state.set(stateKey.authority(sm3(certificate)), certificate);
  }
}

/** The first set with its stakes, as if they had been delegated by the validators to themselves. */
export function initStaking(context: Context, genesis: Genesis, rewards: Rewards): void {
  const { state } = context;
  const { staking } = genesis;
  const broken = brokenRule(staking);
  if (broken !== undefined) throw new BadGenesis(`staking: ${broken}`);
  checkValidators(genesis);
  writeRecord(state, stateKey.stakingParameters(), stakingParametersRecordCodec, staking);
  listAuthorities(context, genesis.authorities);
  const records = genesis.validators.map((validator) => toRecord(validator, context));
  const epoch = firstEpoch(genesis, records);
  const bonded = records.reduce((sum, { tokens }) => sum + tokens, 0n);
  const balances = genesis.accounts.reduce((sum, { balance }) => sum + balance, 0n);
  writeRecord(state, stateKey.supply(), supplyRecordCodec, {
    ...{ genesis: balances + bonded, burnt: 0n, bonded, unbonding: 0n },
  });
  writeRecord(state, stateKey.epoch(0n), epochRecordCodec, epoch);
  writeRecord(state, stateKey.validators(), validatorSetCodec, validatorsOf(epoch));
  writeRecord(state, stateKey.bridgeKeys(), bridgeKeysRecordCodec, bridgeKeysOf(epoch));
  writeProgress(state, {
    ...{ epoch: 0n, announced: false, ready: false, nextCut: 1n, waiting: false },
    validators: records.length,
  });
  for (const record of records) {
    writeValidator(state, record);
    writeShares(state, record.address, record.address, record.shares);
    ownBridgeKeys(state, record, record.address);
    rewards.open(context, record.address);
    const seat = epoch.members.find(({ validator }) => equalBytes(validator, record.address));
    rewards.setPower(context, record, seat?.power ?? 0n);
  }
}
