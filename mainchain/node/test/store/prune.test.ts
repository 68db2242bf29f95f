import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { APPLICATION_PREFIX } from "../../src/engine/ledger.ts";
import { openHome } from "../../src/home.ts";
import { createBlockStore, pruneBlocks } from "../../src/store/block-store.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createPruner } from "../../src/store/prune.ts";
import { call } from "../network/devnet.ts";
import { createLocalNodes, type LocalNodes } from "../network/local-nodes.ts";

let nodes: LocalNodes;
beforeAll(async () => {
  nodes = await createLocalNodes();
  await nodes.start(0, 1, 2, 3);
  await nodes.pay(0, 4);
  await nodes.stop(0, 1, 2, 3);
});
afterAll(() => nodes.close());

it("forgets old bodies, commits, results and transactions, keeps headers, and the node goes on", async () => {
  const config = readConfig(nodes.home(1).configFile);
  const store = openStore(config.directory);
  const blocks = createBlockStore(store);
  const header = blocks.header(2n);
  const state = [...store.range(APPLICATION_PREFIX, Uint8Array.of(0x74))].length;
  store.write(pruneBlocks(store, { below: 4n, headersBelow: 2n, limit: 100 }));
  expect(blocks.blockBytes(3n)).toBeUndefined();
  expect(blocks.commit(3n)).toBeUndefined();
  expect(blocks.results(3n)).toBeUndefined();
  expect(blocks.blockBytes(4n)).toBeDefined();
  expect(blocks.header(2n)).toEqual(header);
  expect(blocks.header(1n)).toBeUndefined();
  expect([...store.range(APPLICATION_PREFIX, Uint8Array.of(0x74))].length).toBe(state);
  expect(pruneBlocks(store, { below: 4n, headersBelow: 2n, limit: 100 })).toEqual([]);
  store.close();
  await nodes.start(0, 1, 2, 3);
  await nodes.pay(1, 1);
  const refused = call(nodes.url(1), "block", { height: "3" });
  await expect(refused).rejects.toThrow(expect.objectContaining({ code: "rpc/height-unknown" }));
  await nodes.stop(0, 1, 2, 3);
});

it("works in steps: a node that begins to prune gets there, and archive mode never does", () => {
  const config = readConfig(nodes.home(2).configFile);
  const home = openHome(config);
  expect(home.pruner).toBeUndefined();
  home.close();
  const store = openStore(config.directory);
  const blocks = createBlockStore(store);
  const pruner = createPruner(store, { keepBlocks: 100, evidenceBlocks: 20_000n });
  pruner.after(99n);
  pruner.after(100n);
  expect(blocks.blockBytes(1n)).toBeDefined();
  pruner.after(149n);
  expect(blocks.blockBytes(1n)).toBeDefined();
  pruner.after(150n);
  expect(blocks.blockBytes(1n)).toBeUndefined();
  expect(blocks.header(1n)).toBeDefined();
  store.close();
});
