import {
  addressOf,
  BASIS_POINTS,
  bytesToHex,
  type CreateValidator,
  equalBytes,
  type ValidatorRecord,
} from "@ropenet/protocol";
import { readStakingParameters, readStakingProgress } from "../../epochs.ts";
import type { TransactionContext } from "../../module.ts";
import type { Coins, Rewards } from "../../slices.ts";
import { CERTIFICATE_UNITS, checkAdmission } from "./admission.ts";
import { ownBridgeKeys, takenSuite, unprovenSuite } from "./bridge-keys.ts";
import { StakingError } from "./errors.ts";
import {
  findValidator,
  MAX_VALIDATORS_ON_RECORD,
  moveSupply,
  writeProgress,
  writeShares,
  writeValidator,
} from "./records.ts";

/** Fee units of the two proofs of possession. */
const POSSESSION_UNITS = 2_000n;

function checkCommission(body: CreateValidator): void {
  const { commissionBasisPoints, maxCommissionBasisPoints, maxDailyChangeBasisPoints } = body;
  const refuse = (reason: string): never => {
    throw new StakingError({ code: "staking/bad-commission", reason });
  };
  if (BigInt(maxCommissionBasisPoints) > BASIS_POINTS) refuse("maximum above 100 %");
  if (commissionBasisPoints > maxCommissionBasisPoints) refuse("above its maximum");
  if (maxDailyChangeBasisPoints > maxCommissionBasisPoints) refuse("daily change above maximum");
}

function checkKeys(context: TransactionContext, body: CreateValidator): void {
  const { state, parameters } = context;
  const unproven = unprovenSuite(parameters.chainId, body);
  if (unproven) throw new StakingError({ code: "staking/bridge-key-not-proven", suite: unproven });
  const { ethereumAddress, bridgePublicKey: sm2PublicKey } = body;
  const taken = takenSuite(state, { ethereumAddress, sm2PublicKey });
  if (taken) throw new StakingError({ code: "staking/bridge-key-taken", suite: taken });
}

/** Certificate, keys and own stake: a candidate, in a set from the next epoch at the earliest. */
export function createValidator(
  context: TransactionContext,
  body: CreateValidator,
  { coins, rewards }: { readonly coins: Coins; readonly rewards: Rewards },
): void {
  const { state, sender, timeMs } = context;
  const { publicKey, selfStake } = body;
  if (!equalBytes(addressOf(publicKey), sender)) {
    throw new StakingError({ code: "staking/wrong-key" });
  }
  if (findValidator(state, sender)) {
    throw new StakingError({ code: "staking/validator-exists", validator: sender });
  }
  const progress = readStakingProgress(state);
  if (progress.validators >= MAX_VALIDATORS_ON_RECORD) {
    const limit = MAX_VALIDATORS_ON_RECORD;
    throw new StakingError({ code: "staking/too-many-validators", limit });
  }
  checkCommission(body);
  const { minSelfStake: needed } = readStakingParameters(state);
  if (selfStake < needed) {
    throw new StakingError({ code: "staking/too-little-self-stake", selfStake, needed });
  }
  context.charge(CERTIFICATE_UNITS + POSSESSION_UNITS);
  const { entity, untilMs } = checkAdmission(context, body.certificate, publicKey);
  checkKeys(context, body);
  coins.take(context, sender, selfStake);
  const record: ValidatorRecord = {
    address: sender,
    publicKey,
    entity,
    ethereumAddress: body.ethereumAddress,
    sm2PublicKey: body.bridgePublicKey,
    tokens: selfStake,
    shares: selfStake,
    commissionBasisPoints: body.commissionBasisPoints,
    maxCommissionBasisPoints: body.maxCommissionBasisPoints,
    maxDailyChangeBasisPoints: body.maxDailyChangeBasisPoints,
    commissionChangedMs: timeMs,
    admittedUntilMs: untilMs,
    revoked: false,
    jailedUntilMs: 0n,
    tombstoned: false,
    retainedFrom: 0n,
    retainedCut: 0n,
  };
  rewards.open(context, sender);
  rewards.payDelegator(context, record, sender, 0n);
  writeValidator(state, record);
  writeShares(state, sender, sender, record.shares);
  ownBridgeKeys(state, record, sender);
  moveSupply(state, { bonded: selfStake });
  writeProgress(state, { ...progress, validators: progress.validators + 1 });
  context.emit("staking.validator-created", {
    validator: bytesToHex(sender),
    entity: bytesToHex(entity),
    selfStake: String(selfStake),
  });
}
