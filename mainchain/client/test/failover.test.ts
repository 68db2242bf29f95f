import { Readable } from "node:stream";
import { stateKey, u32 } from "@ropenet/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { connectRope, createFailoverRpcClient } from "../src/index.ts";
import {
  blockOf,
  type FakeNode,
  genesisHashOf,
  genesisOf,
  startFakeNode,
} from "./kit/fake-node.ts";

const NOW = BigInt(Date.now());
const genesis = genesisOf("honest", NOW);
const trust = { genesisHash: genesisHashOf(genesis) };
const KEY = stateKey.assetCount();
const later = blockOf("honest", 9n, NOW + 100_000n);

const nodes: FakeNode[] = [];
afterEach(() => {
  for (const started of nodes.splice(0)) started.close();
});

async function start(
  block = later,
  lies: Readonly<Record<string, unknown>> = {},
  of = genesis,
): Promise<FakeNode> {
  const node = await startFakeNode(of, block, lies);
  nodes.push(node);
  return node;
}

describe("a reader of two nodes, of which the first", () => {
  it.each<[string, unknown]>([
    ["answers no object", 7],
    ["answers a list", []],
    ["answers nothing", {}],
    ["answers another shape", { result: { header: 1 } }],
    ["refuses under no code", { error: { message: "no", data: { code: "‮" } } }],
    ["has an inner fault", { error: { data: { code: "rpc/internal" } } }],
  ])("%s: hears the second, and stays with it", async (_, lie) => {
    const [bad, good] = [await start(later, { signed_header: lie }), await start()];
    const rpc = createFailoverRpcClient([bad.url, good.url]);
    await expect(rpc.call("signed_header", {})).resolves.toHaveProperty("commit");
    await rpc.call("signed_header", {});
    expect(rpc.url).toBe(good.url);
    expect(bad.asked).toHaveLength(1);
  });

  it("never ends its answer: leaves it after 32 MiB, and hears the second", async () => {
    let sent = 0;
    const endless = new Readable({
      read(): void {
        sent += 1;
        this.push(" ".repeat(1 << 20));
      },
    });
    const [bad, good] = [await start(later, { signed_header: endless }), await start()];
    const rpc = createFailoverRpcClient([bad.url, good.url]);
    await expect(rpc.call("signed_header", {})).resolves.toHaveProperty("commit");
    expect(sent).toBeLessThan(64);
  });

  it("shows blocks of strangers: believes the second", async () => {
    const [bad, good] = [await start(blockOf("thief", 99n)), await start()];
    const rope = await connectRope([bad.url, good.url], trust);
    expect((await rope.light.header()).header.height).toBe(9n);
    expect(rope.rpc.url).toBe(good.url);
  });

  it("signs nothing that it shows: believes the second", async () => {
    const forged = { ...later, commit: blockOf("honest", 8n).commit };
    const [bad, good] = [await start(forged), await start()];
    const rope = await connectRope([bad.url, good.url], trust);
    expect((await rope.light.header()).header.height).toBe(9n);
  });

  it("calls an old block the newest: believes the second", async () => {
    const [bad, good] = [await start(blockOf("honest", 3n, NOW - 600_000n)), await start()];
    const options = { maxAgeMs: 60_000n };
    const rope = await connectRope([bad.url, good.url], trust, options);
    expect((await rope.light.header()).header.height).toBe(9n);
  });

  it("proves nothing that it says of the state: believes the second", async () => {
    const lie = { state: { result: { value: "00000007", proof: "" } } };
    const [bad, good] = [await start(later, lie), await start()];
    const rope = await connectRope([bad.url, good.url], trust);
    expect(await rope.read(KEY, u32)).toBeUndefined();
    expect(rope.rpc.url).toBe(good.url);
  });

  it("is of another rope: connects to the second", async () => {
    const [bad, good] = [await start(later, {}, genesisOf("thief", NOW)), await start()];
    const rope = await connectRope([bad.url, good.url], trust);
    expect(rope.rpc.url).toBe(good.url);
  });

  it("refuses the question: that is the answer", async () => {
    const refusal = { error: { message: "no", data: { code: "rpc/tx-unknown" } } };
    const [first, second] = [await start(later, { tx: refusal }), await start()];
    const rpc = createFailoverRpcClient([first.url, second.url]);
    await expect(rpc.call("tx", { id: "00" })).rejects.toMatchObject({ code: "rpc/tx-unknown" });
    expect(second.asked).toEqual([]);
  });
});

it("where all nodes lie, each is asked once and the last one's fault is told", async () => {
  const strangers = await start(blockOf("thief", 99n));
  const forger = await start({ ...later, commit: blockOf("honest", 8n).commit });
  const rope = await connectRope([strangers.url, forger.url], trust);
  await expect(rope.light.header()).rejects.toMatchObject({ code: "commit/wrong-block" });
  const asked = (node: FakeNode) => node.asked.filter((method) => method === "signed_header");
  expect([asked(strangers), asked(forger)]).toEqual([["signed_header"], ["signed_header"]]);
});
