import { issueCertificate, type KeyUsage } from "@ropenet/crypto/pki";
import {
  type CreateValidator,
  DEFAULT_STAKING_PARAMETERS,
  digest,
  type EpochRecord,
  epochRecordCodec,
  type Genesis,
  type MessageBodies,
  type StakingParametersRecord,
  type StakingProgressRecord,
  SUITE_KECCAK,
  SUITE_SM,
  secp256k1,
  sm2,
  stakingProgressRecordCodec,
  stateKey,
  type ValidatorRecord,
  validatorRecordCodec,
} from "@ropenet/protocol";
import { account, ethereumKey, type TestAccount } from "./accounts.ts";
import { CHAIN_ID, GENESIS, GENESIS_MS, RICH, type TestValidator, validators } from "./genesis.ts";
import { type Plan, plan, RopeBench } from "./rope-bench.ts";
import { bridgeSignature } from "./signing.ts";

/** Everything short enough for a test to wait for; the rules between the numbers hold. */
export const STAKING: StakingParametersRecord = {
  ...DEFAULT_STAKING_PARAMETERS,
  epochBlocks: 8n,
  unbondingBlocks: 40n,
  unbondingMs: 100_000n,
  trustingPeriodMs: 50_000n,
  evidenceWindowMs: 30_000n,
  evidenceBlocks: 30n,
  maxClockDriftMs: 10_000n,
  signedWindow: 10,
  minSignedBasisPoints: 5_000,
  downtimeJailMs: 20_000n,
  downtimeSlashBasisPoints: 100,
  missedCheckpointLimit: 2,
};

const root = account("authority");
const SECONDS = Number(GENESIS_MS / 1000n);
const DAY = 86_400;
const name = { country: "CN", organization: "准入机构（虚构）" };
const validity = { notBefore: SECONDS - DAY, notAfter: SECONDS + 365 * DAY };

export const AUTHORITY: Uint8Array = issueCertificate(
  {
    ...{ subject: name, publicKey: root.publicKey, ...validity },
    ...{ keyUsage: ["keyCertSign"], authority: {}, serial: Uint8Array.of(1) },
  },
  { secretKey: root.secretKey, name },
);

export function certificateFor(
  publicKey: Uint8Array,
  organization: string,
  changes: {
    readonly notAfter?: number;
    readonly keyUsage?: readonly KeyUsage[];
    readonly issuerKey?: Uint8Array;
  } = {},
): Uint8Array {
  const { issuerKey = root.secretKey, ...terms } = changes;
  return issueCertificate(
    {
      ...{ subject: { country: "CN", organization }, publicKey, ...validity },
      ...{ keyUsage: ["digitalSignature"], serial: Uint8Array.of(7), ...terms },
    },
    { secretKey: issuerKey, name },
  );
}

/** Somebody with all the keys of a validator. */
export function candidate(label: string, stake = 100n): TestValidator {
  return {
    consensus: account(`candidate/${label}`),
    bridge: account(`candidate/${label}/bridge`),
    ethereum: ethereumKey(`candidate/${label}`),
    stake,
  };
}

export function application(
  { consensus, bridge, ethereum, stake }: TestValidator,
  organization: string,
  changes: Partial<CreateValidator> = {},
): Plan {
  const { publicKey } = consensus;
  return plan(consensus, "staking/create-validator", {
    publicKey,
    certificate: certificateFor(publicKey, organization),
    ethereumAddress: ethereum.address,
    ethereumProof: secp256k1.sign(
      digest(SUITE_KECCAK, "bridge-key", CHAIN_ID, publicKey),
      ethereum.secretKey,
    ),
    bridgePublicKey: bridge.publicKey,
    bridgeProof: sm2.sign(digest(SUITE_SM, "bridge-key", CHAIN_ID, publicKey), bridge.secretKey),
    selfStake: stake,
    commissionBasisPoints: 1_000,
    maxCommissionBasisPoints: 2_000,
    maxDailyChangeBasisPoints: 100,
    ...changes,
  });
}

export const delegate = (from: TestAccount, { consensus }: TestValidator, amount: bigint): Plan =>
  plan(from, "staking/delegate", { validator: consensus.address, amount });

export const undelegate = (from: TestAccount, { consensus }: TestValidator, amount: bigint): Plan =>
  plan(from, "staking/undelegate", { validator: consensus.address, amount });

/** A chain of short epochs, with an authority; everybody who may become a validator has coins. */
export function stakingRope(
  changes: Partial<StakingParametersRecord> = {},
  others: readonly TestValidator[] = [],
  genesis: Partial<Genesis> = {},
): RopeBench {
  return RopeBench.create([], {
    staking: { ...STAKING, ...changes },
    authorities: [AUTHORITY],
    accounts: [
      ...GENESIS.accounts,
      ...[...validators, ...others].map(({ consensus }) => ({
        address: consensus.address,
        balance: RICH,
      })),
    ],
    ...genesis,
  });
}

export const progressOf = (rope: RopeBench): StakingProgressRecord =>
  rope.must(stateKey.stakingProgress(), stakingProgressRecordCodec);
export const epochOf = (rope: RopeBench, epoch = progressOf(rope).epoch): EpochRecord =>
  rope.must(stateKey.epoch(epoch), epochRecordCodec);
export const recordOf = (rope: RopeBench, { consensus }: TestValidator): ValidatorRecord =>
  rope.must(stateKey.validator(consensus.address), validatorRecordCodec);
export const powerOf = (rope: RopeBench, { consensus }: TestValidator): bigint | undefined =>
  epochOf(rope).members.find(({ validator }) => Buffer.from(validator).equals(consensus.address))
    ?.power;

/** Empty blocks up to the next height at which a set is computed; that one included. */
export function toBoundary(rope: RopeBench, epochBlocks = STAKING.epochBlocks): void {
  do rope.do();
  while (rope.height % epochBlocks !== 0n);
}

export function handoverPlans(rope: RopeBench, signers: readonly TestValidator[]): readonly Plan[] {
  return signers.flatMap((validator) =>
    rope.runtime.queries
      .handoversToSign(validator.consensus.address)
      .map(({ suite, fromEpoch, digest: message }) => {
        const body: MessageBodies["checkpoints/sign-handover"] = {
          ...{ suite, fromEpoch, signature: bridgeSignature(validator, suite, message) },
        };
        return plan(validator.consensus, "checkpoints/sign-handover", body, { feeLimit: 0n });
      }),
  );
}

/** From wherever the chain is into its next epoch. */
export function rotate(rope: RopeBench, signers: readonly TestValidator[]): void {
  const { epoch } = progressOf(rope);
  if (!progressOf(rope).announced) toBoundary(rope);
  rope.do(...handoverPlans(rope, signers));
  rope.do();
  if (progressOf(rope).epoch !== epoch + 1n) throw new Error("the epoch did not change");
}

/** Rotations until the set is what the stakes make it. */
export function settle(rope: RopeBench, signers: readonly TestValidator[]): void {
  for (let epochs = 0; epochs < 12; epochs += 1) {
    if (!progressOf(rope).announced) toBoundary(rope);
    if (!progressOf(rope).announced) return;
    rotate(rope, signers);
  }
  throw new Error(`a set that never settles: ${epochOf(rope).members.map(({ power }) => power)}`);
}
