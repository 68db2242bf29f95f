import {
  COUNTER,
  CodedError,
  counterSlot,
  hexToBytes,
  utf8ToBytes,
  ZERO_32,
} from "@ropenet/protocol";
import { awaitEnd, evmB32, hexOf, type StoryContext } from "./context.ts";
import { STORAGE_FEE_FEN, yuan } from "./numbers.ts";
import { expectEqual } from "./report.ts";
import { proveStrand } from "./strand-proof.ts";

interface Books {
  readonly locked: bigint;
  readonly minted: bigint;
}

async function books({ network }: StoryContext): Promise<Books> {
  const asset = hexOf(network.assets.cny);
  return {
    locked: await network.strands.finance.view<bigint>("gateway", "counter", [asset, 4n]),
    minted: await network.strands.warehouse.view<bigint>("gateway", "counter", [asset, 4n]),
  };
}

/** 仓储费 金融链 → 绳 → 仓储链, while one worker is killed and started again. */
export async function payStorage(context: StoryContext): Promise<string> {
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
  await network.supervisor.kill("relayer-0");
  const packetHash = sent.event("PacketSent")?.["packetHash"] as string | undefined;
  if (!packetHash) throw new CodedError({ code: "story/no-packet" });
  const restarted = network.supervisor.restart("relayer-0");
  const transfer = await awaitEnd(context, hexToBytes(packetHash.slice(2)));
  await restarted;
  expectEqual("transfer state", transfer.state, 3);
  const after = await books(context);
  expectEqual("locked grew by", after.locked - before.locked, STORAGE_FEE_FEN);
  expectEqual("minted grew by", after.minted - before.minted, STORAGE_FEE_FEN);
  expectEqual("locked = minted", after.locked, after.minted);
  return `locked ${yuan(after.locked)} = minted ${yuan(after.minted)} · 工作进程 kill -9 后重启 · 重复 0`;
}

/** The strands' own books, proven to the rope: a consistent cut for every asset on both gateways (I6). */
export async function observeAllBooks(context: StoryContext): Promise<string> {
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
      proofs += which.length;
    }
  }
  return `两链账目已证明到绳 ${proofs} 项`;
}
