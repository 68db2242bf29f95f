import { type Rope, recordsOf } from "@ropenet/client";
import {
  type AssetRecord,
  assetRecordCodec,
  b32,
  bytesToHex,
  type ChainRecord,
  type Codec,
  type ConservationRecord,
  type CredentialPositionRecord,
  type CredentialRecord,
  chainRecordCodec,
  concatBytes,
  conservationRecordCodec,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  decode,
  hexToBytes,
  LANE_DEFAULT,
  LEAF_TYPE,
  outboxEntryRecordCodec,
  outboxRecordCodec,
  type PositionRecord,
  positionRecordCodec,
  type ReceiptRecord,
  receiptRecordCodec,
  ropeGatewayUid,
  type SentRecord,
  sentRecordCodec,
  stateKey,
  type TransferRecord,
  transferRecordCodec,
  u32,
  u64,
} from "@ropenet/protocol";

/** Where the ledger is read from: values proven under a committed header, keys as the node lists them. */
export interface LedgerSource {
  readonly ropeGateway: Uint8Array;
  /** The proven value after `height`; undefined = proven absent. Throws if the proof does not hold. */
  prove(key: Uint8Array, height: bigint): Promise<Uint8Array | undefined>;
  /** Keys that begin with `prefix` now; only for records that no dense index names. */
  list(prefix: Uint8Array): Promise<readonly Uint8Array[]>;
}

export interface AssetBooks {
  readonly assetId: Uint8Array;
  readonly record: AssetRecord;
  readonly conservation: ConservationRecord;
  /** by gateway, hex */
  readonly positions: ReadonlyMap<string, PositionRecord>;
}

/** A transfer with the receipt of its leg 1 and the commitment of its leg 2. */
export interface TransferTrail {
  readonly transfer: TransferRecord;
  readonly receipt: ReceiptRecord | undefined;
  readonly sent: SentRecord | undefined;
}

export interface CredentialBooks {
  readonly record: CredentialRecord;
  /** by gateway, hex */
  readonly positions: ReadonlyMap<string, CredentialPositionRecord>;
}

/** Everything that conservation is about, at one height. */
export interface LedgerAt {
  readonly height: bigint;
  readonly ropeGateway: Uint8Array;
  readonly chains: readonly ChainRecord[];
  /** in the order of the dense index; as long as the index says */
  readonly assets: readonly AssetBooks[];
  readonly transfers: readonly TransferTrail[];
  readonly credentials: readonly CredentialBooks[];
  /** hashes of every packet in the outbox of a gateway, both hex; empty unless the whole ledger was read */
  readonly emitted: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A dense index that promises a record and does not hold it. */
export class IndexGap extends Error {}

const NO_POSITION: PositionRecord = {
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
};

const CREDENTIALS = new TextEncoder().encode("data-credential/credential/");
const FINAL_STATES: readonly number[] = [3, 4, 5];

export function ledgerOf(rope: Rope): LedgerSource {
  return {
    ropeGateway: ropeGatewayUid(rope.anchor.chainId),
    async prove(key, height): Promise<Uint8Array | undefined> {
      return (await rope.light.prove(key, height)).value;
    },
    async list(prefix): Promise<readonly Uint8Array[]> {
      const to = concatBytes(prefix, new Uint8Array(33).fill(0xff));
      const found: Uint8Array[] = [];
      let from = prefix;
      for (;;) {
        const { entries } = await rope.rpc.call("state_range", {
          from: bytesToHex(from),
          to: bytesToHex(to),
          limit: 200,
        });
        found.push(...entries.map(({ key }) => hexToBytes(key)));
        const last = found.at(-1);
        if (entries.length < 200 || !last) return found;
        from = concatBytes(last, Uint8Array.of(0));
      }
    },
  };
}

/** Reads ledgers height by height; what has ended is read again only when `whole` is asked for. */
export interface LedgerReader {
  at(height: bigint, whole: boolean): Promise<LedgerAt>;
}

export function createLedgerReader(source: LedgerSource): LedgerReader {
  const ended = new Map<bigint, TransferTrail>();

  async function read<T>(key: Uint8Array, codec: Codec<T>, height: bigint): Promise<T | undefined> {
    const value = await source.prove(key, height);
    return value === undefined ? undefined : decode(codec, value);
  }

  async function must<T>(
    what: string,
    key: Uint8Array,
    codec: Codec<T>,
    height: bigint,
  ): Promise<T> {
    const value = await read(key, codec, height);
    if (value === undefined) throw new IndexGap(`${what} is missing at height ${height}`);
    return value;
  }

  async function chainsAt(height: bigint): Promise<readonly ChainRecord[]> {
    const count = (await read(stateKey.chainCount(), u32, height)) ?? 0;
    return series(count, async (index) => {
      const gateway = await must(`chain ${index}`, stateKey.chainByIndex(index), b32, height);
      return must(`chain ${index}`, stateKey.chain(gateway), chainRecordCodec, height);
    });
  }

  async function assetAt(
    index: number,
    gateways: readonly Uint8Array[],
    height: bigint,
  ): Promise<AssetBooks> {
    const assetId = await must(`asset ${index}`, stateKey.assetByIndex(index), b32, height);
    const positions = await series(gateways.length, async (at) => {
      const gateway = gateways[at] ?? source.ropeGateway;
      const position = await read(stateKey.position(assetId, gateway), positionRecordCodec, height);
      return [bytesToHex(gateway), position ?? NO_POSITION] as const;
    });
    return {
      assetId,
      record: await must(`asset ${index}`, stateKey.asset(assetId), assetRecordCodec, height),
      conservation: await must(
        `conservation of asset ${index}`,
        stateKey.conservation(assetId),
        conservationRecordCodec,
        height,
      ),
      positions: new Map(positions),
    };
  }

  async function trailAt(index: bigint, height: bigint): Promise<TransferTrail> {
    const id = await must(`transfer ${index}`, stateKey.transferByIndex(index), b32, height);
    const transfer = await must(
      `transfer ${index}`,
      stateKey.transfer(id),
      transferRecordCodec,
      height,
    );
    const { sourceGateway, lane, sequence } = transfer.leg1;
    const receipt = await read(
      stateKey.receipt(sourceGateway, lane, sequence),
      receiptRecordCodec,
      height,
    );
    const sent =
      transfer.leg2Sequence === 0n
        ? undefined
        : await read(
            stateKey.sent(transfer.finalGateway, LANE_DEFAULT, transfer.leg2Sequence),
            sentRecordCodec,
            height,
          );
    return { transfer, receipt, sent };
  }

  async function transfersAt(height: bigint, whole: boolean): Promise<readonly TransferTrail[]> {
    const count = (await read(stateKey.transferCount(), u64, height)) ?? 0n;
    return series(Number(count), async (at) => {
      const index = BigInt(at);
      const known = ended.get(index);
      if (known && !whole) return known;
      const trail = await trailAt(index, height);
      if (FINAL_STATES.includes(trail.transfer.state)) ended.set(index, trail);
      return trail;
    });
  }

  async function credentialsAt(height: bigint): Promise<readonly CredentialBooks[]> {
    const keys = await source.list(CREDENTIALS);
    const found = await series(keys.length, async (at) => {
      const record = await read(keys[at] ?? CREDENTIALS, credentialRecordCodec, height);
      if (!record) return undefined;
      const positions = await series(record.gateways.length, async (n) => {
        const gateway = record.gateways[n] ?? source.ropeGateway;
        const position = await must(
          `position of credential ${bytesToHex(record.credentialId)}`,
          stateKey.credentialPosition(record.credentialId, gateway),
          credentialPositionRecordCodec,
          height,
        );
        return [bytesToHex(gateway), position] as const;
      });
      return { record, positions: new Map(positions) };
    });
    return found.filter((books) => books !== undefined);
  }

  async function emittedAt(
    gateway: Uint8Array,
    height: bigint,
  ): Promise<readonly [string, ReadonlySet<string>]> {
    const outbox = await read(stateKey.outbox(gateway), outboxRecordCodec, height);
    const entries = await series(Number(outbox?.count ?? 0n), (index) =>
      must(
        `outbox entry ${index}`,
        stateKey.outboxEntry(gateway, BigInt(index)),
        outboxEntryRecordCodec,
        height,
      ),
    );
    const packets = entries.filter(({ leafType }) => leafType === LEAF_TYPE.packet);
    return [
      bytesToHex(gateway),
      new Set(packets.map(({ bodyHash }) => bytesToHex(bodyHash))),
    ] as const;
  }

  return {
    async at(height, whole): Promise<LedgerAt> {
      const chains = await chainsAt(height);
      const gateways = [source.ropeGateway, ...chains.map(({ gateway }) => gateway)];
      const count = (await read(stateKey.assetCount(), u32, height)) ?? 0;
      return {
        height,
        ropeGateway: source.ropeGateway,
        chains,
        assets: await series(count, (index) => assetAt(index, gateways, height)),
        transfers: await transfersAt(height, whole),
        credentials: await credentialsAt(height),
        emitted: new Map(
          whole
            ? await series(chains.length, (at) =>
                emittedAt(chains[at]?.gateway ?? source.ropeGateway, height),
              )
            : [],
        ),
      };
    },
  };
}

/** `count` results in order, a few at a time: a node answers other clients too. */
async function series<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const WIDTH = 8;
  for (let start = 0; start < count; start += WIDTH) {
    const width = Math.min(WIDTH, count - start);
    results.push(
      ...(await Promise.all(Array.from({ length: width }, (_, offset) => work(start + offset)))),
    );
  }
  return results;
}

/** The newest height whose state a committed header proves. */
export async function provableHeight(rope: Rope): Promise<bigint> {
  return (await rope.light.header()).header.height - 1n;
}

/** Records by name over proven reads. */
export const provenRecords = (rope: Rope): ReturnType<typeof recordsOf> => recordsOf(rope.read);
