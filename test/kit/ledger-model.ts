import {
  ACK_STATUS,
  type Acknowledgement,
  assetIdOf,
  bytesToHex,
  type ChainRecord,
  digest,
  encode,
  equalBytes,
  failureCode,
  type Packet,
  type PositionRecord,
  packetHash,
  SUITE_KECCAK,
  SUITE_SM,
  type TransferRecord,
  type TransferState,
  u64,
  ZERO_32,
} from "@ropenet/protocol";
import type { AssetBooks, CredentialBooks, LedgerAt, TransferTrail } from "./ledger.ts";

const id = (name: string): Uint8Array => digest(SUITE_SM, "model", new TextEncoder().encode(name));

export const ROPE: Uint8Array = id("rope");
/** the asset's origin, then two strands that hold vouchers */
export const STRANDS: readonly [Uint8Array, Uint8Array, Uint8Array] = [id("o"), id("a"), id("b")];
const NATIVE = id("token");
export const ASSET_ID: Uint8Array = assetIdOf(STRANDS[0], 1, NATIVE);

export type Fate = "queued" | "forwarded" | "settled" | "refused" | "failed-far" | "quarantined";

export interface Order {
  readonly from: 0 | 1 | 2;
  readonly to: 0 | 1 | 2;
  readonly amount: bigint;
  readonly fate: Fate;
}

const STATE: Readonly<Record<Fate, TransferState>> = {
  queued: 1,
  forwarded: 2,
  settled: 3,
  refused: 4,
  "failed-far": 4,
  quarantined: 5,
};

function chain(gateway: Uint8Array, index: number): ChainRecord {
  return {
    gateway,
    index,
    name: `strand-${index}`,
    description: "",
    kind: 1,
    suite: SUITE_KECCAK,
    genesisHash: id(`genesis-${index}`),
    gatewayAddress: id(`address-${index}`),
    deployment: 0,
    codeHash: id("code"),
    registrant: new Uint8Array(20),
    state: 2,
    trustClass: 3,
    attestors: [],
    threshold: 3,
    trustingPeriodMs: 1n,
    registeredAtMs: 0n,
  };
}

const emptyPosition = (): { -readonly [K in keyof PositionRecord]: PositionRecord[K] } => ({
  outstanding: 0n,
  inFlight: 0n,
  received: 0n,
  sent: 0n,
  settled: 0n,
  refundAcked: 0n,
  observedHeight: 0n,
  observedOut: 0n,
  observedIn: 0n,
  observedRefunded: 0n,
  observedBalance: 0n,
  flags: 0,
});

function ackOf(packet: Packet, hash: Uint8Array, fate: Fate): Acknowledgement {
  const isDelivered = fate === "settled";
  return {
    version: 1,
    status: isDelivered ? ACK_STATUS.delivered : ACK_STATUS.failed,
    code: isDelivered ? 0 : failureCode("paused"),
    lane: packet.lane,
    sequence: packet.sequence,
    sourceGateway: packet.sourceGateway,
    destinationGateway: packet.destinationGateway,
    packetHash: hash,
    resultHash: ZERO_32,
    payee: ZERO_32,
    atMs: 1n,
  };
}

function trailOf(order: Order, index: number, leg2Sequence: bigint): TransferTrail {
  const { from, to, amount, fate } = order;
  const leg1: Packet = {
    version: 1,
    kind: 1,
    lane: 0,
    sequence: BigInt(index + 1),
    sourceGateway: STRANDS[from],
    destinationGateway: ROPE,
    transferId: ZERO_32,
    sender: id("sender"),
    recipient: id("recipient"),
    timeoutMs: 10n,
    gasLimit: 1,
    payloadLength: 0,
    payloadHash: ZERO_32,
  };
  const hash = packetHash(SUITE_KECCAK, leg1);
  const hasEnded = STATE[fate] === 3 || STATE[fate] === 4;
  const transfer: TransferRecord = {
    transferId: hash,
    index: BigInt(index),
    kind: 1,
    state: STATE[fate],
    leg1,
    payload: new Uint8Array(0),
    asset: {
      assetId: ASSET_ID,
      tokenId: ZERO_32,
      amount,
      finalGateway: STRANDS[to],
      finalRecipient: id("recipient"),
      finalTimeoutMs: 10n,
      finalGasLimit: 1,
      obligationId: ZERO_32,
      memo: new Uint8Array(0),
    },
    finalGateway: STRANDS[to],
    leg2Sequence,
    queueReason: fate === "queued" ? 1 : 0,
    holdId: ZERO_32,
    releaseAtMs: 0n,
    failure: 0,
    receivedHeight: 1n,
    forwardedHeight: leg2Sequence === 0n ? 0n : 1n,
    endedHeight: hasEnded ? 2n : 0n,
    receivedAtMs: 1n,
    endedAtMs: hasEnded ? 2n : 0n,
  };
  return {
    transfer,
    receipt:
      fate === "quarantined"
        ? undefined
        : {
            packetHash: hash,
            transferId: hash,
            acknowledgement: hasEnded ? ackOf(leg1, hash, fate) : null,
          },
    sent:
      leg2Sequence === 0n
        ? undefined
        : {
            packetHash: digest(SUITE_KECCAK, "leg2", hash, encode(u64, leg2Sequence)),
            transferId: hash,
            kind: 1,
            acknowledged: hasEnded,
          },
  };
}

interface Bookkeeper {
  readonly positions: readonly ReturnType<typeof emptyPosition>[];
  readonly books: { escrow: bigint; inFlight: bigint; held: bigint };
  /** What becomes of an order, with its rows written. */
  settle(order: Order): Fate;
}

/** Row by row as docs/protocol.md §3 says, so that the checks meet an independent book-keeper. */
function createBookkeeper(): Bookkeeper {
  const positions = STRANDS.map(emptyPosition);
  const books = { escrow: 0n, inFlight: 0n, held: 0n };

  function take(strand: number, amount: bigint): boolean {
    const position = positions[strand];
    if (!position) return false;
    if (strand === 0) books.escrow += amount;
    else if (position.outstanding < amount) return false;
    else position.outstanding -= amount;
    position.received += amount;
    return true;
  }

  function give(strand: number, amount: bigint): void {
    const position = positions[strand];
    if (strand === 0) books.escrow -= amount;
    else if (position) position.outstanding += amount;
  }

  function depart(strand: number, amount: bigint): void {
    books.inFlight += amount;
    const position = positions[strand];
    if (position) position.inFlight += amount;
  }

  return {
    positions,
    books,
    settle({ from, to, amount, fate }): Fate {
      if (from === to || (to === 0 && books.escrow < amount) || fate === "refused")
        return "refused";
      if (fate === "quarantined" || !take(from, amount)) return "quarantined";
      if (fate === "queued") books.held += amount;
      if (fate === "forwarded") depart(to, amount);
      if (fate === "settled") give(to, amount);
      if (fate === "failed-far") give(from, amount);
      return fate;
    },
  };
}

const WITH_SECOND_LEG: readonly Fate[] = ["forwarded", "settled", "failed-far"];

/** Chains, one asset and one credential as they stand after `orders`. */
export function ledgerFrom(orders: readonly Order[]): LedgerAt {
  const keeper = createBookkeeper();
  let leg2Sequence = 0n;
  const transfers = orders.map((order, index) => {
    const fate = keeper.settle(order);
    const hasLeg2 = WITH_SECOND_LEG.includes(fate);
    if (hasLeg2) leg2Sequence += 1n;
    return trailOf({ ...order, fate }, index, hasLeg2 ? leg2Sequence : 0n);
  });
  return {
    height: 7n,
    ropeGateway: ROPE,
    chains: STRANDS.map(chain),
    assets: [assetOf(keeper)],
    transfers,
    credentials: [CREDENTIAL],
    emitted: new Map(
      STRANDS.map((gateway) => [bytesToHex(gateway), emittedTo(gateway, transfers)]),
    ),
  };
}

function assetOf({ positions, books }: Bookkeeper): AssetBooks {
  return {
    assetId: ASSET_ID,
    record: {
      assetId: ASSET_ID,
      index: 0,
      originGateway: STRANDS[0],
      assetClass: 1,
      nativeId: NATIVE,
      decimals: 2,
      name: "model",
      symbol: "MDL",
      classification: 1,
      attributesHash: ZERO_32,
      registrant: new Uint8Array(20),
      state: 1,
    },
    conservation: {
      height: 1n,
      ...books,
      outstandingTotal: positions.reduce((sum, { outstanding }) => sum + outstanding, 0n),
    },
    positions: new Map(
      positions.map((position, index) => [bytesToHex(STRANDS[index] ?? ROPE), position]),
    ),
  };
}

function emittedTo(gateway: Uint8Array, transfers: readonly TransferTrail[]): ReadonlySet<string> {
  const here = transfers.filter(({ transfer }) => equalBytes(transfer.finalGateway, gateway));
  return new Set(here.flatMap(({ sent }) => (sent ? [bytesToHex(sent.packetHash)] : [])));
}

const CREDENTIAL: CredentialBooks = {
  record: {
    credentialId: id("credential"),
    homeGateway: ROPE,
    issuers: [],
    confirmed: 1,
    ownerCommitment: ZERO_32,
    dataDigest: ZERO_32,
    purpose: 1,
    classification: 1,
    granted: 10n,
    inFlight: 2n,
    expiryMs: 9n,
    revokedAtMs: 0n,
    policyHash: ZERO_32,
    title: "",
    gateways: [ROPE, STRANDS[1]],
  },
  positions: new Map([
    [bytesToHex(ROPE), { granteeCommitment: ZERO_32, remaining: 4n, used: 0n, leaseUntilMs: 9n }],
    [
      bytesToHex(STRANDS[1]),
      { granteeCommitment: ZERO_32, remaining: 1n, used: 3n, leaseUntilMs: 9n },
    ],
  ]),
};
