import { existsSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { kill } from "node:process";
import { equalBytes } from "@ropenet/protocol";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createEvmRpc, type RunningAnvil, readHeader, startAnvil } from "../../src/index.ts";
import { eventually, freePort, temporaryFolder } from "../kit/test-strand.ts";

describe("startAnvil", () => {
  const folder = temporaryFolder();
  const running: RunningAnvil[] = [];
  afterEach(async () => {
    await Promise.all(running.map((anvil) => anvil.stop()));
    running.length = 0;
  });
  afterAll(() => folder.remove());
  const start = async (port: number): Promise<RunningAnvil> => {
    const anvil = await startAnvil({ directory: folder.path, port, chainId: 31_002 });
    running.push(anvil);
    return anvil;
  };

  it("continues the same chain on its second start, also after kill -9", async () => {
    const port = await freePort();
    const first = await start(port);
    const rpc = createEvmRpc(first.rpcUrl);
    const genesis = await readHeader(rpc, 0n);
    const finalised = await eventually(async () => {
      const header = await readHeader(rpc, "finalized");
      return header.height > 0n ? header : undefined;
    });
    await first.stop();

    const second = await start(port);
    expect(equalBytes((await readHeader(rpc, 0n)).hash, genesis.hash)).toBe(true);
    const kept = await readHeader(rpc, finalised.height);
    expect(equalBytes(kept.hash, finalised.hash)).toBe(true);
    const tip = await eventually(async () => {
      const header = await readHeader(rpc, "finalized");
      return header.height > finalised.height + 1n ? header : undefined;
    });
    kill(second.pid, "SIGKILL");
    await second.stop();

    await start(port);
    const again = await eventually(async () => {
      const header = await readHeader(rpc, "latest");
      return header.height >= tip.height ? readHeader(rpc, tip.height) : undefined;
    });
    expect(equalBytes((await readHeader(rpc, 0n)).hash, genesis.hash)).toBe(true);
    expect(equalBytes(again.hash, tip.hash)).toBe(true);
    expect(again.timeMs).toBeGreaterThan(BigInt(Date.now() - 60_000));
  });

  it("goes on from a copy when it was killed in the middle of writing its state", async () => {
    const own = temporaryFolder();
    const port = await freePort();
    const begin = async (): Promise<RunningAnvil> => {
      const anvil = await startAnvil({ directory: own.path, port, chainId: 31_003 });
      running.push(anvil);
      return anvil;
    };
    const first = await begin();
    const rpc = createEvmRpc(first.rpcUrl);
    // Its second copy: the first may have been taken before there was a block.
    const older = join(own.path, "anvil-state.older.json");
    const kept = await eventually(async () => {
      const { height } = await readHeader(rpc, "latest");
      return height > 2n && existsSync(older) ? readHeader(rpc, 2n) : undefined;
    });
    kill(first.pid, "SIGKILL");
    await first.stop();
    const file = join(own.path, "anvil-state.json");
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await begin();
    const again = await eventually(async () => {
      const { height } = await readHeader(rpc, "latest");
      return height >= 2n ? readHeader(rpc, 2n) : undefined;
    });
    expect(equalBytes(again.hash, kept.hash)).toBe(true);
    own.remove();
  });

  it("gives two chains that are born in one second different genesis blocks", async () => {
    const folders = [temporaryFolder(), temporaryFolder()];
    const hashes = await Promise.all(
      folders.map(async ({ path }, index) => {
        const port = await freePort();
        const anvil = await startAnvil({ directory: path, port, chainId: 31_100 + index });
        running.push(anvil);
        return (await readHeader(createEvmRpc(anvil.rpcUrl), 0n)).hash;
      }),
    );
    expect(hashes[0]).not.toEqual(hashes[1]);
    for (const { remove } of folders) remove();
  });

  it("says which port is busy", async () => {
    const port = await freePort();
    await start(port);
    await expect(start(port)).rejects.toMatchObject({ code: "anvil/port-busy", info: { port } });
  });
});
