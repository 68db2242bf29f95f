import { type Codec, CodecError, decode, encode } from "../codec/codec.ts";
import * as accounts from "./accounts.ts";
import * as asset from "./asset.ts";
import * as chains from "./chains.ts";
import * as checkpoints from "./checkpoints.ts";
import * as control from "./control.ts";
import * as credential from "./data-credential.ts";
import * as governance from "./governance.ts";
import * as identity from "./identity.ts";
import * as packets from "./packets.ts";
import * as slashing from "./slashing.ts";
import * as staking from "./staking.ts";
import * as supervision from "./supervision.ts";
import * as transfers from "./transfers.ts";

/** Every message a transaction can carry: wire number (module · 256 + n) and body. Numbers are never reused. */
export interface MessageBodies {
  "accounts/transfer": accounts.TransferCoins;
  "identity/admit-member": identity.AdmitMember;
  "identity/suspend-member": identity.SuspendMember;
  "chains/register": chains.RegisterChain;
  "chains/approve": chains.ApproveChain;
  "chains/suspend": chains.SuspendChain;
  "chains/update-client": chains.UpdateClient;
  "chains/resume": chains.ResumeChain;
  "chains/reject": chains.RejectChain;
  "packets/receive": packets.ReceivePackets;
  "packets/acknowledge": packets.AcknowledgePackets;
  "transfers/send-asset": transfers.SendAsset;
  "transfers/observe-books": transfers.ObserveBooks;
  "asset/register": asset.RegisterAsset;
  "asset/add-representation": asset.AddRepresentation;
  "asset/issue": asset.IssueAsset;
  "asset/transfer": asset.TransferAsset;
  "asset/pledge": asset.PledgeAsset;
  "asset/release-pledge": asset.ReleasePledge;
  "asset/observe-lien": asset.ObserveLien;
  "data-credential/issue": credential.IssueCredential;
  "data-credential/confirm": credential.ConfirmCredential;
  "data-credential/delegate": credential.DelegateCredential;
  "data-credential/revoke": credential.RevokeCredential;
  "data-credential/observe-usage": credential.ObserveUsage;
  "supervision/place-hold": supervision.PlaceHold;
  "supervision/lift-hold": supervision.LiftHold;
  "checkpoints/sign": checkpoints.SignCheckpoint;
  "checkpoints/request": checkpoints.RequestCheckpoint;
  "checkpoints/sign-handover": checkpoints.SignHandover;
  "staking/create-validator": staking.CreateValidator;
  "staking/delegate": staking.Delegate;
  "staking/undelegate": staking.Undelegate;
  "staking/claim-unbonded": staking.ClaimUnbonded;
  "staking/set-commission": staking.SetCommission;
  "staking/unjail": staking.Unjail;
  "staking/withdraw-rewards": staking.WithdrawRewards;
  "staking/renew-admission": staking.RenewAdmission;
  "staking/revoke-admission": staking.RevokeAdmission;
  "slashing/report-statement": slashing.ReportStatement;
  "governance/propose": governance.Propose;
  "governance/vote": governance.CastVote;
  "control/halt": control.OrderHalt;
  "control/approve": control.ApproveHalt;
  "control/lift": control.LiftHalt;
  "control/halt-own": control.HaltOwn;
  "control/lift-own": control.LiftOwn;
  "control/appeal": control.AppealHalt;
  "control/decide-appeal": control.DecideAppeal;
}

export type MessageName = keyof MessageBodies;

interface MessageKind<T> {
  readonly type: number;
  readonly codec: Codec<T>;
}

export const MESSAGES: { readonly [K in MessageName]: MessageKind<MessageBodies[K]> } = {
  "accounts/transfer": { type: 0x0101, codec: accounts.transferCoinsCodec },
  "identity/admit-member": { type: 0x0201, codec: identity.admitMemberCodec },
  "identity/suspend-member": { type: 0x0202, codec: identity.suspendMemberCodec },
  "chains/register": { type: 0x0301, codec: chains.registerChainCodec },
  "chains/approve": { type: 0x0302, codec: chains.approveChainCodec },
  "chains/suspend": { type: 0x0303, codec: chains.suspendChainCodec },
  "chains/update-client": { type: 0x0304, codec: chains.updateClientCodec },
  "chains/resume": { type: 0x0306, codec: chains.resumeChainCodec },
  "chains/reject": { type: 0x0307, codec: chains.rejectChainCodec },
  "packets/receive": { type: 0x0401, codec: packets.receivePacketsCodec },
  "packets/acknowledge": { type: 0x0402, codec: packets.acknowledgePacketsCodec },
  "transfers/send-asset": { type: 0x0501, codec: transfers.sendAssetCodec },
  "transfers/observe-books": { type: 0x0502, codec: transfers.observeBooksCodec },
  "asset/register": { type: 0x0601, codec: asset.registerAssetCodec },
  "asset/add-representation": { type: 0x0602, codec: asset.addRepresentationCodec },
  "asset/issue": { type: 0x0603, codec: asset.issueAssetCodec },
  "asset/transfer": { type: 0x0604, codec: asset.transferAssetCodec },
  "asset/pledge": { type: 0x0605, codec: asset.pledgeAssetCodec },
  "asset/observe-lien": { type: 0x0606, codec: asset.observeLienCodec },
  "asset/release-pledge": { type: 0x0607, codec: asset.releasePledgeCodec },
  "data-credential/issue": { type: 0x0701, codec: credential.issueCredentialCodec },
  "data-credential/confirm": { type: 0x0702, codec: credential.confirmCredentialCodec },
  "data-credential/delegate": { type: 0x0703, codec: credential.delegateCredentialCodec },
  "data-credential/revoke": { type: 0x0704, codec: credential.revokeCredentialCodec },
  "data-credential/observe-usage": { type: 0x0705, codec: credential.observeUsageCodec },
  "supervision/place-hold": { type: 0x0801, codec: supervision.placeHoldCodec },
  "supervision/lift-hold": { type: 0x0802, codec: supervision.liftHoldCodec },
  "checkpoints/sign": { type: 0x0901, codec: checkpoints.signCheckpointCodec },
  "checkpoints/request": { type: 0x0902, codec: checkpoints.requestCheckpointCodec },
  "checkpoints/sign-handover": { type: 0x0903, codec: checkpoints.signHandoverCodec },
  "staking/create-validator": { type: 0x0a01, codec: staking.createValidatorCodec },
  "staking/delegate": { type: 0x0a02, codec: staking.delegateCodec },
  "staking/undelegate": { type: 0x0a03, codec: staking.undelegateCodec },
  "staking/claim-unbonded": { type: 0x0a04, codec: staking.claimUnbondedCodec },
  "staking/set-commission": { type: 0x0a05, codec: staking.setCommissionCodec },
  "staking/unjail": { type: 0x0a06, codec: staking.unjailCodec },
  "staking/withdraw-rewards": { type: 0x0a07, codec: staking.withdrawRewardsCodec },
  "staking/renew-admission": { type: 0x0a08, codec: staking.renewAdmissionCodec },
  "staking/revoke-admission": { type: 0x0a09, codec: staking.revokeAdmissionCodec },
  "slashing/report-statement": { type: 0x0b01, codec: slashing.reportStatementCodec },
  "governance/propose": { type: 0x0c01, codec: governance.proposeCodec },
  "governance/vote": { type: 0x0c02, codec: governance.castVoteCodec },
  "control/halt": { type: 0x0d01, codec: control.orderHaltCodec },
  "control/approve": { type: 0x0d02, codec: control.approveHaltCodec },
  "control/lift": { type: 0x0d03, codec: control.liftHaltCodec },
  "control/halt-own": { type: 0x0d04, codec: control.haltOwnCodec },
  "control/lift-own": { type: 0x0d05, codec: control.liftOwnCodec },
  "control/appeal": { type: 0x0d06, codec: control.appealHaltCodec },
  "control/decide-appeal": { type: 0x0d07, codec: control.decideAppealCodec },
};

export type Message = {
  [K in MessageName]: { readonly name: K; readonly body: MessageBodies[K] };
}[MessageName];

const byType: ReadonlyMap<number, MessageName> = new Map(
  (Object.keys(MESSAGES) as MessageName[]).map((name) => [MESSAGES[name].type, name]),
);

export function encodeMessage<K extends MessageName>(
  name: K,
  body: MessageBodies[K],
): { readonly type: number; readonly message: Uint8Array } {
  const kind: MessageKind<MessageBodies[K]> = MESSAGES[name];
  return { type: kind.type, message: encode(kind.codec, body) };
}

/** @throws {CodecError} for an unknown type or a body that is not canonical */
export function decodeMessage(type: number, bytes: Uint8Array): Message {
  const name = byType.get(type);
  if (!name) throw new CodecError({ code: "codec/bad-tag", field: "type", tag: type });
  return { name, body: decode(MESSAGES[name].codec as Codec<unknown>, bytes) } as Message;
}
