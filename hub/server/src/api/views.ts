import { fetchSetSteps, type ProvenState, type Rope, recordsOf } from "@ropenet/client";
import {
  bytesToHex,
  type ChainRecord,
  CodedError,
  clientRecordCodec,
  commitCodec,
  decode,
  encode,
  FAILURE_CODES,
  headerCodec,
  hexToBytes,
  ropeGatewayUid,
  stateKey,
  transferRecordCodec,
  u32,
  validatorSetCodec,
} from "@ropenet/protocol";
import type { Database } from "../store/database.ts";
import { type TransferRow, toRow } from "../store/transfer-row.ts";
import type {
  ChainView,
  ConservationView,
  ProofView,
  SetStepView,
  SetsView,
  TransferDetail,
  TransferStateName,
  TransferView,
} from "./schemas.ts";

export function toProofView(proven: ProvenState): ProofView {
  return {
    height: String(proven.height),
    key: bytesToHex(proven.key),
    value: proven.value === undefined ? null : bytesToHex(proven.value),
    proof: bytesToHex(proven.proof),
    header: bytesToHex(encode(headerCodec, proven.header)),
    commit: bytesToHex(encode(commitCodec, proven.commit)),
  };
}

const CHAIN_KINDS = ["rope", "evm", "substrate", "fabric"] as const;
const CHAIN_STATES = ["pending", "active", "suspended", "frozen", "rejected"] as const;

function trustClassOf(chain: ChainRecord): string {
  if (chain.trustClass === 3) return `attested(${chain.threshold}, ${chain.attestors.length})`;
  return ["", "consensus", "endorsed", "attested", "custody"][chain.trustClass] ?? "";
}

export async function listChains(rope: Rope): Promise<readonly ChainView[]> {
  const chains = await recordsOf(rope.peek).chains();
  return Promise.all(
    chains.map(async (chain) => {
      const client = await rope.peek(stateKey.client(chain.gateway), clientRecordCodec);
      return {
        gateway: bytesToHex(chain.gateway),
        name: chain.name,
        description: chain.description,
        kind: CHAIN_KINDS[chain.kind] ?? "evm",
        state: CHAIN_STATES[chain.state - 1] ?? "pending",
        trustClass: trustClassOf(chain),
        gatewayAddress: `0x${bytesToHex(chain.gatewayAddress.slice(12))}`,
        genesisHash: bytesToHex(chain.genesisHash),
        codeHash: bytesToHex(chain.codeHash),
        clientHeight: String(client?.latestHeight ?? 0n),
        clientUpdatedAtMs: String(client?.updatedAtMs ?? 0n),
        registeredAtMs: String(chain.registeredAtMs),
      };
    }),
  );
}

/** The way from the oldest set to the newest; asked again only when an epoch has begun. */
const setSteps = new WeakMap<Rope, { readonly newest: string; readonly sets: SetStepView[] }>();

async function readSetSteps(rope: Rope, newest: string): Promise<SetStepView[]> {
  const known = setSteps.get(rope);
  if (known?.newest === newest) return known.sets;
  const sets = (await fetchSetSteps(rope.rpc)).map(({ validators, naming }) => ({
    validators: bytesToHex(encode(validatorSetCodec, validators)),
    header: naming && bytesToHex(encode(headerCodec, naming.header)),
    commit: naming && bytesToHex(encode(commitCodec, naming.commit)),
  }));
  setSteps.set(rope, { newest, sets });
  return sets;
}

async function setsOf(rope: Rope, { header }: ProvenState): Promise<SetsView> {
  return {
    chainId: bytesToHex(rope.anchor.chainId),
    sets: await readSetSteps(rope, bytesToHex(header.validatorsHash)),
  };
}

/** Every asset that the dense index names, all under one height: the browser proves completeness and the sums. */
export async function proveConservation(rope: Rope): Promise<ConservationView> {
  const count = await rope.light.prove(stateKey.assetCount());
  const { height } = count;
  const total = count.value === undefined ? 0 : decode(u32, count.value);
  const assets: ConservationView["assets"][number][] = [];
  for (let index = 0; index < total; index += 1) {
    const named = await rope.light.prove(stateKey.assetByIndex(index), height);
    const assetId = named.value ?? new Uint8Array(32);
    const record = await rope.light.prove(stateKey.asset(assetId), height);
    const conservation = await rope.light.prove(stateKey.conservation(assetId), height);
    assets.push({
      assetId: bytesToHex(assetId),
      index: toProofView(named),
      record: toProofView(record),
      conservation: toProofView(conservation),
    });
  }
  return {
    ...(await setsOf(rope, count)),
    height: String(height),
    assetCount: toProofView(count),
    assets,
  };
}

export interface Names {
  readonly chains: ReadonlyMap<string, string>;
  readonly assets: ReadonlyMap<string, { symbol: string; decimals: number; assetClass: number }>;
}

/** Names change only by registration. */
export async function readNames(rope: Rope): Promise<Names> {
  const ropeGateway = bytesToHex(ropeGatewayUid(rope.anchor.chainId));
  const records = recordsOf(rope.peek);
  const [chains, assets] = await Promise.all([records.chains(), records.assets()]);
  return {
    chains: new Map([
      [ropeGateway, "绳 rope"],
      ...chains.map((chain): [string, string] => [bytesToHex(chain.gateway), chain.name]),
    ]),
    assets: new Map(
      assets.map((asset) => [
        bytesToHex(asset.assetId),
        { symbol: asset.symbol, decimals: asset.decimals, assetClass: asset.assetClass },
      ]),
    ),
  };
}

async function transactionOf(
  database: Database,
  gateway: string,
  kind: "packet" | "receipt",
  lane: number,
  sequence: string,
): Promise<{ hash: string; height: string } | undefined> {
  const row = await database
    .selectFrom("strand_events")
    .select(["transaction_hash", "height"])
    .where("gateway", "=", gateway)
    .where("kind", "=", kind)
    .where("lane", "=", lane)
    .where("sequence", "=", sequence)
    .executeTakeFirst();
  return row && { hash: row.transaction_hash, height: String(row.height) };
}

const QUEUE_REASONS = ["none", "hold", "limit", "delay", "halt"] as const;

export async function toTransferView(
  database: Database,
  names: Names,
  row: TransferRow,
): Promise<TransferView> {
  const asset = names.assets.get(row.asset_id);
  const [source, destination] = await Promise.all([
    transactionOf(database, row.source_gateway, "packet", row.lane, row.sequence),
    row.leg2_sequence === "0"
      ? undefined
      : transactionOf(database, row.final_gateway, "receipt", row.lane, row.leg2_sequence),
  ]);
  return {
    id: row.id,
    index: String(row.index),
    state: row.state as TransferStateName,
    sourceGateway: row.source_gateway,
    sourceName: names.chains.get(row.source_gateway) ?? "?",
    finalGateway: row.final_gateway,
    finalName: names.chains.get(row.final_gateway) ?? "?",
    assetId: row.asset_id,
    assetSymbol: asset?.symbol ?? "",
    assetClass: asset?.assetClass ?? 1,
    decimals: asset?.decimals ?? 0,
    tokenId: row.token_id,
    amount: row.amount,
    sender: row.sender,
    recipient: row.recipient,
    failure: FAILURE_CODES[row.failure] ?? String(row.failure),
    queueReason: QUEUE_REASONS[row.queue_reason] ?? "none",
    receivedHeight: String(row.received_height),
    forwardedHeight: String(row.forwarded_height),
    endedHeight: String(row.ended_height),
    receivedAtMs: String(row.received_at_ms),
    endedAtMs: String(row.ended_at_ms),
    sourceTransaction: source?.hash ?? null,
    destinationTransaction: destination?.hash ?? null,
  };
}

const orNull = (value: string): string | null => (value === "0" ? null : value);

/** The five steps of a transfer, each with the chain that shows it. */
export async function toDetail(
  rope: Rope,
  database: Database,
  names: Names,
  id: string,
): Promise<TransferDetail> {
  const proven = await rope.light.prove(stateKey.transfer(hexToBytes(id)));
  if (!proven.value) throw new CodedError({ code: "hub/unknown-transfer", id });
  // What is shown is what is proven: the index may be a moment behind.
  const row = toRow(decode(transferRecordCodec, proven.value));
  const transfer = await toTransferView(database, names, row);
  const source = await transactionOf(
    database,
    row.source_gateway,
    "packet",
    row.lane,
    row.sequence,
  );
  const destination =
    row.leg2_sequence === "0"
      ? undefined
      : await transactionOf(database, row.final_gateway, "receipt", row.lane, row.leg2_sequence);
  const here = "绳 rope";
  const ended = transfer.state === "settled" || transfer.state === "returned";
  return {
    ...(await setsOf(rope, proven)),
    transfer,
    proof: toProofView(proven),
    steps: [
      {
        id: "sent",
        done: true,
        chain: transfer.sourceName,
        height: source?.height ?? null,
        atMs: null,
        transaction: source?.hash ?? null,
      },
      {
        id: "received",
        done: true,
        chain: here,
        height: transfer.receivedHeight,
        atMs: transfer.receivedAtMs,
        transaction: null,
      },
      {
        id: "forwarded",
        done: transfer.forwardedHeight !== "0",
        chain: here,
        height: orNull(transfer.forwardedHeight),
        atMs: null,
        transaction: null,
      },
      {
        id: "delivered",
        done: destination !== undefined || transfer.state === "settled",
        chain: transfer.finalName,
        height: destination?.height ?? null,
        atMs: null,
        transaction: destination?.hash ?? null,
      },
      {
        id: "acknowledged",
        done: ended,
        chain: here,
        height: orNull(transfer.endedHeight),
        atMs: orNull(transfer.endedAtMs),
        transaction: null,
      },
    ],
  };
}
