import type { Rope, Wallet } from "@ropenet/client";
import {
  assetIdOf,
  CodedError,
  concatBytes,
  hexToBytes,
  representationRecordCodec,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import type { StrandDescription } from "./strand.ts";

export const ATTESTORS: 4 = 4;
export const THRESHOLD: 3 = 3;

const addressB32 = (address: string): Uint8Array =>
  concatBytes(new Uint8Array(12), hexToBytes(address.slice(2).toLowerCase()));

/** Registers a strand; the development profile approves by itself. */
export async function registerStrand(
  admission: Wallet,
  strand: StrandDescription,
  attestors: readonly Uint8Array[],
  description: string,
): Promise<void> {
  await admission.send("chains/register", {
    name: strand.name,
    kind: 1,
    suite: 1,
    genesisHash: hexToBytes(strand.genesisHash),
    gatewayAddress: addressB32(strand.gatewayAddress),
    deployment: 0,
    codeHash: hexToBytes(strand.codeHash),
    attestors,
    threshold: THRESHOLD,
    trustingPeriodMs: 14n * 24n * 3_600_000n,
    description,
  });
}

export interface AssetPlan {
  readonly origin: StrandDescription;
  readonly other: StrandDescription;
  /** token contract on the origin strand */
  readonly token: string;
  readonly assetClass: 1 | 2;
  readonly decimals: number;
  readonly name: string;
  readonly symbol: string;
  readonly classification: number;
}

/** Registers an asset, its origin on one strand and its voucher on the other, and returns its id. */
export async function registerAsset(standards: Wallet, plan: AssetPlan): Promise<Uint8Array> {
  const originGateway = hexToBytes(plan.origin.gatewayUid);
  const nativeId = addressB32(plan.token);
  const { assetClass, decimals, name, symbol, classification } = plan;
  await standards.send("asset/register", {
    originGateway,
    assetClass,
    nativeId,
    decimals,
    name,
    symbol,
    classification,
    attributesHash: ZERO_32,
  });
  const assetId = assetIdOf(originGateway, assetClass, nativeId);
  for (const [strand, localId] of [
    [plan.origin, nativeId],
    [plan.other, ZERO_32],
  ] as const) {
    await standards.send("asset/add-representation", {
      assetId,
      gateway: hexToBytes(strand.gatewayUid),
      localId,
      decimals,
      scale: 0,
      netLimit: 0n,
      windowMs: 0n,
    });
  }
  return assetId;
}

/** Until both gateways have acknowledged the registration: their control packets travel like any other. */
export async function awaitRepresentations(
  rope: Rope,
  assetIds: readonly Uint8Array[],
  strands: readonly StrandDescription[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    if (signal.aborted) throw new CodedError({ code: "devnet/registration-stuck" });
    const confirmed = await Promise.all(
      assetIds.flatMap((assetId) =>
        strands.map(async ({ gatewayUid }) => {
          const key = stateKey.representation(assetId, hexToBytes(gatewayUid));
          return (await rope.peek(key, representationRecordCodec))?.confirmed === true;
        }),
      ),
    );
    if (confirmed.every(Boolean)) return;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
