import { concatBytes, utf8ToBytes } from "@ropenet/crypto";
import { encode, u16, u32, u64 } from "../codec/codec.ts";

/** Names of offices come from transactions. */
const MAX_PREFIXES = 256;
const prefixes = new Map<string, Uint8Array>();

function prefixBytes(prefix: string): Uint8Array {
  const known = prefixes.get(prefix);
  if (known) return known;
  const bytes = utf8ToBytes(prefix);
  if (prefixes.size < MAX_PREFIXES) prefixes.set(prefix, bytes);
  return bytes;
}

/** A state key: `module/record/` in ASCII and fixed-width parts, so that ranges are prefixes. */
function key(prefix: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(prefixBytes(prefix), ...parts);
}

const n64 = (value: bigint): Uint8Array => encode(u64, value);
const n32 = (value: number): Uint8Array => encode(u32, value);
const n16 = (value: number): Uint8Array => encode(u16, value);

/** Where every record of the state tree lives; clients prove these keys. */
export const stateKey: {
  readonly parameters: () => Uint8Array;
  readonly account: (address: Uint8Array) => Uint8Array;
  readonly validators: () => Uint8Array;
  readonly bridgeKeys: () => Uint8Array;
  readonly member: (memberId: Uint8Array) => Uint8Array;
  readonly memberByAccount: (address: Uint8Array) => Uint8Array;
  readonly office: (office: string, address: Uint8Array) => Uint8Array;
  readonly chain: (gateway: Uint8Array) => Uint8Array;
  readonly chainCount: () => Uint8Array;
  readonly chainByIndex: (index: number) => Uint8Array;
  readonly admittedChainCount: () => Uint8Array;
  readonly admittedChain: (index: number) => Uint8Array;
  readonly pendingChainCount: () => Uint8Array;
  readonly pendingChainsOf: (registrant: Uint8Array) => Uint8Array;
  readonly client: (gateway: Uint8Array) => Uint8Array;
  readonly provenHeader: (gateway: Uint8Array, height: bigint) => Uint8Array;
  readonly provenHeaderCount: (gateway: Uint8Array) => Uint8Array;
  readonly lane: (gateway: Uint8Array, lane: number) => Uint8Array;
  readonly sent: (gateway: Uint8Array, lane: number, sequence: bigint) => Uint8Array;
  readonly receipt: (gateway: Uint8Array, lane: number, sequence: bigint) => Uint8Array;
  readonly outbox: (gateway: Uint8Array) => Uint8Array;
  readonly outboxEntry: (gateway: Uint8Array, index: bigint) => Uint8Array;
  readonly transfer: (transferId: Uint8Array) => Uint8Array;
  readonly transferCount: () => Uint8Array;
  readonly transferByIndex: (index: bigint) => Uint8Array;
  /** by time, then by the order of arrival, which no sender can choose */
  readonly releaseQueue: (releaseAtMs: bigint, index: bigint) => Uint8Array;
  readonly heldTransfer: (holdId: Uint8Array, transferId: Uint8Array) => Uint8Array;
  readonly liftedHold: (holdId: Uint8Array) => Uint8Array;
  readonly asset: (assetId: Uint8Array) => Uint8Array;
  readonly assetCount: () => Uint8Array;
  readonly assetByIndex: (index: number) => Uint8Array;
  readonly issued: (assetId: Uint8Array) => Uint8Array;
  readonly representation: (assetId: Uint8Array, gateway: Uint8Array) => Uint8Array;
  readonly position: (assetId: Uint8Array, gateway: Uint8Array) => Uint8Array;
  readonly conservation: (assetId: Uint8Array) => Uint8Array;
  readonly title: (assetId: Uint8Array, tokenId: Uint8Array) => Uint8Array;
  readonly holding: (assetId: Uint8Array, address: Uint8Array) => Uint8Array;
  readonly refundable: (assetId: Uint8Array, address: Uint8Array) => Uint8Array;
  readonly flow: (assetId: Uint8Array, gateway: Uint8Array) => Uint8Array;
  readonly credential: (credentialId: Uint8Array) => Uint8Array;
  readonly credentialPosition: (credentialId: Uint8Array, gateway: Uint8Array) => Uint8Array;
  readonly credentialUnderWay: (transferId: Uint8Array) => Uint8Array;
  readonly credentialMark: (credentialId: Uint8Array, gateway: Uint8Array) => Uint8Array;
  readonly hold: (holdId: Uint8Array) => Uint8Array;
  readonly holdBySubject: (kind: number, subject: Uint8Array) => Uint8Array;
  readonly checkpoint: (suite: number, height: bigint) => Uint8Array;
  readonly checkpointSignature: (
    suite: number,
    height: bigint,
    validator: Uint8Array,
  ) => Uint8Array;
  readonly latestCheckpoint: (suite: number) => Uint8Array;
  readonly canonicalDigest: (suite: number, height: bigint) => Uint8Array;
  readonly forgottenDigest: (suite: number) => Uint8Array;
  readonly checkpointRequest: () => Uint8Array;
  readonly handover: (suite: number, fromEpoch: bigint) => Uint8Array;
  readonly handoverSignature: (
    suite: number,
    fromEpoch: bigint,
    validator: Uint8Array,
  ) => Uint8Array;
  readonly stakingParameters: () => Uint8Array;
  readonly stakingProgress: () => Uint8Array;
  readonly authority: (certificateHash: Uint8Array) => Uint8Array;
  readonly validator: (address: Uint8Array) => Uint8Array;
  readonly bridgeKeyOwner: (suite: number, key: Uint8Array) => Uint8Array;
  readonly delegation: (validator: Uint8Array, delegator: Uint8Array) => Uint8Array;
  readonly unbondingPool: (validator: Uint8Array, cut: bigint) => Uint8Array;
  readonly unbonding: (delegator: Uint8Array, validator: Uint8Array, cut: bigint) => Uint8Array;
  readonly cut: (cut: bigint) => Uint8Array;
  readonly epoch: (epoch: bigint) => Uint8Array;
  readonly supply: () => Uint8Array;
  readonly rewardPool: () => Uint8Array;
  readonly validatorRewards: (validator: Uint8Array) => Uint8Array;
  readonly rewardStart: (validator: Uint8Array, delegator: Uint8Array) => Uint8Array;
  readonly signing: (validator: Uint8Array) => Uint8Array;
  readonly slashingProgress: () => Uint8Array;
  readonly missedCheckpoints: (validator: Uint8Array) => Uint8Array;
  readonly upgradePlan: () => Uint8Array;
  readonly governanceParameters: () => Uint8Array;
  readonly proposal: (proposalId: bigint) => Uint8Array;
  readonly proposalCount: () => Uint8Array;
  readonly openProposal: (proposalId: bigint) => Uint8Array;
  readonly electorate: (proposalId: bigint) => Uint8Array;
  readonly vote: (proposalId: bigint, validator: Uint8Array) => Uint8Array;
  readonly halt: (haltId: Uint8Array) => Uint8Array;
  readonly haltCount: () => Uint8Array;
  readonly haltByIndex: (index: bigint) => Uint8Array;
  readonly haltBySubject: (kind: number, subject: Uint8Array) => Uint8Array;
} = {
  parameters: () => key("chain/parameters/"),
  account: (address) => key("accounts/account/", address),
  validators: () => key("staking/validators/"),
  bridgeKeys: () => key("staking/bridge-keys/"),
  member: (memberId) => key("identity/member/", memberId),
  memberByAccount: (address) => key("identity/member-by-account/", address),
  office: (office, address) => key(`identity/office/${office}/`, address),
  chain: (gateway) => key("chains/chain/", gateway),
  chainCount: () => key("chains/count/"),
  chainByIndex: (index) => key("chains/by-index/", n32(index)),
  admittedChainCount: () => key("chains/admitted-count/"),
  admittedChain: (index) => key("chains/admitted/", n32(index)),
  pendingChainCount: () => key("chains/pending-count/"),
  pendingChainsOf: (registrant) => key("chains/pending-of/", registrant),
  client: (gateway) => key("clients/client/", gateway),
  provenHeader: (gateway, height) => key("clients/header/", gateway, n64(height)),
  provenHeaderCount: (gateway) => key("clients/header-count/", gateway),
  lane: (gateway, lane) => key("packets/lane/", gateway, n16(lane)),
  sent: (gateway, lane, sequence) => key("packets/sent/", gateway, n16(lane), n64(sequence)),
  receipt: (gateway, lane, sequence) => key("packets/receipt/", gateway, n16(lane), n64(sequence)),
  outbox: (gateway) => key("packets/outbox/", gateway),
  outboxEntry: (gateway, index) => key("packets/outbox-entry/", gateway, n64(index)),
  transfer: (transferId) => key("transfers/transfer/", transferId),
  transferCount: () => key("transfers/count/"),
  transferByIndex: (index) => key("transfers/by-index/", n64(index)),
  releaseQueue: (releaseAtMs, index) =>
    key("transfers/release-queue/", n64(releaseAtMs), n64(index)),
  heldTransfer: (holdId, transferId) => key("transfers/held/", holdId, transferId),
  liftedHold: (holdId) => key("transfers/lifted/", holdId),
  asset: (assetId) => key("asset/asset/", assetId),
  assetCount: () => key("asset/count/"),
  assetByIndex: (index) => key("asset/by-index/", n32(index)),
  issued: (assetId) => key("asset/issued/", assetId),
  representation: (assetId, gateway) => key("asset/representation/", assetId, gateway),
  position: (assetId, gateway) => key("transfers/position/", assetId, gateway),
  conservation: (assetId) => key("transfers/conservation/", assetId),
  title: (assetId, tokenId) => key("asset/title/", assetId, tokenId),
  holding: (assetId, address) => key("asset/holding/", assetId, address),
  refundable: (assetId, address) => key("asset/refundable/", assetId, address),
  flow: (assetId, gateway) => key("transfers/flow/", assetId, gateway),
  credential: (credentialId) => key("data-credential/credential/", credentialId),
  credentialPosition: (credentialId, gateway) =>
    key("data-credential/position/", credentialId, gateway),
  credentialUnderWay: (transferId) => key("data-credential/under-way/", transferId),
  credentialMark: (credentialId, gateway) => key("data-credential/mark/", credentialId, gateway),
  hold: (holdId) => key("supervision/hold/", holdId),
  holdBySubject: (kind, subject) => key("supervision/by-subject/", Uint8Array.of(kind), subject),
  checkpoint: (suite, height) => key("checkpoints/checkpoint/", Uint8Array.of(suite), n64(height)),
  checkpointSignature: (suite, height, validator) =>
    key("checkpoints/signature/", Uint8Array.of(suite), n64(height), validator),
  latestCheckpoint: (suite) => key("checkpoints/latest/", Uint8Array.of(suite)),
  canonicalDigest: (suite, height) => key("checkpoints/digest/", Uint8Array.of(suite), n64(height)),
  forgottenDigest: (suite) => key("checkpoints/forgotten/", Uint8Array.of(suite)),
  checkpointRequest: () => key("checkpoints/requested/"),
  handover: (suite, fromEpoch) =>
    key("checkpoints/handover/", Uint8Array.of(suite), n64(fromEpoch)),
  handoverSignature: (suite, fromEpoch, validator) =>
    key("checkpoints/handover-signature/", Uint8Array.of(suite), n64(fromEpoch), validator),
  stakingParameters: () => key("staking/parameters/"),
  stakingProgress: () => key("staking/progress/"),
  authority: (certificateHash) => key("staking/authority/", certificateHash),
  validator: (address) => key("staking/validator/", address),
  bridgeKeyOwner: (suite, bridgeKey) =>
    key("staking/bridge-key-owner/", Uint8Array.of(suite), bridgeKey),
  delegation: (validator, delegator) => key("staking/delegation/", validator, delegator),
  unbondingPool: (validator, cut) => key("staking/unbonding-pool/", validator, n64(cut)),
  unbonding: (delegator, validator, cut) =>
    key("staking/unbonding/", delegator, validator, n64(cut)),
  cut: (cut) => key("staking/cut/", n64(cut)),
  epoch: (epoch) => key("staking/epoch/", n64(epoch)),
  supply: () => key("staking/supply/"),
  rewardPool: () => key("distribution/pool/"),
  validatorRewards: (validator) => key("distribution/validator/", validator),
  rewardStart: (validator, delegator) => key("distribution/start/", validator, delegator),
  signing: (validator) => key("slashing/signing/", validator),
  slashingProgress: () => key("slashing/progress/"),
  missedCheckpoints: (validator) => key("slashing/missed-checkpoints/", validator),
  upgradePlan: () => key("upgrade/plan/"),
  governanceParameters: () => key("governance/parameters/"),
  proposal: (proposalId) => key("governance/proposal/", n64(proposalId)),
  proposalCount: () => key("governance/count/"),
  openProposal: (proposalId) => key("governance/open/", n64(proposalId)),
  electorate: (proposalId) => key("governance/electorate/", n64(proposalId)),
  vote: (proposalId, validator) => key("governance/vote/", n64(proposalId), validator),
  halt: (haltId) => key("control/halt/", haltId),
  haltCount: () => key("control/count/"),
  haltByIndex: (index) => key("control/by-index/", n64(index)),
  haltBySubject: (kind, subject) => key("control/by-subject/", Uint8Array.of(kind), subject),
};
