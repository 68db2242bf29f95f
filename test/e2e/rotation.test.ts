import { rmSync } from "node:fs";
import { GATEWAY_ARTIFACT } from "@ropenet/adapter-evm";
import { connectRope, recordsOf, ropeTrustOf } from "@ropenet/client";
import { type Network, ropeUrls, type Strand, startNetwork } from "@ropenet/devnet";
import {
  blockIdOf,
  bytesToHex,
  COUNTER,
  concatBytes,
  type EpochRecord,
  epochRecordCodec,
  hexToBytes,
  type StakingProgressRecord,
  stakingProgressRecordCodec,
  stateKey,
  TRANSFER_STATE,
  type ValidatorSet,
  validatorSetHash,
} from "@ropenet/protocol";
import { Contract, type InterfaceAbi, NonceManager, Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newFolder } from "../kit/cli.ts";
import { assertInvariants } from "../kit/conservation.ts";
import { provableHeight } from "../kit/ledger.ts";
import { freeBasePort, processesOf, until } from "../kit/processes.ts";
import { strandEvidence } from "../kit/strand-evidence.ts";

const PER_EPOCH = 6;
const TRANSFERS = 3 * PER_EPOCH;
const TOTAL = BigInt((TRANSFERS * (TRANSFERS + 1)) / 2);
const ZERO = `0x${"00".repeat(32)}`;

const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;

/** Real validators, strands and relayers; the set changes twice while transfers run. */
describe("gateways follow every rotation", () => {
  const folder = newFolder("rotation");
  let network: Network;
  let send: (from: number, to: number) => Promise<void>;
  let packetHashes: readonly string[] = [];
  let anchored: ValidatorSet;

  beforeAll(async () => {
    network = await startNetwork({
      directory: folder,
      basePort: await freeBasePort(),
      fresh: true,
      log: () => undefined,
      staking: { epochBlocks: 16n },
    });
    anchored = network.rope.anchor.validators;
    send = await createSender();
  }, 180_000);

  afterAll(async () => {
    await network?.stop();
    for (const { pid } of processesOf("", folder)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const balance = (strand: Strand, counter: number): Promise<bigint> =>
    strand.view<bigint>("gateway", "counter", [hex(network.assets.cny), counter]);

  async function settled(): Promise<number> {
    const records = recordsOf(network.rope.peek);
    const found = await Promise.all(
      packetHashes.map((hash) => records.transfer(hexToBytes(hash.slice(2)))),
    );
    return found.filter((record) => record?.state === TRANSFER_STATE.settled).length;
  }

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
    return async (from, to) => {
      for (let amount = from; amount <= to; amount += 1) {
        const order = {
          ...{ assetId: hex(network.assets.cny), tokenId: ZERO, amountLocal: BigInt(amount) },
          ...{ finalGateway: `0x${warehouse.gatewayUid}`, finalRecipient: hex(recipient) },
          ...{ timeoutMs: now + 1_200_000n, finalTimeoutMs: now + 1_800_000n },
          ...{ gasLimit: 500_000, finalGasLimit: 500_000, obligationId: ZERO, memo: "0x" },
        };
        const sent = await gateway.getFunction("sendAsset").send(order, { gasLimit: 1_000_000 });
        const receipt = await sent.wait();
        const event = receipt?.logs
          .map((log) => gateway.interface.parseLog(log))
          .find((parsed) => parsed?.name === "PacketSent");
        packetHashes = [...packetHashes, String(event?.args["packetHash"])];
      }
    };
  }

  async function progress(): Promise<StakingProgressRecord> {
    const key = stateKey.stakingProgress();
    const found = await network.rope.peek(key, stakingProgressRecordCodec);
    if (!found) throw new Error("no staking progress");
    return found;
  }

  const epochRecord = (epoch: bigint): Promise<EpochRecord | undefined> =>
    network.rope.peek(stateKey.epoch(epoch), epochRecordCodec);

  const gatewayEpoch = async (strand: Strand): Promise<bigint> =>
    (await strand.view<{ readonly epoch: bigint }>("gateway", "checkpointState", [])).epoch;

  /** Changes the stakes, and waits until rope and gateways are in the epoch that follows from it. */
  async function rotateTo(epoch: bigint, stake: bigint): Promise<void> {
    const members = (await epochRecord(epoch - 1n))?.members ?? [];
    const weakest = members.toSorted((one, other) => (one.power < other.power ? -1 : 1))[0];
    if (!weakest) throw new Error("an epoch without members");
    const { validator } = weakest;
    await network.wallet("holder").send("staking/delegate", { validator, amount: stake });
    await until(`epoch ${epoch}`, 90_000, async () =>
      (await progress()).epoch === epoch ? true : undefined,
    );
    for (const strand of Object.values(network.strands)) {
      await until(`${strand.name} to believe epoch ${epoch}`, 60_000, async () =>
        (await gatewayEpoch(strand)) === epoch ? true : undefined,
      );
    }
  }

  test("twice, with transfers running", { timeout: 240_000 }, async () => {
    const { strands, supervisor } = network;
    const before = await balance(strands.warehouse, COUNTER.balance);
    await Promise.all([send(1, PER_EPOCH), rotateTo(1n, 20_000n)]);
    await Promise.all([send(PER_EPOCH + 1, 2 * PER_EPOCH), rotateTo(2n, 20_000n)]);
    await send(2 * PER_EPOCH + 1, TRANSFERS);
    await until("all to settle", 90_000, async () =>
      (await settled()) === TRANSFERS ? true : undefined,
    );
    expect((await balance(strands.warehouse, COUNTER.balance)) - before).toBe(TOTAL);
    expect(supervisor.casualties()).toEqual([]);
  });

  test("checkpoints of the new epoch are accepted, signed by its set", async () => {
    const { checkpoint } = await network.rope.rpc.call("checkpoint", { suite: 1 });
    const { epoch } = await progress();
    expect(BigInt(`0x${checkpoint.slice(2 * 34, 2 * 42)}`)).toBe(epoch);
    for (const fromEpoch of ["0", "1"]) {
      for (const suite of [1, 2]) {
        const handover = await network.rope.rpc.call("handover", { suite, fromEpoch });
        expect(handover.complete).toBe(true);
      }
    }
  });

  test("a light client of the first set follows to the third, and one of the third back", async () => {
    const { rope } = network;
    const { header, validators } = await lastHeader(rope);
    expect(validatorSetHash(validators)).not.toEqual(validatorSetHash(anchored));
    expect(validatorSetHash(validators)).toEqual(header.validatorsHash);
    const proven = await rope.read(stateKey.stakingProgress(), stakingProgressRecordCodec);
    expect(proven?.epoch).toBe((await progress()).epoch);
    const id = blockIdOf(header);
    const known = { height: header.height, id, atMs: BigInt(Date.now()) };
    const trust = { ...ropeTrustOf(network.trust), header: known };
    const late = await connectRope(ropeUrls(network.plan), trust);
    expect(validatorSetHash(late.anchor.validators)).toEqual(header.validatorsHash);
    const early = await late.light.prove(stateKey.validators(), 3n);
    expect(validatorSetHash(early.validators)).toEqual(validatorSetHash(anchored));
  });

  async function lastHeader({ light }: Network["rope"]) {
    const { header } = await light.header();
    const { validators } = await light.prove(stateKey.parameters(), header.height - 1n);
    return { header, validators };
  }

  test("every validator has the same root, and conservation held throughout", async () => {
    const evidence = await Promise.all(
      Object.values(network.strands).map((strand) =>
        strandEvidence({ ...strand, gatewayUid: hexToBytes(strand.gatewayUid) }),
      ),
    );
    const top = await provableHeight(network.rope);
    const summary = await assertInvariants(network.rope, top - 5n, top, evidence);
    expect(summary).toMatchObject({ transfers: TRANSFERS });
  });
});
