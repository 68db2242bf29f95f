import {
  type Acknowledgement,
  type AssetPayload,
  ackHash,
  acknowledgementCodec,
  assetPayloadCodec,
  type ControlPayload,
  type CredentialPayload,
  controlPayloadCodec,
  credentialPayloadCodec,
  digest,
  encode,
  failureCode,
  LANE_CONTROL,
  LANE_DEFAULT,
  type Packet,
  packetCodec,
  packetHash,
  payloadHash,
  type Suite,
  utf8ToBytes,
  ZERO_32,
} from "../../src/index.ts";
import { alice, assetIdAt, bob, farStrand, named, relayer, rope, strand, timeMs } from "./story.ts";

export interface PacketVector {
  readonly name: string;
  readonly packet: Packet;
  readonly payload: Uint8Array;
  readonly payloadFields: AssetPayload | CredentialPayload | ControlPayload;
  readonly encoded: Uint8Array;
  readonly hash: Uint8Array;
}

export interface AcknowledgementVector {
  readonly name: string;
  readonly acknowledgement: Acknowledgement;
  readonly encoded: Uint8Array;
  readonly hash: Uint8Array;
}

type Route = Pick<Packet, "sequence" | "sourceGateway" | "destinationGateway" | "transferId">;
type Body =
  | { readonly kind: 1; readonly fields: AssetPayload; readonly payload: Uint8Array }
  | { readonly kind: 2; readonly fields: CredentialPayload; readonly payload: Uint8Array }
  | { readonly kind: 3; readonly fields: ControlPayload; readonly payload: Uint8Array };

const asset = (fields: AssetPayload): Body => ({
  kind: 1,
  fields,
  payload: encode(assetPayloadCodec, fields),
});
const credential = (fields: CredentialPayload): Body => ({
  kind: 2,
  fields,
  payload: encode(credentialPayloadCodec, fields),
});
const control = (fields: ControlPayload): Body => ({
  kind: 3,
  fields,
  payload: encode(controlPayloadCodec, fields),
});

const fungible = asset({
  assetId: assetIdAt(0),
  tokenId: ZERO_32,
  amount: 1_234_567_890_123_456_789n,
  finalGateway: strand,
  finalRecipient: bob,
  finalTimeoutMs: timeMs + 3_600_000n,
  finalGasLimit: 500_000,
  obligationId: named("obligation"),
  memo: utf8ToBytes("货款 3"),
});
const title = asset({
  assetId: assetIdAt(1),
  tokenId: named("title deed"),
  amount: 1n,
  finalGateway: strand,
  finalRecipient: bob,
  finalTimeoutMs: 2n ** 64n - 1n,
  finalGasLimit: 0,
  obligationId: ZERO_32,
  memo: new Uint8Array(0),
});
const largest = asset({
  assetId: assetIdAt(2),
  tokenId: ZERO_32,
  amount: 2n ** 128n - 1n,
  finalGateway: strand,
  finalRecipient: bob,
  finalTimeoutMs: timeMs,
  finalGasLimit: 2 ** 32 - 1,
  obligationId: ZERO_32,
  memo: new Uint8Array(256).fill(0x5a),
});

const grant: CredentialPayload = {
  action: 1,
  credentialId: named("credential"),
  quota: 100n,
  leaseUntilMs: timeMs + 86_400_000n,
  scalar: 0n,
  finalGateway: strand,
  finalGrantee: bob,
  homeGateway: rope,
  purpose: 0x0001_0203,
  classification: 2,
  expiryMs: timeMs + 31_536_000_000n,
  revokedAtMs: 0n,
  policyHash: named("policy"),
};

const registration: ControlPayload = {
  action: 1,
  assetId: assetIdAt(1),
  assetClass: 2,
  mode: 2,
  localId: ZERO_32,
  originGateway: farStrand,
  decimals: 0,
  scale: 0,
  name: "标准仓单 Warehouse receipt",
  symbol: "CD",
};

/** Everything that the rope's outbox to the strand holds, and the legs that led to it. */
const bodies: readonly (readonly [string, Body])[] = [
  ["asset leg 2", fungible],
  ["asset leg 2, unique", title],
  ["asset leg 2, largest amount and memo", largest],
  ["credential delegate", credential(grant)],
  ["credential return", credential({ ...grant, action: 2, quota: 40n, finalGateway: rope })],
  ["credential revoke", credential({ ...grant, action: 3, quota: 0n, revokedAtMs: timeMs })],
  ["credential usage", credential({ ...grant, action: 4, quota: 60n, scalar: 7n })],
  ["control register-asset, voucher", control(registration)],
  [
    "control register-asset, origin with negative scale",
    control({
      ...registration,
      assetId: assetIdAt(0),
      assetClass: 1,
      mode: 1,
      localId: named("local token"),
      originGateway: strand,
      decimals: 18,
      scale: -12,
      name: "Coin",
      symbol: "币",
    }),
  ],
  ["control freeze", control({ action: 2, assetId: assetIdAt(0) })],
  ["control unfreeze", control({ action: 3, assetId: assetIdAt(0) })],
];

function packetVector(suite: Suite, name: string, body: Body, route: Route): PacketVector {
  const isControl = body.kind === 3;
  const packet: Packet = {
    version: 1,
    kind: body.kind,
    lane: isControl ? LANE_CONTROL : LANE_DEFAULT,
    ...route,
    sender: isControl ? ZERO_32 : alice,
    recipient: isControl ? ZERO_32 : bob,
    timeoutMs: timeMs + 600_000n,
    gasLimit: 300_000,
    payloadLength: body.payload.length,
    payloadHash: payloadHash(suite, body.payload),
  };
  return {
    name,
    packet,
    payload: body.payload,
    payloadFields: body.fields,
    encoded: encode(packetCodec, packet),
    hash: packetHash(suite, packet),
  };
}

const OUTCOMES = [
  { name: "delivered", status: 1, code: failureCode("none") },
  { name: "failed", status: 2, code: failureCode("inexact-amount") },
  { name: "expired", status: 3, code: failureCode("expired") },
] as const;

/** What the strand itself sent; the rope acknowledges these. */
function sentByStrand(suite: Suite): readonly PacketVector[] {
  return OUTCOMES.map(({ name }, index) =>
    packetVector(suite, `asset leg 1, sent by the strand, ${name}`, title, {
      sequence: BigInt(index + 1),
      sourceGateway: strand,
      destinationGateway: rope,
      transferId: ZERO_32,
    }),
  );
}

export interface PacketVectors {
  /** from the far strand to the rope */
  readonly leg1: PacketVector;
  /** from the rope to the strand, every kind */
  readonly toStrand: readonly PacketVector[];
  readonly fromStrand: readonly PacketVector[];
}

export function packetVectors(suite: Suite): PacketVectors {
  const leg1 = packetVector(suite, "asset leg 1", fungible, {
    sequence: 1n,
    sourceGateway: farStrand,
    destinationGateway: rope,
    transferId: ZERO_32,
  });
  const isControl = (body: Body): boolean => body.kind === 3;
  const toStrand = bodies.map(([name, body], index) => {
    const earlier = bodies.slice(0, index).filter(([, it]) => isControl(it) === isControl(body));
    return packetVector(suite, name, body, {
      sequence: BigInt(earlier.length + 1),
      sourceGateway: rope,
      destinationGateway: strand,
      transferId: body.kind === 1 ? leg1.hash : ZERO_32,
    });
  });
  return { leg1, toStrand, fromStrand: sentByStrand(suite) };
}

export function acknowledgementVectors(
  suite: Suite,
  { fromStrand }: PacketVectors,
): readonly AcknowledgementVector[] {
  return fromStrand.map(({ packet, hash }, index) => {
    const { name, status, code } = OUTCOMES[index] ?? OUTCOMES[0];
    const acknowledgement: Acknowledgement = {
      version: 1,
      status,
      code,
      lane: packet.lane,
      sequence: packet.sequence,
      sourceGateway: packet.sourceGateway,
      destinationGateway: packet.destinationGateway,
      packetHash: hash,
      resultHash: index === 0 ? digest(suite, "result", utf8ToBytes("ok")) : ZERO_32,
      payee: relayer,
      atMs: timeMs + BigInt(index),
    };
    return {
      name,
      acknowledgement,
      encoded: encode(acknowledgementCodec, acknowledgement),
      hash: ackHash(suite, acknowledgement),
    };
  });
}
