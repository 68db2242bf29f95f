import { rmSync } from "node:fs";
import { GATEWAY_ARTIFACT } from "@ropenet/adapter-evm";
import { createRpcClient, recordsOf } from "@ropenet/client";
import { type Network, ropeUrls, type Strand, startNetwork } from "@ropenet/devnet";
import {
  bytesToHex,
  COUNTER,
  concatBytes,
  hexToBytes,
  LANE_DEFAULT,
  ropeGatewayUid,
  stateKey,
  TRANSFER_STATE,
} from "@ropenet/protocol";
import { Contract, type InterfaceAbi, NonceManager, Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newFolder } from "../kit/cli.ts";
import { assertInvariants } from "../kit/conservation.ts";
import { provableHeight } from "../kit/ledger.ts";
import { freeBasePort, processesOf, until } from "../kit/processes.ts";
import { strandEvidence } from "../kit/strand-evidence.ts";

const TRANSFERS = 50;
/** 1, 2, … 50: no two the same, so that one lost and one doubled cannot make up for each other. */
const TOTAL = BigInt((TRANSFERS * (TRANSFERS + 1)) / 2);
const ZERO = `0x${"00".repeat(32)}`;

const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;

describe("kill -9 in the middle of 50 transfers", () => {
  const folder = newFolder("kill");
  const said: string[] = [];
  let network: Network;
  let packetHashes: readonly string[] = [];

  beforeAll(async () => {
    network = await startNetwork({
      directory: folder,
      basePort: await freeBasePort(),
      fresh: true,
      log: (line) => said.push(line),
    });
  }, 120_000);

  afterAll(async () => {
    await network?.stop();
    for (const { pid } of processesOf("", folder)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const balance = (strand: Strand, counter: number): Promise<bigint> =>
    strand.view<bigint>("gateway", "counter", [hex(network.assets.cny), counter]);

  async function ended(): Promise<number> {
    const records = recordsOf(network.rope.peek);
    const found = await Promise.all(
      packetHashes.map((hash) => records.transfer(hexToBytes(hash.slice(2)))),
    );
    return found.filter((record) => record?.state === TRANSFER_STATE.settled).length;
  }

  /** Signs with consecutive nonces and waits for blocks once a wave, not once a transfer. */
  async function createSender(): Promise<(from: number, to: number) => Promise<void>> {
    const { finance, warehouse } = network.strands;
    const holder = network.keys.evm("holder");
    await finance.call("deployer", "cny", "mint", [finance.address("holder"), TOTAL]);
    await finance.call("holder", "cny", "approve", [finance.gatewayAddress, TOTAL]);
    const wallet = new NonceManager(new Wallet(`0x${holder.secretKey}`, finance.provider));
    const gateway = new Contract(
      finance.gatewayAddress,
      GATEWAY_ARTIFACT.abi as InterfaceAbi,
      wallet,
    );
    const now = BigInt((await network.rope.rpc.call("status", {})).timeMs);
    const recipient = concatBytes(new Uint8Array(12), network.keys.evm("keeper").address);
    const order = (amount: number): object => ({
      assetId: hex(network.assets.cny),
      tokenId: ZERO,
      amountLocal: BigInt(amount),
      finalGateway: `0x${warehouse.gatewayUid}`,
      finalRecipient: hex(recipient),
      timeoutMs: now + 600_000n,
      finalTimeoutMs: now + 1_200_000n,
      gasLimit: 500_000,
      finalGasLimit: 500_000,
      obligationId: ZERO,
      memo: "0x",
    });
    return async (from, to) => {
      const sent = [];
      for (let amount = from; amount <= to; amount += 1) {
        sent.push(
          await gateway.getFunction("sendAsset").send(order(amount), { gasLimit: 1_000_000 }),
        );
      }
      const hashes: string[] = [];
      for (const transaction of sent) {
        const receipt = await transaction.wait();
        const event = receipt?.logs
          .map((log) => gateway.interface.parseLog(log))
          .find((parsed) => parsed?.name === "PacketSent");
        hashes.push(String(event?.args["packetHash"]));
      }
      packetHashes = [...packetHashes, ...hashes];
    };
  }

  test("loses and doubles nothing", { timeout: 240_000 }, async () => {
    const { supervisor, strands } = network;
    const before = {
      locked: await balance(strands.finance, COUNTER.balance),
      minted: await balance(strands.warehouse, COUNTER.balance),
    };
    const send = await createSender();

    await send(1, 17);
    await until("the first to arrive", 60_000, async () =>
      (await ended()) > 0 ? true : undefined,
    );
    await supervisor.kill("relayer-0");
    expect(await ended()).toBeLessThan(TRANSFERS);

    await send(18, 34);
    await supervisor.kill("validator-1");
    await supervisor.restart("relayer-0");
    expect(await ended()).toBeLessThan(34);

    await send(35, 50);
    await supervisor.kill("hub");
    expect(await ended()).toBeLessThan(TRANSFERS);
    await supervisor.restart("validator-1");
    await supervisor.restart("hub");

    await until("all 50 to settle", 120_000, async () =>
      (await ended()) === TRANSFERS ? true : undefined,
    );
    expect(new Set(packetHashes).size).toBe(TRANSFERS);
    expect((await balance(strands.finance, COUNTER.balance)) - before.locked).toBe(TOTAL);
    expect((await balance(strands.warehouse, COUNTER.balance)) - before.minted).toBe(TOTAL);
    expect(supervisor.casualties()).toEqual([]);
  });

  test("every packet has one DELIVERED receipt, and its sender hears of it", async () => {
    const { finance, warehouse } = network.strands;
    const rope = ropeGatewayUid(network.rope.anchor.chainId);
    const evidence = await strandEvidence({
      ...warehouse,
      gatewayUid: hexToBytes(warehouse.gatewayUid),
    });
    const records = recordsOf(network.rope.read);
    for (const hash of packetHashes) {
      const transfer = await records.transfer(hexToBytes(hash.slice(2)));
      const leg2 = await records.sent(
        hexToBytes(warehouse.gatewayUid),
        LANE_DEFAULT,
        transfer?.leg2Sequence ?? 0n,
      );
      expect(evidence.receipts.get(bytesToHex(leg2?.packetHash ?? new Uint8Array(0)))).toEqual([1]);
    }
    await until("finance to be told of all", 60_000, async () => {
      const left = await Promise.all(
        packetHashes.map((_, index) =>
          finance.view<string>("gateway", "commitment", [hex(rope), LANE_DEFAULT, index + 1]),
        ),
      );
      return left.every((commitment) => commitment === ZERO) ? true : undefined;
    });
  });

  test("the restarted validator reaches the same root as the others", async () => {
    const height = await provableHeight(network.rope);
    const key = bytesToHex(stateKey.transferCount());
    const roots = await Promise.all(
      ropeUrls(network.plan).map((url) =>
        until(`${url} to reach height ${height}`, 30_000, async () => {
          const answer = await createRpcClient(url).call("state", { key, height: String(height) });
          return answer.stateRoot;
        }),
      ),
    );
    expect(roots).toHaveLength(4);
    expect(new Set(roots).size).toBe(1);
  });

  test("the restarted hub shows all 50", async () => {
    const overview = await until("the hub to index 50 transfers", 30_000, async () => {
      const response = await fetch(`${network.hubUrl}/api/v1/overview`);
      const body = (await response.json()) as { readonly transfers: Record<string, number> };
      return body.transfers["settled"] === TRANSFERS ? body : undefined;
    });
    expect(overview.transfers).toMatchObject({ forwarded: 0, queued: 0, returned: 0 });
  });

  test("conservation holds at every height of the run", { timeout: 180_000 }, async () => {
    const evidence = await Promise.all(
      Object.values(network.strands).map((strand) =>
        strandEvidence({ ...strand, gatewayUid: hexToBytes(strand.gatewayUid) }),
      ),
    );
    const summary = await assertInvariants(
      network.rope,
      1n,
      await provableHeight(network.rope),
      evidence,
    );
    expect(summary).toMatchObject({ assets: 2, transfers: TRANSFERS });
  });
});
