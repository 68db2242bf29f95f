import { ENGINE, equalBytes, genesisValidatorSet, hexToBytes, sm3 } from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  call,
  eventually,
  startNetwork,
  type TestNetwork,
  transaction,
  transfer,
} from "./devnet.ts";

const STAKES = [300_000n, 270_000n, 230_000n, 200_000n];

/** One ledger, whoever decides: the same promises over each engine that a genesis may name. */
describe.each([
  ["stake", [200n, 230n, 270n, 300n]],
  ["delegates", [1n, 1n, 1n, 1n]],
  ["equal", [1n, 1n, 1n, 1n]],
] as const)("the ledger under the engine of %s", (name, powers) => {
  let network: TestNetwork;
  let nonce = 0n;

  beforeAll(async () => {
    network = await startNetwork({
      validators: 4,
      stakes: STAKES,
      parameters: { engine: ENGINE[name] },
      staking: { powerUnit: 1_000n },
    });
  }, 30_000);
  afterAll(() => network?.close());

  const [from, to] = [0, 1] as const;
  const account = (index: number) => {
    const found = network.rich[index];
    if (!found) throw new Error(`no account ${index}`);
    return found;
  };
  const balance = async (node: number, index: number): Promise<bigint> => {
    const address = Buffer.from(account(index).address).toString("hex");
    return BigInt((await call(network.url(node), "account", { address })).balance);
  };
  /** Sent to one node and included at another. */
  async function pay(sentTo: number, seenAt: number): Promise<string> {
    const tx = transfer(network, account(from), nonce, account(to).address);
    nonce += 1n;
    const { id } = await call(network.url(sentTo), "broadcast_tx", { tx });
    await eventually(`${id} at ${seenAt}`, () => call(network.url(seenAt), "tx", { id }));
    return id;
  }
  const rootAt = async (node: number, height: string): Promise<string> => {
    const { header } = await call(network.url(node), "signed_header", { height });
    return Buffer.from(sm3(hexToBytes(header))).toString("hex");
  };

  it("has the powers that its genesis means", () => {
    const set = genesisValidatorSet(network.devnet.genesis);
    const sorted = set.map(({ power }) => power).toSorted((one, other) => Number(one - other));
    expect(sorted).toEqual(powers);
  });

  it("moves coins once, and each transaction costs its fee", async () => {
    const before = await balance(2, to);
    await pay(0, 2);
    expect(await balance(2, to)).toBe(before + 1n);
    const again = transfer(network, account(from), nonce - 1n, account(to).address);
    await expect(call(network.url(1), "broadcast_tx", { tx: again })).rejects.toMatchObject({
      code: expect.stringMatching(/^(tx\/bad-nonce|tx\/wrong-nonce|mempool\/known|tx\/nonce)/),
    });
  });

  it("counts what fails, and undoes all of it but the fee", async () => {
    const [sender, gift] = [account(2), account(3)];
    const amount = 10n ** 30n;
    const body = { to: gift.address, amount };
    const tx = transaction(network, sender, 0n, "accounts/transfer", body);
    const before = await balance(0, 3);
    const sent = call(network.url(0), "broadcast_tx", { tx });
    const { id } = await sent;
    const included = await eventually(id, () => call(network.url(1), "tx", { id }));
    expect(included.code).not.toBe(null);
    expect(await balance(0, 3)).toBe(before);
  });

  it("goes on without one of four, which catches up and has the same blocks", async () => {
    await network.kill(3);
    await pay(0, 1);
    await network.start(3);
    const { height } = await call(network.url(0), "status", {});
    await eventually("the fourth at the same height", async () => {
      const { height: own } = await call(network.url(3), "status", {});
      return BigInt(own) >= BigInt(height) ? true : undefined;
    });
    const roots = await Promise.all([0, 1, 2, 3].map((node) => rootAt(node, height)));
    expect(new Set(roots).size).toBe(1);
    expect(equalBytes(hexToBytes(roots[0] ?? ""), new Uint8Array(32))).toBe(false);
    expect(await balance(3, to)).toBe(await balance(0, to));
  });
});
