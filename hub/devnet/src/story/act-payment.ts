import {
  COUNTER,
  CodedError,
  counterSlot,
  hexToBytes,
  positionRecordCodec,
  stateKey,
  TRANSFER_STATE,
  utf8ToBytes,
  ZERO_32,
} from "@ropenet/protocol";
import { awaitEnd, evmB32, hexOf, type StoryContext } from "./context.ts";
import type { Notes } from "./notes.ts";
import { STORAGE_FEE_FEN, yuan } from "./numbers.ts";
import { proveStrand } from "./strand-proof.ts";

interface Books {
  /** what the gateway of 金融链 counts as held */
  readonly locked: bigint;
  /** what it holds, by the token's own word */
  readonly held: bigint;
  /** there are of it on 仓储链 */
  readonly minted: bigint;
  /** ever delivered on 仓储链 */
  readonly delivered: bigint;
}

async function books({ network }: StoryContext): Promise<Books> {
  const asset = hexOf(network.assets.cny);
  const { finance } = network.strands;
  return {
    locked: await finance.view<bigint>("gateway", "counter", [asset, 4n]),
    held: await finance.view<bigint>("cny", "balanceOf", [finance.gatewayAddress]),
    minted: await network.strands.warehouse.view<bigint>("gateway", "counter", [asset, 4n]),
    delivered: await network.strands.warehouse.view<bigint>("gateway", "counter", [asset, 2n]),
  };
}

/** 仓储费 金融链 → 绳 → 仓储链, while one worker is killed and started again. */
export async function payStorage(context: StoryContext, notes: Notes): Promise<string> {
  const { network } = context;
  const { finance, warehouse } = network.strands;
  const before = await books(context);
  const now = BigInt((await network.rope.rpc.call("status", {})).timeMs);
  await finance.call("holder", "cny", "approve", [finance.gatewayAddress, STORAGE_FEE_FEN]);
  const sent = await finance.call("holder", "gateway", "sendAsset", [
    {
      assetId: hexOf(network.assets.cny),
      tokenId: hexOf(ZERO_32),
      amountLocal: STORAGE_FEE_FEN,
      finalGateway: `0x${warehouse.gatewayUid}`,
      finalRecipient: hexOf(evmB32(network.keys.evm("keeper").address)),
      timeoutMs: now + 600_000n,
      finalTimeoutMs: now + 1_200_000n,
      gasLimit: 500_000,
      finalGasLimit: 500_000,
      obligationId: hexOf(ZERO_32),
      memo: hexOf(utf8ToBytes("仓储费 30 天")),
    },
  ]);
  const killed = network.supervisor.pidOf("relayer-0");
  await network.supervisor.kill("relayer-0");
  const packetHash = sent.event("PacketSent")?.["packetHash"] as string | undefined;
  if (!packetHash) throw new CodedError({ code: "story/no-packet" });
  const restarted = network.supervisor.restart("relayer-0");
  const transfer = await awaitEnd(context, hexToBytes(packetHash.slice(2)));
  await restarted;
  notes.did(finance.name, sent);
  notes.see("state of the transfer", "绳", transfer.state, TRANSFER_STATE.settled);
  const after = await books(context);
  notes.see("locked grew by", "金融链 网关", after.locked - before.locked, STORAGE_FEE_FEN);
  notes.see("minted grew by", "仓储链 网关", after.minted - before.minted, STORAGE_FEE_FEN);
  notes.see("minted", "仓储链 网关", after.minted, after.locked);
  notes.see("held covers what is locked", "金融链 代币", after.held >= after.locked, true);
  const restartedPid = network.supervisor.pidOf("relayer-0");
  const isNew = restartedPid !== undefined && restartedPid !== killed;
  notes.see("the killed worker runs again", "操作系统", isNew, true);
  const delivered = after.delivered - before.delivered;
  const surplus = notes.see(
    "delivered beyond the fee",
    "仓储链 网关",
    delivered - STORAGE_FEE_FEN,
    0n,
  );
  return `locked ${yuan(after.locked)} = minted ${yuan(after.minted)} · 工作进程 ${killed} kill -9 后重启为 ${restartedPid} · 多付 ${yuan(surplus)}`;
}

/** The strands' own books, proven to the rope: a consistent cut for every asset on both gateways (I6). */
export async function observeAllBooks(context: StoryContext, notes: Notes): Promise<string> {
  const { network } = context;
  const supervisor = network.wallet("supervisor");
  const which = [COUNTER.out, COUNTER.in, COUNTER.refunded, COUNTER.balance] as const;
  let proofs = 0;
  for (const strand of Object.values(network.strands)) {
    for (const assetId of Object.values(network.assets)) {
      // What the gateway holds is the token's word: asked for anew, so that a loss behind its back would show.
      const { height } = await strand.call("deployer", "gateway", "syncBalance", [hexOf(assetId)]);
      const proof = await proveStrand(
        network,
        strand,
        supervisor,
        height,
        which.map((counter) => counterSlot(assetId, counter)),
      );
      const at = Number(proof.anchor.height);
      const read = (counter: number): Promise<bigint> =>
        strand.provider
          .getStorage(
            strand.gatewayAddress,
            hexOf(counterSlot(assetId, which[counter] ?? COUNTER.out)),
            at,
          )
          .then(BigInt);
      const [outProof, inProof, refundedProof, balanceProof] = proof.slots;
      await supervisor.send("transfers/observe-books", {
        anchor: proof.anchor,
        assetId,
        out: await read(0),
        in: await read(1),
        refunded: await read(2),
        balance: await read(3),
        outProof: outProof ?? [],
        inProof: inProof ?? [],
        refundedProof: refundedProof ?? [],
        balanceProof: balanceProof ?? [],
      });
      const key = stateKey.position(assetId, hexToBytes(strand.gatewayUid));
      const position = await network.rope.peek(key, positionRecordCodec);
      const observedHeight = position?.observedHeight ?? 0n;
      const isCurrent = observedHeight >= proof.anchor.height;
      notes.see(`books of ${strand.name} are on the rope`, "绳", isCurrent, true);
      notes.see(`${strand.name} is not frozen for the asset`, "绳", position?.flags ?? 0, 0);
      proofs += which.length;
    }
  }
  return `两链账目已证明到绳 ${proofs} 项`;
}
