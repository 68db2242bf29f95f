import { b20, type Codec, fixedBytes, struct, u16, u64, u128, varBytes } from "../codec/codec.ts";

/** A certificate of a validator's key, in DER. */
export const MAX_CERTIFICATE_BYTES = 4_096;

/** The sender's key becomes a consensus key, its account the validator's. */
export interface CreateValidator {
  /** the sender's, 65 bytes */
  readonly publicKey: Uint8Array;
  /** SM2 X.509 certificate of that key, by a listed authority; its organisation is the legal entity */
  readonly certificate: Uint8Array;
  readonly ethereumAddress: Uint8Array;
  /** the suite-1 key signs D(1, bridge-key, chainId ‖ publicKey) */
  readonly ethereumProof: Uint8Array;
  readonly bridgePublicKey: Uint8Array;
  /** the suite-2 key signs D(2, bridge-key, chainId ‖ publicKey) */
  readonly bridgeProof: Uint8Array;
  readonly selfStake: bigint;
  readonly commissionBasisPoints: number;
  /** fixed for ever */
  readonly maxCommissionBasisPoints: number;
  readonly maxDailyChangeBasisPoints: number;
}
export const createValidatorCodec: Codec<CreateValidator> = struct<CreateValidator>({
  publicKey: fixedBytes(65),
  certificate: varBytes(MAX_CERTIFICATE_BYTES, u16),
  ethereumAddress: b20,
  ethereumProof: fixedBytes(65),
  bridgePublicKey: fixedBytes(65),
  bridgeProof: fixedBytes(64),
  selfStake: u128,
  commissionBasisPoints: u16,
  maxCommissionBasisPoints: u16,
  maxDailyChangeBasisPoints: u16,
});

export interface Delegate {
  readonly validator: Uint8Array;
  readonly amount: bigint;
}
export const delegateCodec: Codec<Delegate> = struct<Delegate>({ validator: b20, amount: u128 });

/** The coins are free only after unbonding; until then they answer for what the validator did with them. */
export interface Undelegate {
  readonly validator: Uint8Array;
  readonly amount: bigint;
}
export const undelegateCodec: Codec<Undelegate> = struct<Undelegate>({
  validator: b20,
  amount: u128,
});

/** Takes what has unbonded; `cut` as the event of the undelegation names it. */
export interface ClaimUnbonded {
  readonly validator: Uint8Array;
  readonly cut: bigint;
}
export const claimUnbondedCodec: Codec<ClaimUnbonded> = struct<ClaimUnbonded>({
  validator: b20,
  cut: u64,
});

export interface SetCommission {
  readonly basisPoints: number;
}
export const setCommissionCodec: Codec<SetCommission> = struct<SetCommission>({ basisPoints: u16 });

export type Unjail = Record<never, never>;
export const unjailCodec: Codec<Unjail> = struct<Unjail>({});

/** The sender's rewards of one validator; a validator's commission comes with those of its own stake. */
export interface WithdrawRewards {
  readonly validator: Uint8Array;
}
export const withdrawRewardsCodec: Codec<WithdrawRewards> = struct<WithdrawRewards>({
  validator: b20,
});

export interface RenewAdmission {
  readonly certificate: Uint8Array;
}
export const renewAdmissionCodec: Codec<RenewAdmission> = struct<RenewAdmission>({
  certificate: varBytes(MAX_CERTIFICATE_BYTES, u16),
});

/** By the admission office 外联部: the validator leaves with the next epoch. */
export interface RevokeAdmission {
  readonly validator: Uint8Array;
  readonly reason: number;
}
export const revokeAdmissionCodec: Codec<RevokeAdmission> = struct<RevokeAdmission>({
  validator: b20,
  reason: u16,
});
