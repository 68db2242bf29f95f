import {
  ACK_STATUS,
  ASSET_CLASS,
  type AssetRecord,
  accountRecordCodec,
  acknowledgementCodec,
  assetRecordCodec,
  b32,
  bytesToHex,
  type ConservationRecord,
  conservationRecordCodec,
  decode,
  encode,
  equalBytes,
  hexToBytes,
  holdingRecordCodec,
  LEAF_TYPE,
  outboxEntryRecordCodec,
  packetHash,
  positionRecordCodec,
  receiptRecordCodec,
  rewardPoolRecordCodec,
  SUITE_KECCAK,
  SUITE_SM,
  sentRecordCodec,
  stateKey,
  supplyRecordCodec,
  TRANSFER_STATE,
  type TransferRecord,
  titleRecordCodec,
  transferRecordCodec,
  u64,
  unbondingPoolRecordCodec,
  validatorRecordCodec,
  validatorRewardsRecordCodec,
  ZERO_32,
} from "@ropenet/protocol";
import { ROPE } from "./genesis.ts";
import type { RopeBench } from "./rope-bench.ts";

const { queued, forwarded, settled, returned, quarantined } = TRANSFER_STATE;

export interface Audit {
  /** Recounts the books of the committed state from its transfers. @throws the first rule that does not hold */
  check(rope: RopeBench): void;
  /** terminal receipts seen so far, by state key */
  readonly receipts: ReadonlyMap<string, string>;
}

function demand(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(`audit: ${sentence}`);
}

const short = (bytes: Uint8Array): string => bytesToHex(bytes).slice(0, 12);

function listTransfers(rope: RopeBench): readonly TransferRecord[] {
  const total = rope.read(stateKey.transferCount(), u64) ?? 0n;
  return Array.from({ length: Number(total) }, (_, index) => {
    const transferId = rope.must(stateKey.transferByIndex(BigInt(index)), b32);
    const transfer = rope.must(stateKey.transfer(transferId), transferRecordCodec);
    demand(transfer.index === BigInt(index), `index ${index} holds ${transfer.index}`);
    return transfer;
  });
}

interface Recount {
  readonly books: Omit<ConservationRecord, "height">;
  /** outstanding by gateway, hex; the origin's own is the escrow */
  readonly balances: ReadonlyMap<string, bigint>;
  /** what is on its second leg, by the gateway it goes to, hex */
  readonly flights: ReadonlyMap<string, bigint>;
}

/** The books of an asset from nothing but what its transfers say. */
function recount(
  { assetId, originGateway }: AssetRecord,
  transfers: readonly TransferRecord[],
): Recount {
  const balances = new Map<string, bigint>();
  const flights = new Map<string, bigint>();
  const pockets = { held: 0n, inFlight: 0n };
  const count = (to: Map<string, bigint>, gateway: Uint8Array, amount: bigint): void => {
    const name = bytesToHex(gateway);
    to.set(name, (to.get(name) ?? 0n) + amount);
  };
  for (const { asset, state, leg1, finalGateway } of transfers) {
    if (!asset || !equalBytes(asset.assetId, assetId)) continue;
    if (state === returned || state === quarantined) continue;
    count(balances, leg1.sourceGateway, -asset.amount);
    if (state === queued) pockets.held += asset.amount;
    else if (state === forwarded) {
      pockets.inFlight += asset.amount;
      count(flights, finalGateway, asset.amount);
    } else count(balances, finalGateway, asset.amount);
  }
  const origin = bytesToHex(originGateway);
  const escrow = -(balances.get(origin) ?? 0n);
  balances.delete(origin);
  const outstandingTotal = [...balances.values()].reduce((sum, amount) => sum + amount, 0n);
  return { books: { escrow, outstandingTotal, ...pockets }, balances, flights };
}

/** I4 and I5 of one asset. */
function checkBooks(
  rope: RopeBench,
  asset: AssetRecord,
  transfers: readonly TransferRecord[],
): void {
  const { assetId, originGateway } = asset;
  const counts = recount(asset, transfers);
  const { books, balances } = counts;
  const recorded = rope.must(stateKey.conservation(assetId), conservationRecordCodec);
  const name = `asset ${short(assetId)}`;
  for (const field of ["escrow", "outstandingTotal", "inFlight", "held"] as const) {
    const counted = books[field];
    const says = `${field} is ${recorded[field]}, its transfers make ${counted}`;
    demand(recorded[field] === counted, `I4 ${name}: ${says}`);
    demand(counted >= 0n, `I5 ${name}: ${says}`);
  }
  const { escrow, outstandingTotal, inFlight, held } = books;
  demand(
    escrow === outstandingTotal + inFlight + held,
    `I4 ${name}: escrow ${escrow} ≠ ${outstandingTotal} + ${inFlight} + ${held}`,
  );
  checkPositions(rope, asset, counts);
  checkHoldings(rope, asset, balances.get(bytesToHex(ROPE)) ?? 0n);
  if (asset.assetClass === ASSET_CLASS.unique) checkTitles(rope, assetId, originGateway, transfers);
}

/** What accounts of the rope hold together is what the rope holds as a strand. */
function checkHoldings(rope: RopeBench, asset: AssetRecord, outstanding: bigint): void {
  const { assetId, originGateway } = asset;
  if (equalBytes(originGateway, ROPE)) return;
  const sum = rope
    .records("asset/holding/")
    .filter(([key]) => equalBytes(key.slice(-52, -20), assetId))
    .reduce((total, [, value]) => total + decode(holdingRecordCodec, value).balance, 0n);
  demand(
    sum === outstanding,
    `asset ${short(assetId)}: accounts of the rope hold ${sum}, the rope holds ${outstanding}`,
  );
}

function checkPositions(
  rope: RopeBench,
  { assetId, originGateway }: AssetRecord,
  { balances, flights }: Recount,
): void {
  const recorded = new Map<string, { outstanding: bigint; inFlight: bigint }>();
  for (const [key, value] of rope.records("transfers/position/")) {
    if (!equalBytes(key.slice(-64, -32), assetId)) continue;
    recorded.set(bytesToHex(key.slice(-32)), decode(positionRecordCodec, value));
  }
  const atOrigin = recorded.get(bytesToHex(originGateway))?.outstanding ?? 0n;
  demand(atOrigin === 0n, `I4 asset ${short(assetId)}: its origin owes itself ${atOrigin}`);
  const gateways = new Set([...recorded.keys(), ...balances.keys(), ...flights.keys()]);
  for (const gateway of gateways) {
    const { outstanding, inFlight } = recorded.get(gateway) ?? { outstanding: 0n, inFlight: 0n };
    const amount = balances.get(gateway) ?? 0n;
    const flight = flights.get(gateway) ?? 0n;
    const name = `asset ${short(assetId)} at ${gateway.slice(0, 12)}`;
    demand(amount >= 0n, `I5 ${name}: gave back more than it held (${amount})`);
    demand(outstanding === amount, `I4 ${name}: ${outstanding}, its transfers make ${amount}`);
    demand(inFlight === flight, `I4 ${name}: ${inFlight} on the way, its transfers make ${flight}`);
  }
}

/** A title is at one place: where its last settled transfer took it, or nowhere while one is under way. */
function checkTitles(
  rope: RopeBench,
  assetId: Uint8Array,
  originGateway: Uint8Array,
  transfers: readonly TransferRecord[],
): void {
  const places = new Map<string, Uint8Array>();
  for (const { asset, state, finalGateway } of transfers) {
    if (!asset || !equalBytes(asset.assetId, assetId)) continue;
    const token = bytesToHex(asset.tokenId);
    if (state === settled) places.set(token, finalGateway);
    else if (state === queued || state === forwarded) places.set(token, ZERO_32);
  }
  for (const [key, value] of rope.records("asset/title/")) {
    if (!equalBytes(key.slice(-64, -32), assetId)) continue;
    const expected = places.get(bytesToHex(key.slice(-32))) ?? originGateway;
    const { location } = decode(titleRecordCodec, value);
    demand(
      equalBytes(location, expected),
      `title ${short(key.slice(-32))} is at ${short(location)}, its transfers say ${short(expected)}`,
    );
  }
}

/** I1: what the rope took, its strand had committed; what a strand took, the rope had sent. */
function checkOrigins(rope: RopeBench, transfers: readonly TransferRecord[]): void {
  for (const { leg1, transferId } of transfers) {
    const isOwn = equalBytes(leg1.sourceGateway, ROPE);
    const hash = packetHash(isOwn ? SUITE_SM : SUITE_KECCAK, leg1);
    demand(equalBytes(hash, transferId), "I1: a transfer's id is not its packet's hash");
    const strand = rope.strands.find(({ gateway }) => equalBytes(gateway, leg1.sourceGateway));
    demand(
      isOwn || strand?.committed.has(bytesToHex(hash)) === true,
      `I1: ${short(hash)} was never committed`,
    );
  }
}

/** I2 and I3 of one transfer. */
function checkReceipt(rope: RopeBench, transfer: TransferRecord): void {
  const { leg1, state, transferId, leg2Sequence, finalGateway } = transfer;
  const name = `transfer ${short(transferId)}`;
  const key = stateKey.receipt(leg1.sourceGateway, leg1.lane, leg1.sequence);
  const receipt = rope.read(key, receiptRecordCodec);
  if (state === quarantined) {
    demand(receipt === undefined, `I2 ${name}: quarantined, with a receipt`);
    return;
  }
  demand(
    receipt !== undefined && equalBytes(receipt.packetHash, transferId),
    `I2 ${name}: receipt`,
  );
  const status = receipt?.acknowledgement?.status ?? 0;
  const isOpen = state === queued || state === forwarded;
  demand(isOpen === (status === 0), `I2 ${name}: state ${state} with receipt ${status}`);
  if (isOpen) return;
  const delivered = status === ACK_STATUS.delivered;
  demand(delivered === (state === settled), `I3 ${name}: state ${state} with receipt ${status}`);
  if (leg2Sequence === 0n) return;
  const sent = rope.must(stateKey.sent(finalGateway, leg1.lane, leg2Sequence), sentRecordCodec);
  demand(sent.acknowledged, `I3 ${name}: ended before its second leg`);
  const strand = rope.strands.find(({ gateway }) => equalBytes(gateway, finalGateway));
  const answer = strand?.receipts.get(bytesToHex(sent.packetHash));
  demand(
    answer !== undefined && (answer.status === ACK_STATUS.delivered) === delivered,
    `I3 ${name}: ended with ${status}, its strand answered ${answer?.status}`,
  );
}

/** I2 of outboxes: one acknowledgement per (gateway, lane, sequence), one second leg per transfer. */
function checkOutboxes(rope: RopeBench): void {
  const answered = new Set<string>();
  for (const [key, value] of rope.records("packets/outbox-entry/")) {
    const { leafType, body } = decode(outboxEntryRecordCodec, value);
    if (leafType !== LEAF_TYPE.acknowledgement) continue;
    const gateway = key.slice(-40, -8);
    const ack = decode(acknowledgementCodec, body);
    const name = `${short(gateway)}/${ack.lane}/${ack.sequence}`;
    demand(equalBytes(ack.sourceGateway, gateway), `I2 ${name}: answered to another strand`);
    demand(!answered.has(name), `I2 ${name}: acknowledged twice`);
    answered.add(name);
    const receipt = rope.must(
      stateKey.receipt(gateway, ack.lane, ack.sequence),
      receiptRecordCodec,
    );
    const { acknowledgement } = receipt;
    demand(
      acknowledgement !== null && equalBytes(encode(acknowledgementCodec, acknowledgement), body),
      `I2 ${name}: the outbox says something else than the receipt`,
    );
  }
  const carried = new Set<string>();
  for (const [, value] of rope.records("packets/sent/")) {
    const { kind, transferId } = decode(sentRecordCodec, value);
    const name = `${kind}/${bytesToHex(transferId)}`;
    demand(kind !== 1 || !carried.has(name), `I2 ${short(transferId)}: a second leg 2`);
    carried.add(name);
  }
}

const sumOf = (rope: RopeBench, prefix: string, value: (bytes: Uint8Array) => bigint): bigint =>
  rope.records(prefix).reduce((sum, [, bytes]) => sum + value(bytes), 0n);

/** Every coin of genesis and of issuance is in an account, at stake, a reward, or burnt. */
function checkCoins(rope: RopeBench): void {
  const supply = rope.must(stateKey.supply(), supplyRecordCodec);
  const pool = rope.must(stateKey.rewardPool(), rewardPoolRecordCodec);
  const bonded = sumOf(
    rope,
    "staking/validator/",
    (bytes) => decode(validatorRecordCodec, bytes).tokens,
  );
  const unbonding = sumOf(
    rope,
    "staking/unbonding-pool/",
    (bytes) => decode(unbondingPoolRecordCodec, bytes).tokens,
  );
  demand(bonded === supply.bonded, `bonded: ${bonded}, the supply says ${supply.bonded}`);
  demand(unbonding === supply.unbonding, `unbonding: ${unbonding}, not ${supply.unbonding}`);
  const credited = sumOf(rope, "distribution/validator/", (bytes) => {
    const { outstanding, commission } = decode(validatorRewardsRecordCodec, bytes);
    return outstanding + commission;
  });
  demand(credited === pool.credited, `credited: ${credited}, the pool says ${pool.credited}`);
  const held = pool.remaining + pool.credited;
  demand(held === pool.issued + pool.fees - pool.withdrawn, "rewards held are not what came in");
  const balances = sumOf(
    rope,
    "accounts/account/",
    (bytes) => decode(accountRecordCodec, bytes).balance,
  );
  const all = balances + bonded + unbonding + held;
  const due = supply.genesis + pool.issued - supply.burnt;
  demand(all === due, `there are ${all} coins, and should be ${due}`);
}

/** The rules that no block may break, checked from the outside after each one. */
export function createAudit(from?: Audit): Audit {
  const receipts = new Map<string, string>(from ? from.receipts : []);

  /** Terminal receipts are written once. */
  function checkForever(rope: RopeBench): void {
    for (const [key, value] of rope.records("packets/receipt/")) {
      const name = bytesToHex(key);
      const known = receipts.get(name);
      const now = bytesToHex(value);
      demand(known === undefined || known === now, "I2: a terminal receipt changed");
      if (decode(receiptRecordCodec, value).acknowledgement) receipts.set(name, now);
    }
    const kept = [...receipts.keys()].every((key) => rope.value(hexToBytes(key)) !== undefined);
    demand(kept, "I2: a terminal receipt vanished");
  }

  return {
    receipts,
    check(rope): void {
      const transfers = listTransfers(rope);
      for (const [, value] of rope.records("asset/asset/")) {
        checkBooks(rope, decode(assetRecordCodec, value), transfers);
      }
      checkOrigins(rope, transfers);
      for (const transfer of transfers) checkReceipt(rope, transfer);
      checkOutboxes(rope);
      checkForever(rope);
      checkCoins(rope);
    },
  };
}
