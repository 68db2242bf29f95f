import {
  bytesToHex,
  conservationRecordCodec,
  decode,
  digest,
  encode,
  hexToBytes,
  lienSlot,
  outboxEntryRecordCodec,
  outboxRecordCodec,
  PACKET_KIND,
  packetCodec,
  payloadHash,
  SUITE_KECCAK,
  SUITE_SM,
  stateKey,
  TRANSFER_STATE,
  titleRecordCodec,
  utf8ToBytes,
  ZERO_32,
} from "@ropenet/protocol";
import { awaitEnd, evmB32, hex32, hexOf, type StoryContext, toB32 } from "./context.ts";
import type { Notes } from "./notes.ts";
import { COILS_KG, LOAN_FEN, PRICE_FEN_PER_TONNE, TOTAL_KG, tonnes, yuan } from "./numbers.ts";
import { proveStrand } from "./strand-proof.ts";

const agreementOf = (run: number): Uint8Array =>
  digest(SUITE_SM, "agreement", utf8ToBytes(`质押协议（虚构）${run}`));

interface TitleState {
  readonly fieldsDigest: string;
  readonly quantityKg: bigint;
}

interface LoanState {
  readonly principal: bigint;
  readonly stage: bigint;
}

/** PledgeLoan.Stage */
const [OFFERED, PLEDGED] = [1n, 2n];

/** 入库; 仓单 issued on 仓储链. */
export async function issueTitle(context: StoryContext, notes: Notes): Promise<string> {
  const { network, tokenId, run } = context;
  const { warehouse } = network.strands;
  const fields = `仓单 CD20261122-${String(run).padStart(4, "0")} 热轧卷 Q235B 3.0×1500×C ${COILS_KG.join("+")} kg（虚构）`;
  const fieldsDigest = hexOf(digest(SUITE_SM, "title-fields", utf8ToBytes(fields)));
  const holder = warehouse.address("holder");
  const issued = await warehouse.call("keeper", "title", "issue", [
    ...[tokenId, holder, fieldsDigest, TOTAL_KG],
  ]);
  notes.did(warehouse.name, issued);
  const title = await warehouse.view<TitleState>("title", "titleOf", [tokenId]);
  const owner = await warehouse.view<string>("title", "ownerOf", [tokenId]);
  notes.see("holder", "仓储链 仓单", owner, holder);
  notes.see("digest of its fields", "仓储链 仓单", title.fieldsDigest, fieldsDigest);
  const weight = notes.see("weight in kg", "仓储链 仓单", title.quantityKg, BigInt(TOTAL_KG));
  const value = (weight * PRICE_FEN_PER_TONNE) / 1000n;
  const coils = COILS_KG.map(tonnes).join("+");
  return `${COILS_KG.length} 卷 ${coils} = ${tonnes(Number(weight))} t × ${yuan(PRICE_FEN_PER_TONNE)} 元/t = ${yuan(value)} 元`;
}

/** 甲银行 puts the principal aside for a title that is still at home. */
export async function offerLoan(context: StoryContext, notes: Notes): Promise<string> {
  const { network, tokenId, run } = context;
  const { finance } = network.strands;
  await finance.call("deployer", "cny", "mint", [finance.address("bank-a"), LOAN_FEN]);
  await finance.call("bank-a", "cny", "approve", [finance.contracts["loan"], LOAN_FEN]);
  const block = await finance.provider.getBlock("latest");
  const before = await heldByLoans(context);
  const offered = await finance.call("bank-a", "loan", "offer", [
    {
      bank: finance.address("bank-a"),
      borrower: finance.address("holder"),
      assetId: hexOf(network.assets.title),
      tokenId: hex32(tokenId),
      principal: LOAN_FEN,
      repayment: LOAN_FEN,
      dueAt: BigInt(block?.timestamp ?? 0) + 90n * 86_400n,
      agreement: hexOf(agreementOf(run)),
      stage: 0,
    },
  ]);
  context.loanId = BigInt(offered.event("LoanOffered")?.["loanId"] ?? 0n);
  notes.did(finance.name, offered);
  const loan = await finance.view<LoanState>("loan", "loan", [context.loanId]);
  notes.see("stage", "金融链 贷款合约", loan.stage, OFFERED);
  const principal = notes.see("principal", "金融链 贷款合约", loan.principal, LOAN_FEN);
  const put = (await heldByLoans(context)) - before;
  const aside = notes.see("put aside", "金融链 结算币", put, LOAN_FEN);
  return `黔钢贸易 向 甲银行 申请 ${yuan(principal)} 元，托管 ${yuan(aside)} 元`;
}

/** What the contract of loans holds of the currency. */
function heldByLoans({ network }: StoryContext): Promise<bigint> {
  const { finance } = network.strands;
  return finance.view("cny", "balanceOf", [finance.contracts["loan"]]);
}

interface TitleBooks {
  readonly locked: bigint;
  readonly minted: bigint;
  readonly inFlight: bigint;
}

/** How many titles each side says there are: two gateways and the rope. */
async function titleBooks({ network }: StoryContext): Promise<TitleBooks> {
  const { finance, warehouse } = network.strands;
  const asset = hexOf(network.assets.title);
  const key = stateKey.conservation(network.assets.title);
  const books = await network.rope.peek(key, conservationRecordCodec);
  return {
    locked: await warehouse.view("gateway", "counter", [asset, 4n]),
    minted: await finance.view("gateway", "counter", [asset, 4n]),
    inFlight: books?.inFlight ?? 0n,
  };
}

/** Locked on 仓储链, minted on 金融链. */
export async function moveTitle(context: StoryContext, notes: Notes): Promise<string> {
  const { network, tokenId } = context;
  const { finance, warehouse } = network.strands;
  const now = BigInt((await network.rope.rpc.call("status", {})).timeMs);
  const before = await titleBooks(context);
  await warehouse.call("keeper", "title", "consent", [tokenId, warehouse.gatewayAddress]);
  await warehouse.call("holder", "title", "approve", [warehouse.gatewayAddress, tokenId]);
  const sent = await warehouse.call("holder", "gateway", "sendAsset", [
    {
      assetId: hexOf(network.assets.title),
      tokenId: hex32(tokenId),
      amountLocal: 1n,
      finalGateway: `0x${finance.gatewayUid}`,
      finalRecipient: hexOf(evmB32(network.keys.evm("holder").address)),
      timeoutMs: now + 600_000n,
      finalTimeoutMs: now + 1_200_000n,
      gasLimit: 500_000,
      finalGasLimit: 500_000,
      obligationId: hexOf(ZERO_32),
      memo: hexOf(utf8ToBytes(`${tonnes(TOTAL_KG)} t`)),
    },
  ]);
  const packetHash = sent.event("PacketSent")?.["packetHash"] as string | undefined;
  if (!packetHash) throw new Error("no PacketSent event");
  const transfer = await awaitEnd(context, hexToBytes(packetHash.slice(2)));
  context.titleTransfer = transfer;
  notes.did(warehouse.name, sent);
  notes.see("state of the transfer", "绳", transfer.state, TRANSFER_STATE.settled);
  const after = await titleBooks(context);
  const locked = notes.see("locked", "仓储链 网关", after.locked - before.locked, 1n);
  const minted = notes.see("minted", "金融链 网关", after.minted - before.minted, 1n);
  const inFlight = notes.see("in flight", "绳", after.inFlight, 0n);
  const owner = await warehouse.view<string>("title", "ownerOf", [tokenId]);
  notes.see("holder of the original", "仓储链 仓单", owner, warehouse.gatewayAddress);
  return `locked ${locked} = minted ${minted} + in flight ${inFlight}`;
}

/** Pledged, and paid in the same transaction; the lien is then proven to the rope. */
export async function pledgeTitle(context: StoryContext, notes: Notes): Promise<string> {
  const { network, tokenId, loanId } = context;
  const { finance } = network.strands;
  const { token } = await finance.view<{ readonly token: string }>("gateway", "asset", [
    hexOf(network.assets.title),
  ]);
  const before = await finance.view<bigint>("cny", "balanceOf", [finance.address("holder")]);
  await finance.call(
    "holder",
    "voucherTitle",
    "approve",
    [finance.contracts["loan"], tokenId],
    token,
  );
  const pledged = await finance.call("holder", "loan", "pledge", [loanId]);
  const after = await finance.view<bigint>("cny", "balanceOf", [finance.address("holder")]);
  notes.did(finance.name, pledged);
  const paid = notes.see("paid to the holder", "金融链 结算币", after - before, LOAN_FEN);
  const { stage } = await finance.view<LoanState>("loan", "loan", [loanId]);
  notes.see("stage", "金融链 贷款合约", stage, PLEDGED);
  const bank = network.wallet("bank-a");
  const proof = await proveStrand(network, finance, bank, pledged.height, [
    lienSlot(network.assets.title, toB32(tokenId)),
  ]);
  await bank.send("asset/observe-lien", {
    anchor: proof.anchor,
    assetId: network.assets.title,
    tokenId: toB32(tokenId),
    lienHolder: evmB32(network.keys.evm("bank-a").address),
    amount: LOAN_FEN,
    agreement: agreementOf(context.run),
    proof: proof.slots[0] ?? [],
  });
  const key = stateKey.title(network.assets.title, toB32(tokenId));
  const title = await network.rope.peek(key, titleRecordCodec);
  const creditor = bytesToHex(title?.lienHolder ?? ZERO_32);
  const bankB32 = bytesToHex(evmB32(network.keys.evm("bank-a").address));
  notes.see("lien holder", "绳", creditor, bankB32);
  const lien = notes.see("lien", "绳", title?.lienAmount ?? 0n, LOAN_FEN);
  return `放款 ${yuan(paid)} 元 · 质权 ${yuan(lien)} 元已证明到绳`;
}

/** The same 仓单 offered to 乙银行 on the rope. */
export async function offerTwice(context: StoryContext): Promise<string> {
  const { network, tokenId, run } = context;
  await network.wallet("holder").send("asset/pledge", {
    assetId: network.assets.title,
    tokenId: toB32(tokenId),
    creditor: network.keys.rope("bank-b").address,
    amount: LOAN_FEN,
    agreement: agreementOf(run),
  });
  return "the second pledge was accepted";
}

interface OldDelivery {
  readonly packet: Uint8Array;
  readonly payload: Uint8Array;
  readonly proof: object;
}

/** What any relayer can read again from the chains: the delivery of the title, with a proof good now. */
async function recoverDelivery({ network, titleTransfer }: StoryContext): Promise<OldDelivery> {
  const { rope, strands } = network;
  const gateway = hexToBytes(strands.finance.gatewayUid);
  const outbox = await rope.peek(stateKey.outbox(gateway), outboxRecordCodec);
  const { height } = await strands.finance.view<{ readonly height: bigint }>(
    "gateway",
    "checkpointState",
    [],
  );
  for (let index = (outbox?.count ?? 0n) - 1n; index >= 0n; index -= 1n) {
    const entry = await rope.peek(stateKey.outboxEntry(gateway, index), outboxEntryRecordCodec);
    if (entry?.leafType !== 1) continue;
    const packet = decode(packetCodec, entry.body);
    if (packet.kind !== PACKET_KIND.asset || packet.sequence !== titleTransfer?.leg2Sequence)
      continue;
    const proof = await rope.rpc.call("outbox_proof", {
      gateway: bytesToHex(gateway),
      index: String(index),
      checkpointHeight: String(height),
    });
    return {
      packet: entry.body,
      payload: entry.payload,
      proof: {
        index: proof.leafIndex,
        count: proof.outboxCount,
        leafPath: proof.siblings.map((node) => `0x${node}`),
        outboxesPosition: proof.outboxesIndex,
        outboxesCount: proof.outboxesCount,
        outboxesPath: proof.outboxesSiblings.map((node) => `0x${node}`),
      },
    };
  }
  throw new Error("the delivery is not in the outbox");
}

function replaceText(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  if (!text.includes(from)) throw new Error(`${from} is not in the payload`);
  return Uint8Array.from(Buffer.from(text.replace(from, to), "latin1"));
}

/** A relayer resubmits the delivery with ten times the tonnes, hashes made to fit. */
export async function deliverEdited(context: StoryContext): Promise<string> {
  const { finance } = context.network.strands;
  const old = await recoverDelivery(context);
  const payload = replaceText(old.payload, "92.360", "923.60");
  const packet = decode(packetCodec, old.packet);
  const forged = encode(packetCodec, {
    ...packet,
    // A sequence that is still free, or the receipt alone would refuse it.
    sequence: packet.sequence + 1_000_000n,
    payloadHash: payloadHash(SUITE_KECCAK, payload),
  });
  await finance.call("relayer-0", "gateway", "receivePacket", [
    hexOf(forged),
    hexOf(payload),
    hexOf(ZERO_32),
    old.proof,
  ]);
  return "the edited delivery was accepted";
}

/** And then unedited. */
export async function deliverAgain(context: StoryContext): Promise<string> {
  const { finance } = context.network.strands;
  const old = await recoverDelivery(context);
  await finance.call("relayer-0", "gateway", "receivePacket", [
    hexOf(old.packet),
    hexOf(old.payload),
    hexOf(ZERO_32),
    old.proof,
  ]);
  return "the delivery was accepted twice";
}
