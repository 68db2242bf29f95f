import type { SignedCheckpoint } from "@ropenet/adapter-sdk";
import type { CounterKind } from "@ropenet/protocol";
import type { Result } from "ethers";
import { type CallReceipt, callerOf, type EvmAccount } from "./contracts/contract-caller.ts";
import { gatewayInterface } from "./contracts/interfaces.ts";
import { fromHex, toHex } from "./contracts/words.ts";
import { checkpointArguments } from "./relay/checkpoint-call.ts";

export interface AssetOrder {
  readonly assetId: Uint8Array;
  /** zero for a fungible asset */
  readonly tokenId: Uint8Array;
  /** local units; 1 for a title */
  readonly amountLocal: bigint;
  readonly finalGateway: Uint8Array;
  readonly finalRecipient: Uint8Array;
  readonly timeoutMs: bigint;
  readonly finalTimeoutMs: bigint;
  readonly gasLimit: number;
  readonly finalGasLimit: number;
  /** zero if the transfer pays nothing */
  readonly obligationId: Uint8Array;
  readonly memo: Uint8Array;
}

export interface SentAsset {
  readonly sequence: bigint;
  readonly packetHash: Uint8Array;
  readonly receipt: CallReceipt;
}

export interface CredentialUseOrder {
  readonly credentialId: Uint8Array;
  /** opens the grantee commitment */
  readonly salt: Uint8Array;
  readonly purpose: number;
  readonly queryDigest: Uint8Array;
  readonly useId: Uint8Array;
}

export interface RegisteredAsset {
  /** zero address while the asset is unknown here */
  readonly token: string;
  readonly assetClass: number;
  readonly mode: number;
  readonly scale: number;
  readonly decimals: number;
  readonly frozen: boolean;
  readonly originGateway: Uint8Array;
}

export interface HeldCredential {
  readonly granteeCommitment: Uint8Array;
  /** zero while the credential is unknown here */
  readonly homeGateway: Uint8Array;
  readonly policyHash: Uint8Array;
  readonly leaseUntilMs: bigint;
  readonly expiryMs: bigint;
  /** 0 while it holds */
  readonly revokedAtMs: bigint;
  readonly scalar: bigint;
  readonly purpose: number;
  readonly classification: number;
  readonly used: bigint;
  readonly remaining: bigint;
}

export interface AcceptedCheckpoint {
  readonly height: bigint;
  readonly timeMs: bigint;
  readonly epoch: bigint;
  readonly outboxesRoot: Uint8Array;
  readonly signerSetHash: Uint8Array;
}

/**
 * A gateway as one account uses it. A refusal is a ContractRefusal with the code that
 * contracts/IRopeGateway.sol names: `data-credential/revoked`, `asset/encumbered`, `bridge/inexact-amount` …
 */
export interface GatewayClient {
  /** An origin token must have been approved for the gateway. */
  sendAsset(order: AssetOrder, signal: AbortSignal): Promise<SentAsset>;
  /** @returns n the 1-based ordinal of this use on the strand */
  useCredential(
    order: CredentialUseOrder,
    signal: AbortSignal,
  ): Promise<{ readonly n: bigint; readonly atMs: bigint; readonly receipt: CallReceipt }>;
  withdrawRefund(token: string, signal: AbortSignal): Promise<CallReceipt>;
  withdrawTitleRefund(
    token: string,
    tokenId: Uint8Array,
    signal: AbortSignal,
  ): Promise<CallReceipt>;
  /** Asks an origin token anew what the gateway holds of it: before the books are shown to the rope. */
  syncBalance(assetId: Uint8Array, signal: AbortSignal): Promise<CallReceipt>;
  /** Keeps the gateway's clock going where nothing is delivered: uses and expiry need it. */
  submitCheckpoint(signed: SignedCheckpoint, signal: AbortSignal): Promise<CallReceipt>;

  asset(assetId: Uint8Array, signal: AbortSignal): Promise<RegisteredAsset>;
  credential(credentialId: Uint8Array, signal: AbortSignal): Promise<HeldCredential>;
  /** zero when the title is free */
  lien(assetId: Uint8Array, tokenId: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  counter(assetId: Uint8Array, which: CounterKind, signal: AbortSignal): Promise<bigint>;
  refundable(token: string, account: string, signal: AbortSignal): Promise<bigint>;
  commitment(
    destinationGateway: Uint8Array,
    lane: number,
    sequence: bigint,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  receipt(
    sourceGateway: Uint8Array,
    lane: number,
    sequence: bigint,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  checkpoint(signal: AbortSignal): Promise<AcceptedCheckpoint>;
}

const bytes = (result: Result, name: string): Uint8Array => fromHex(result[name] as string);

function toAsset(state: Result): RegisteredAsset {
  return {
    token: state["token"] as string,
    assetClass: Number(state["class"]),
    mode: Number(state["mode"]),
    scale: Number(state["scale"]),
    decimals: Number(state["decimals"]),
    frozen: state["frozen"] as boolean,
    originGateway: bytes(state, "originGateway"),
  };
}

function toCredential(state: Result): HeldCredential {
  return {
    granteeCommitment: bytes(state, "granteeCommitment"),
    homeGateway: bytes(state, "homeGateway"),
    policyHash: bytes(state, "policyHash"),
    leaseUntilMs: state["leaseUntilMs"] as bigint,
    expiryMs: state["expiryMs"] as bigint,
    revokedAtMs: state["revokedAtMs"] as bigint,
    scalar: state["scalar"] as bigint,
    purpose: Number(state["purpose"]),
    classification: Number(state["classification"]),
    used: state["used"] as bigint,
    remaining: state["remaining"] as bigint,
  };
}

function toCheckpoint(state: Result): AcceptedCheckpoint {
  return {
    height: state["height"] as bigint,
    timeMs: state["timeMs"] as bigint,
    epoch: state["epoch"] as bigint,
    outboxesRoot: bytes(state, "outboxesRoot"),
    signerSetHash: bytes(state, "signerSetHash"),
  };
}

function encodeOrder(order: AssetOrder): object {
  return {
    ...order,
    assetId: toHex(order.assetId),
    tokenId: toHex(order.tokenId),
    finalGateway: toHex(order.finalGateway),
    finalRecipient: toHex(order.finalRecipient),
    obligationId: toHex(order.obligationId),
    memo: toHex(order.memo),
  };
}

function eventOf(receipt: CallReceipt, name: string): Result {
  const event = receipt.event(name);
  if (!event) throw new Error(`${receipt.transactionHash} has no ${name}`);
  return event;
}

export function createGatewayClient(account: EvmAccount, gatewayAddress: string): GatewayClient {
  const gateway = callerOf(account, gatewayInterface, gatewayAddress);
  const viewBytes = async (
    method: string,
    args: readonly unknown[],
    signal: AbortSignal,
  ): Promise<Uint8Array> => fromHex((await gateway.view(method, args, signal))[0] as string);
  const viewNumber = async (
    method: string,
    args: readonly unknown[],
    signal: AbortSignal,
  ): Promise<bigint> => (await gateway.view(method, args, signal))[0] as bigint;
  const viewRecord = async (
    method: string,
    args: readonly unknown[],
    signal: AbortSignal,
  ): Promise<Result> => (await gateway.view(method, args, signal))[0] as Result;

  return {
    async sendAsset(order, signal): Promise<SentAsset> {
      const receipt = await gateway.send("sendAsset", [encodeOrder(order)], signal);
      const sent = eventOf(receipt, "PacketSent");
      return {
        sequence: sent["sequence"] as bigint,
        packetHash: bytes(sent, "packetHash"),
        receipt,
      };
    },
    async useCredential(order, signal): ReturnType<GatewayClient["useCredential"]> {
      const { credentialId, salt, purpose, queryDigest, useId } = order;
      const receipt = await gateway.send(
        "useCredential",
        [toHex(credentialId), toHex(salt), purpose, toHex(queryDigest), toHex(useId)],
        signal,
      );
      const used = eventOf(receipt, "CredentialUsed");
      return { n: used["n"] as bigint, atMs: used["atMs"] as bigint, receipt };
    },
    withdrawRefund: (token, signal) => gateway.send("withdrawRefund", [token], signal),
    withdrawTitleRefund: (token, tokenId, signal) =>
      gateway.send("withdrawTitleRefund", [token, toHex(tokenId)], signal),
    syncBalance: (assetId, signal) => gateway.send("syncBalance", [toHex(assetId)], signal),
    submitCheckpoint: (signed, signal) =>
      gateway.send("submitCheckpoint", checkpointArguments(signed), signal),
    asset: async (assetId, signal) => toAsset(await viewRecord("asset", [toHex(assetId)], signal)),
    credential: async (credentialId, signal) =>
      toCredential(await viewRecord("credential", [toHex(credentialId)], signal)),
    lien: (assetId, tokenId, signal) => viewBytes("lien", [toHex(assetId), toHex(tokenId)], signal),
    counter: (assetId, which, signal) => viewNumber("counter", [toHex(assetId), which], signal),
    refundable: (token, holder, signal) => viewNumber("refundable", [token, holder], signal),
    commitment: (destinationGateway, lane, sequence, signal) =>
      viewBytes("commitment", [toHex(destinationGateway), lane, sequence], signal),
    receipt: (sourceGateway, lane, sequence, signal) =>
      viewBytes("receipt", [toHex(sourceGateway), lane, sequence], signal),
    checkpoint: async (signal) => toCheckpoint(await viewRecord("checkpointState", [], signal)),
  };
}
