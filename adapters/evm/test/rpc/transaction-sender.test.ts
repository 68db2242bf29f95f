import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEvmRpc, type EvmRpc, type RunningAnvil, startAnvil } from "../../src/index.ts";
import {
  createTransactionSender,
  type PostedTransaction,
  type TransactionSender,
} from "../../src/rpc/transaction-sender.ts";
import { freePort, RICH_KEYS, signal, temporaryFolder } from "../kit/test-strand.ts";

const TARGET = `0x${"42".repeat(20)}`;

describe("the transaction sender", () => {
  const folder = temporaryFolder();
  let anvil: RunningAnvil;
  let rpc: EvmRpc;
  beforeAll(async () => {
    anvil = await startAnvil({ directory: folder.path, port: await freePort(), chainId: 31_004 });
    rpc = createEvmRpc(anvil.rpcUrl);
  });
  afterAll(async () => {
    await anvil.stop();
    folder.remove();
  });

  const post = (sender: TransactionSender): Promise<PostedTransaction> =>
    sender.exclusive(
      (send) => send({ to: TARGET, data: "0x", gasLimit: 30_000n }, signal()),
      signal(),
    );
  const nonce = async (address: string): Promise<bigint> =>
    BigInt(await rpc.call<string>("eth_getTransactionCount", [address, "latest"]));

  it("gives concurrent users of one key consecutive nonces", async () => {
    const sender = createTransactionSender(rpc, RICH_KEYS[3]);
    const posted = await Promise.all([post(sender), post(sender), post(sender)]);
    const mined = await Promise.all(posted.map((transaction) => transaction.mined(signal())));
    expect(mined.map(({ succeeded }) => succeeded)).toEqual([true, true, true]);
    expect(await nonce(sender.address)).toBe(3n);
    expect(mined.every(({ gasUsed, feePaid }) => gasUsed === 21_000n && feePaid > 0n)).toBe(true);
  });

  it("replaces a transaction that no block took, paying more", async () => {
    const sender = createTransactionSender(rpc, RICH_KEYS[4], 400);
    await rpc.call("evm_setIntervalMining", [0]);
    const stuck = await post(sender);
    await expect(stuck.mined(signal())).rejects.toMatchObject({ code: "evm/not-mined" });
    const replacement = await post(sender);
    expect(replacement.hash).not.toBe(stuck.hash);
    await rpc.call("evm_mine", []);
    expect((await replacement.mined(signal())).succeeded).toBe(true);
    expect(await rpc.call("eth_getTransactionReceipt", [stuck.hash])).toBeNull();
    expect(await nonce(sender.address)).toBe(1n);
    await rpc.call("evm_setIntervalMining", [1]);
  });

  it("replaces what an earlier process of the same key left behind", async () => {
    await rpc.call("evm_setIntervalMining", [0]);
    const before = createTransactionSender(rpc, RICH_KEYS[2], 200);
    const left = await post(before);
    const after = createTransactionSender(rpc, RICH_KEYS[2], 200);
    const behind = await post(after);
    await expect(behind.mined(signal())).rejects.toMatchObject({ code: "evm/not-mined" });
    const replacement = await post(after);
    await rpc.call("evm_mine", []);
    expect((await replacement.mined(signal())).succeeded).toBe(true);
    expect(await rpc.call("eth_getTransactionReceipt", [left.hash])).toBeNull();
    await rpc.call("evm_setIntervalMining", [1]);
  });
});
