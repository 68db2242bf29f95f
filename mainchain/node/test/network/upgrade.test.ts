import { concatBytes, encode, stateKey, upgradePlanRecordCodec } from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { APPLICATION_PREFIX } from "../../src/engine/ledger.ts";
import { openStore } from "../../src/store/open-store.ts";
import { upgradeNeeded } from "../../src/upgrade.ts";
import { call, createAccount, eventually, transfer } from "./devnet.ts";
import { createLocalNodes, type LocalNodes } from "./local-nodes.ts";

const ALL = [0, 1, 2, 3] as const;
const VALUES = Uint8Array.of(1);

describe("a governed upgrade", () => {
  let nodes: LocalNodes;
  let height: bigint;
  beforeAll(async () => {
    nodes = await createLocalNodes();
    await nodes.start(...ALL);
    await nodes.pay(0, 1);
    await nodes.stop(...ALL);
    height = 12n;
    // As governance will leave it in the state of every node.
    const value = encode(upgradePlanRecordCodec, { name: "second-rope", height });
    const key = concatBytes(APPLICATION_PREFIX, VALUES, stateKey.upgradePlan());
    for (const index of ALL) {
      const store = openStore(readConfig(nodes.home(index).configFile).directory);
      store.write([{ key, value }]);
      store.close();
    }
  });
  afterAll(() => nodes.close());

  it("stops every node that does not know it right before its height, under one code", async () => {
    await nodes.start(...ALL);
    const pays = (async () => {
      for (let nonce = 1n; nonce < 40n && nodes.halted.size < 4; ) {
        const tx = transfer(nodes, nodes.rich, nonce, createAccount().address);
        const sent = await call(nodes.url(0), "broadcast_tx", { tx }).catch(() => undefined);
        if (sent) nonce += 1n;
        await new Promise((next) => setTimeout(next, 80));
      }
    })();
    await eventually("all halted", () => (nodes.halted.size === 4 ? true : undefined));
    await pays;
    for (const index of ALL) {
      expect(nodes.halted.get(index)?.info).toEqual({
        code: "node/upgrade-needed",
        name: "second-rope",
        height,
      });
      // It still answers, and goes no further.
      expect(await nodes.height(index)).toBe(height - 1n);
    }
    await nodes.stop(...ALL);
  });

  it("is not begun by the old program, started again", async () => {
    await expect(nodes.start(0)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^node\/upgrade-needed /) }),
    );
    nodes.carry(["another-rope"]);
    await expect(nodes.start(0)).rejects.toThrow(
      expect.objectContaining({ code: "node/upgrade-needed" }),
    );
  });

  it("goes on with the program that knows it, also on a node that was away", async () => {
    nodes.carry(["second-rope"]);
    await nodes.start(0, 1, 2);
    await nodes.reach(0, height);
    const newest = await nodes.height(0);
    await nodes.start(3);
    await nodes.reach(3, newest);
    const headers = await Promise.all(
      ALL.map((index) => call(nodes.url(index), "signed_header", { height: String(height) })),
    );
    expect(new Set(headers.map(({ header }) => header)).size).toBe(1);
  });
});

it("is asked for at its height, not before, and for ever after", () => {
  const plan = encode(upgradePlanRecordCodec, { name: "next", height: 10n });
  const queries = { range: () => [[stateKey.upgradePlan(), plan]] as const };
  expect(upgradeNeeded(queries, 8n)).toBeUndefined();
  expect(upgradeNeeded(queries, 9n)?.code).toBe("node/upgrade-needed");
  expect(upgradeNeeded(queries, 500n)?.code).toBe("node/upgrade-needed");
  expect(upgradeNeeded(queries, 500n, ["next"])).toBeUndefined();
  expect(upgradeNeeded({ range: () => [] }, 500n)).toBeUndefined();
});
