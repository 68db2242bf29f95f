import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, decode, encode, sm3 } from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readIndex, segmentCodec, segmentName, writeIndex } from "../../src/archive/archive.ts";
import { exportArchive } from "../../src/archive/export-archive.ts";
import { restoreArchive } from "../../src/archive/restore-archive.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { readConfig } from "../../src/config.ts";
import { openHome } from "../../src/home.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createLocalNodes, type LocalNodes } from "../network/local-nodes.ts";

let nodes: LocalNodes;
let folder: string;
let archive: string;
let root: string;

async function exportTo(directory: string, snapshot: boolean): Promise<string> {
  const home = openHome(readConfig(nodes.home(0).configFile));
  const { ledger, runtime, genesisBytes } = home;
  const { stateRoot } = runtime.application.info();
  const source = { ledger, genesisBytes, stateRoot, snapshots: runtime.snapshots };
  await exportArchive(source, { directory, snapshot });
  home.close();
  return bytesToHex(stateRoot);
}

beforeAll(async () => {
  nodes = await createLocalNodes();
  folder = mkdtempSync(join(tmpdir(), "rope-archive-"));
  archive = join(folder, "archive");
  await nodes.start(0, 1, 2, 3);
  await nodes.pay(0, 3);
  await nodes.stop(0, 1, 2, 3);
  await exportTo(archive, true);
  await nodes.start(0, 1, 2, 3);
  await nodes.pay(0, 3);
  await nodes.stop(0, 1, 2, 3);
  root = await exportTo(archive, true);
});
afterAll(async () => {
  await nodes.close();
  rmSync(folder, { recursive: true });
});

let copies = 0;
const fresh = (name: string): string => {
  copies += 1;
  return join(folder, `${name}-${copies}`);
};
const copy = (): string => {
  const directory = fresh("copy");
  cpSync(archive, directory, { recursive: true });
  return directory;
};
function rootOf(directory: string): string {
  const store = openStore(directory);
  store.close();
  const config = readConfig(nodes.home(1).configFile);
  rmSync(config.directory, { recursive: true, force: true });
  cpSync(directory, config.directory, { recursive: true });
  const keysFile = join(folder, "observer.json");
  writeFileSync(keysFile, JSON.stringify({ node: "11".repeat(32) }));
  const home = openHome({ ...config, keysFile });
  const { stateRoot } = home.runtime.application.info();
  home.close();
  return bytesToHex(stateRoot);
}

describe("an archive", () => {
  it("grows by what is new, and is whole", () => {
    const index = verifyArchive(archive);
    expect(index).toMatchObject({ from: "1", stateRoot: root });
    expect(index.snapshots).toHaveLength(2);
    expect(index.snapshots.at(-1)).toBe(String(BigInt(index.to) - 1n));
  });

  it.each([
    ["by executing everything since genesis", false],
    ["from its newest snapshot", true],
  ])("restores to the same root %s", (_, fromSnapshot) => {
    const directory = fresh("state");
    const heights: bigint[] = [];
    restoreArchive({
      archive,
      directory,
      openStore,
      fromSnapshot,
      onBlock: (height) => heights.push(height),
    });
    expect(heights.length).toBe(fromSnapshot ? 1 : Number(readIndex(archive).to));
    expect(rootOf(directory)).toBe(root);
  });

  it("restores without its first blocks from a snapshot, and not without one", () => {
    const directory = copy();
    const index = readIndex(directory);
    const blocks = [...decode(segmentCodec, readFileSync(join(directory, segmentName(1n))))];
    const from = BigInt(index.snapshots[0] ?? "1");
    writeFileSync(
      join(directory, segmentName(1n)),
      encode(segmentCodec, blocks.slice(Number(from) - 1)),
    );
    writeIndex(directory, { ...index, from: String(from) });
    const state = fresh("state");
    restoreArchive({ archive: directory, directory: state, openStore, fromSnapshot: false });
    expect(rootOf(state)).toBe(root);
    writeIndex(directory, { ...index, from: String(from), snapshots: [] });
    const options = {
      archive: directory,
      directory: fresh("state"),
      openStore,
      fromSnapshot: false,
    };
    expect(() => restoreArchive(options)).toThrow(
      expect.objectContaining({ code: "archive/no-beginning" }),
    );
    expect(readdirSync(options.directory)).toEqual([]);
  });

  it.each([1, 3, 5])(
    "that was tampered with is refused naming block %i, whatever its checksums say",
    (at) => {
      const directory = copy();
      const file = join(directory, segmentName(1n));
      const blocks = [...decode(segmentCodec, readFileSync(file))];
      const victim = blocks[at - 1];
      if (!victim) throw new Error("no block");
      const block = victim.block.slice();
      block[block.length - 1] = (block[block.length - 1] ?? 0) ^ 1;
      blocks[at - 1] = { ...victim, block };
      const bytes = encode(segmentCodec, blocks);
      writeFileSync(file, bytes);
      const index = readIndex(directory);
      writeIndex(directory, { ...index, segments: { [segmentName(1n)]: bytesToHex(sm3(bytes)) } });
      const named = expect.objectContaining({
        info: expect.objectContaining({ code: "archive/tampered", height: BigInt(at) }),
      });
      expect(() => verifyArchive(directory)).toThrow(named);
      const state = fresh("state");
      const options = { archive: directory, directory: state, openStore, fromSnapshot: false };
      expect(() => restoreArchive(options)).toThrow(named);
      expect(existsSync(join(state, "state.db"))).toBe(false);
    },
  );

  it("with a block left out, two exchanged, or a foreign commit is refused", () => {
    const change = (
      edit: (blocks: { block: Uint8Array; commit: Uint8Array }[]) => void,
    ): string => {
      const directory = copy();
      const file = join(directory, segmentName(1n));
      const blocks = [...decode(segmentCodec, readFileSync(file))];
      edit(blocks);
      writeFileSync(file, encode(segmentCodec, blocks));
      return directory;
    };
    const refusal = (directory: string): unknown => {
      try {
        verifyArchive(directory);
      } catch (error) {
        return (error as { info: unknown }).info;
      }
      throw new Error("was accepted");
    };
    const second = { code: "archive/tampered", height: 2n };
    expect(refusal(change((blocks) => void blocks.splice(1, 1)))).toMatchObject(second);
    expect(
      refusal(
        change((blocks) => {
          const [one, two, three] = blocks;
          if (one && two && three) blocks.splice(0, 3, one, three, two);
        }),
      ),
    ).toMatchObject(second);
    expect(
      refusal(
        change((blocks) => {
          const [, two, three] = blocks;
          if (two && three) blocks[1] = { ...two, commit: three.commit };
        }),
      ),
    ).toMatchObject({ ...second, reason: "commit/wrong-block" });
    expect(refusal(change((blocks) => void blocks.pop()))).toMatchObject({ reason: "missing" });
    const cut = copy();
    const file = join(cut, segmentName(1n));
    writeFileSync(file, readFileSync(file).subarray(0, -1));
    expect(refusal(cut)).toMatchObject({ code: "archive/tampered", height: 1n });
  });

  it("whose last root is another one is refused, and the chain of another genesis is not added", async () => {
    const directory = copy();
    writeIndex(directory, { ...readIndex(directory), stateRoot: "00".repeat(32) });
    const options = {
      archive: directory,
      directory: fresh("state"),
      openStore,
      fromSnapshot: true,
    };
    expect(() => restoreArchive(options)).toThrow(
      expect.objectContaining({ code: "archive/wrong-root" }),
    );
    writeIndex(directory, { ...readIndex(directory), genesisHash: "00".repeat(32) });
    await expect(exportTo(directory, false)).rejects.toThrow(
      expect.objectContaining({ code: "archive/wrong-chain" }),
    );
  });
});
