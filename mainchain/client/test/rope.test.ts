import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { blockIdOf, bytesToHex, genesisValidatorSet, validatorSetHash } from "@ropenet/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { connectRope, ropeTrustOf } from "../src/index.ts";
import {
  blockOf,
  type FakeNode,
  genesisHashOf,
  genesisOf,
  startFakeNode,
} from "./kit/fake-node.ts";

const nodes: FakeNode[] = [];
async function node(...args: Parameters<typeof startFakeNode>): Promise<string> {
  const started = await startFakeNode(...args);
  nodes.push(started);
  return started.url;
}

afterEach(() => {
  for (const started of nodes.splice(0)) started.close();
});

const DAY_MS = 86_400_000n;
const NOW = BigInt(Date.now());
const genesis = genesisOf("honest", NOW);
const genesisHash = genesisHashOf(genesis);

describe("connectRope", () => {
  it("believes the set of the genesis that it was told of, and headers of that set", async () => {
    const rope = await connectRope([await node(genesis, blockOf("honest", 5n))], { genesisHash });
    const own = validatorSetHash(genesisValidatorSet(genesis));
    expect(validatorSetHash(rope.anchor.validators)).toEqual(own);
    expect((await rope.light.header()).header.height).toBe(5n);
  });

  it("refuses a node with another genesis, however well its own chain is signed", async () => {
    const url = await node(genesisOf("thief", NOW), blockOf("thief", 5n));
    await expect(connectRope([url], { genesisHash })).rejects.toMatchObject({
      code: "light-client/wrong-genesis",
    });
  });

  it("takes no set from the node: a chain of strangers under the right genesis proves nothing", async () => {
    const rope = await connectRope([await node(genesis, blockOf("thief", 5n))], { genesisHash });
    await expect(rope.light.header()).rejects.toMatchObject({ code: "light-client/unknown-set" });
  });

  it("does not believe even the genesis set once its stake may have left", async () => {
    const old = genesisOf("honest", NOW - 15n * DAY_MS);
    const url = await node(old, blockOf("honest", 5n));
    const rope = await connectRope([url], { genesisHash: genesisHashOf(old) });
    await expect(rope.light.header()).rejects.toMatchObject({ code: "light-client/trust-expired" });
  });

  it("begins at a newer block that the caller knows, and only at that one", async () => {
    const old = genesisOf("honest", NOW - 15n * DAY_MS);
    const block = blockOf("later set", 9n);
    const url = await node(old, block);
    const json = { genesisHash: bytesToHex(genesisHashOf(old)) };
    const trusted = { height: 9, id: bytesToHex(blockIdOf(block.header)), atMs: Number(NOW) };
    const rope = await connectRope([url], ropeTrustOf({ ...json, trustedHeader: trusted }));
    expect((await rope.light.header()).header.height).toBe(9n);
    const other = { ...trusted, id: "00".repeat(32) };
    await expect(
      connectRope([url], ropeTrustOf({ ...json, trustedHeader: other })),
    ).rejects.toMatchObject({ code: "light-client/untrusted-header" });
  });
});

describe("of several nodes", () => {
  const honest = (): Promise<string> => node(genesis, blockOf("honest", 5n));
  const heightBy = async (...urls: readonly string[]): Promise<bigint> =>
    (await (await connectRope(urls, { genesisHash })).light.header()).header.height;

  it("one that lies is passed over, whatever it lies about", async () => {
    const thief = await node(genesisOf("thief", NOW), blockOf("thief", 5n));
    const forger = await node(genesis, blockOf("thief", 9n));
    expect(await heightBy(thief, forger, await honest())).toBe(5n);
  });

  it("one that is far behind is passed over where news is wanted", async () => {
    const late = await node(genesis, blockOf("honest", 3n, NOW - 3_600_000n));
    const rope = await connectRope([late, await honest()], { genesisHash }, { maxAgeMs: 600_000n });
    expect((await rope.light.header()).header.height).toBe(5n);
  });

  it.each([
    ["null", "null"],
    ["[]", "[]"],
    ["no result", '{"jsonrpc":"2.0","id":1}'],
    ["another shape", '{"jsonrpc":"2.0","id":1,"result":{"genesis":7}}'],
    ["no JSON", "<html>"],
    ["more than anybody needs", " ".repeat(33 * 1024 * 1024)],
  ])("one that answers %s is passed over; alone, it is refused with a code", async (_, body) => {
    const server = createServer((_request, response) => void response.end(body));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    try {
      expect(await heightBy(url, await honest())).toBe(5n);
      await expect(heightBy(url)).rejects.toMatchObject({
        code: expect.stringMatching(/^rpc\/(bad-answer|unreachable)$/),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("the last lie is what one is told if all of them lie", async () => {
    const forger = await node(genesis, blockOf("thief", 9n));
    await expect(heightBy(forger, forger)).rejects.toMatchObject({
      code: "light-client/unknown-set",
    });
  });
});

describe("ropenet", () => {
  const main = resolve(import.meta.dirname, "../src/cli/main.ts");
  const run = (...args: string[]): Promise<{ code: number | string; text: string }> =>
    new Promise((done) => {
      execFile(process.execPath, [main, ...args], { cwd: "/" }, (error, stdout, stderr) =>
        done({ code: error?.code ?? 0, text: stdout + stderr }),
      );
    });

  it("proves nothing without knowing the rope, and says what it needs", async () => {
    const url = await node(genesis, blockOf("honest", 5n));
    const { code, text } = await run("verify", "--rpc", url);
    expect(code).toBe(1);
    expect(text).toMatch(/^cli\/no-genesis-hash .*--genesis-hash/);
  });

  it("refuses a node of another rope, and answers from one of its own", async () => {
    const url = await node(genesisOf("thief", NOW), blockOf("thief", 5n));
    const hash = bytesToHex(genesisHash);
    const refused = await run("--rpc", url, "--genesis-hash", hash, "chain", "list");
    expect([refused.code, refused.text]).toEqual([
      1,
      expect.stringMatching(/^light-client\/wrong-genesis/),
    ]);
    const own = await node(genesis, blockOf("honest", 5n));
    const listed = await run("--rpc", own, "--genesis-hash", hash, "chain", "list");
    expect(listed).toEqual({ code: 0, text: "尚无登记的链\n" });
  });
});
