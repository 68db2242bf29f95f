import {
  type Acknowledgement,
  acknowledgementCodec,
  assetIdOf,
  b32,
  type ConservationRecord,
  conservationRecordCodec,
  decode,
  equalBytes,
  holdingRecordCodec,
  LEAF_TYPE,
  type OutboxEntryRecord,
  outboxEntryRecordCodec,
  outboxRecordCodec,
  type Packet,
  type PositionRecord,
  packetCodec,
  packetHash,
  positionRecordCodec,
  type RegisterAsset,
  SUITE_KECCAK,
  stateKey,
  type TransferRecord,
  transferRecordCodec,
  u64,
  ZERO_32,
} from "@ropenet/protocol";
import { seed, type TestAccount } from "./accounts.ts";
import { member, officer, ROPE, relayer } from "./genesis.ts";
import { type Plan, plan, RopeBench, type RopeBlock } from "./rope-bench.ts";
import { DELIVERED, type Sent, StrandBench, type Verdict } from "./strand-bench.ts";

export const WINDOW_MS = 60_000n;
/** net outflow of `metered` at its origin, per window */
export const ORIGIN_LIMIT = 1_000n;
/** net outflow of `metered` at C, per window */
export const VOUCHER_LIMIT = 500n;

const strands = ["A", "B", "C"].map((name) => new StrandBench({ name }));
const gateways = strands.map(({ gateway }) => gateway);
const [A, B, C] = gateways as [Uint8Array, Uint8Array, Uint8Array];

function asset(
  symbol: string,
  originGateway: Uint8Array,
  assetClass: number,
  decimals: number,
): RegisterAsset & { readonly assetId: Uint8Array } {
  // On a strand an asset is a contract, so its native id is an address.
  const nativeId = new Uint8Array([...new Uint8Array(12), ...seed(`asset/${symbol}`).slice(12)]);
  const body: RegisterAsset = {
    ...{ originGateway, assetClass, nativeId, decimals, symbol },
    name: `${symbol}（虚构）`,
    classification: 1,
    attributesHash: seed(`attributes/${symbol}`),
  };
  return { ...body, assetId: assetIdOf(originGateway, assetClass, nativeId) };
}

/** fungible, from A; at C in whole units: its scale there is −2 */
export const cny = asset("CNY", A, 1, 2);
/** unique, from A */
export const deed = asset("DEED", A, 2, 0);
/** fungible, from the rope */
export const gold = asset("GOLD", ROPE, 1, 0);
/** fungible, from B; limited at B and at C */
export const metered = asset("METER", B, 1, 0);

const everywhere = [A, B, C, ROPE];
const REPRESENTATIONS: readonly (readonly [typeof cny, readonly Uint8Array[]])[] = [
  [cny, everywhere],
  [deed, everywhere],
  [gold, [ROPE, A, B]],
  [metered, everywhere],
];

function represent(
  { assetId, originGateway, nativeId, decimals }: typeof cny,
  gateway: Uint8Array,
): Plan {
  const isMetered = equalBytes(assetId, metered.assetId);
  const limits = new Map([
    [B, ORIGIN_LIMIT],
    [C, VOUCHER_LIMIT],
  ]);
  const netLimit = isMetered ? (limits.get(gateway) ?? 0n) : 0n;
  const scale = equalBytes(assetId, cny.assetId) && gateway === C ? -2 : 0;
  return plan(officer.standards, "asset/add-representation", {
    ...{ assetId, gateway, scale, netLimit },
    localId: gateway === originGateway ? nativeId : ZERO_32,
    decimals: decimals + scale,
    windowMs: WINDOW_MS,
  });
}

export interface Arrival {
  readonly packet: Packet;
  readonly payload: Uint8Array;
}

/** What the rope has put into a strand's outbox since it was last asked. */
export interface Mail {
  readonly packets: readonly Arrival[];
  readonly acknowledgements: readonly Acknowledgement[];
}

/** The rope with three strands and four assets, and a relayer who carries whatever there is. */
export class World {
  readonly rope: RopeBench;
  readonly a: StrandBench;
  readonly b: StrandBench;
  readonly c: StrandBench;

  constructor(rope: RopeBench) {
    this.rope = rope;
    [this.a, this.b, this.c] = rope.strands as [StrandBench, StrandBench, StrandBench];
  }

  fork(): World {
    return new World(this.rope.fork());
  }

  /** Seals the strand's next block: the attested header, on its way to the rope. */
  update(strand: StrandBench): Plan {
    return plan(relayer, "chains/update-client", strand.attest(strand.state.seal()));
  }

  /** Packets under a fresh header, as the relayer brings them: a header and a batch in one block. */
  receive(strand: StrandBench, ...sents: readonly Sent[]): readonly [Plan, Plan] {
    const update = this.update(strand);
    return [update, plan(relayer, "packets/receive", strand.receiveBody(sents))];
  }

  relay(strand: StrandBench, ...sents: readonly Sent[]): RopeBlock {
    return this.rope.do(...this.receive(strand, ...sents));
  }

  fetch(strand: StrandBench): Mail {
    const { gateway } = strand;
    const count = this.rope.read(stateKey.outbox(gateway), outboxRecordCodec)?.count ?? 0n;
    const entries: OutboxEntryRecord[] = [];
    for (; strand.cursor < count; strand.cursor += 1n) {
      const key = stateKey.outboxEntry(gateway, strand.cursor);
      entries.push(this.rope.must(key, outboxEntryRecordCodec));
    }
    const ofType = (type: number): OutboxEntryRecord[] =>
      entries.filter(({ leafType }) => leafType === type);
    return {
      packets: ofType(LEAF_TYPE.packet).map(({ body, payload }) => ({
        packet: decode(packetCodec, body),
        payload,
      })),
      acknowledgements: ofType(LEAF_TYPE.acknowledgement).map(({ body }) =>
        decode(acknowledgementCodec, body),
      ),
    };
  }

  /** The strand takes its mail; returns the receipts that it wrote. */
  take(strand: StrandBench, verdict: Verdict = DELIVERED): readonly Acknowledgement[] {
    const { packets, acknowledgements } = this.fetch(strand);
    for (const acknowledgement of acknowledgements) strand.acknowledge(acknowledgement);
    return packets.map(({ packet, payload }) => strand.receive(packet, payload, verdict));
  }

  /** Receipts under a fresh header. */
  acknowledge(strand: StrandBench, ...acks: readonly Acknowledgement[]): readonly [Plan, Plan] {
    const update = this.update(strand);
    return [update, plan(relayer, "packets/acknowledge", strand.acknowledgeBody(acks))];
  }

  /** The strand takes its mail, and its receipts come back to the rope. */
  answer(strand: StrandBench, verdict: Verdict = DELIVERED): RopeBlock {
    const acks = this.take(strand, verdict);
    return this.rope.do(...(acks.length > 0 ? this.acknowledge(strand, ...acks) : []));
  }

  transfer({ transferId }: Pick<Sent, "transferId">): TransferRecord {
    return this.rope.must(stateKey.transfer(transferId), transferRecordCodec);
  }

  /** The transfer that came last. */
  newest(): TransferRecord {
    const total = this.rope.must(stateKey.transferCount(), u64);
    const transferId = this.rope.must(stateKey.transferByIndex(total - 1n), b32);
    return this.transfer({ transferId });
  }

  /** The acknowledgements of a packet in the outbox of its strand. */
  answersTo({ packet }: Sent): readonly Acknowledgement[] {
    const hash = packetHash(SUITE_KECCAK, packet);
    return this.rope
      .records("packets/outbox-entry/")
      .map(([, value]) => decode(outboxEntryRecordCodec, value))
      .filter(({ leafType }) => leafType === LEAF_TYPE.acknowledgement)
      .map(({ body }) => decode(acknowledgementCodec, body))
      .filter((ack) => equalBytes(ack.packetHash, hash));
  }

  books({ assetId }: Pick<typeof cny, "assetId">): Omit<ConservationRecord, "height"> {
    const { height: _, ...books } = this.rope.must(
      stateKey.conservation(assetId),
      conservationRecordCodec,
    );
    return books;
  }

  position({ assetId }: Pick<typeof cny, "assetId">, gateway: Uint8Array): PositionRecord {
    return this.rope.must(stateKey.position(assetId, gateway), positionRecordCodec);
  }

  /** What an account of the rope holds. */
  holding(of: Pick<typeof cny, "assetId">, { address }: Pick<TestAccount, "address">): bigint {
    const key = stateKey.holding(of.assetId, address);
    return this.rope.read(key, holdingRecordCodec)?.balance ?? 0n;
  }

  outstanding(of: Pick<typeof cny, "assetId">, gateway: Uint8Array): bigint {
    const key = stateKey.position(of.assetId, gateway);
    return this.rope.read(key, positionRecordCodec)?.outstanding ?? 0n;
  }
}

function found(): World {
  const rope = RopeBench.create(strands.map((strand) => strand.fork()));
  rope.do(...rope.strands.map(({ registration }) => plan(member, "chains/register", registration)));
  rope.do(
    ...REPRESENTATIONS.map(([{ assetId: _, ...body }]) =>
      plan(officer.standards, "asset/register", body),
    ),
  );
  rope.do(
    ...REPRESENTATIONS.flatMap(([body, gateways]) =>
      gateways.map((gateway) => represent(body, gateway)),
    ),
  );
  const world = new World(rope);
  for (const strand of rope.strands) world.answer(strand);
  return world;
}

let foundation: World | undefined;

/** A world in which every asset is registered wherever it may go, and nothing has moved. */
export function createWorld(): World {
  foundation ??= found();
  return foundation.fork();
}
