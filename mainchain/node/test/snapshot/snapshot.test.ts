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
import { bytesToHex, equalBytes } from "@ropenet/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { openHome } from "../../src/home.ts";
import { createSnapshot } from "../../src/snapshot/create-snapshot.ts";
import type { Manifest } from "../../src/snapshot/manifest.ts";
import {
  genesisAnchor,
  openSnapshot,
  type RestoreOptions,
  restoreSnapshot,
} from "../../src/snapshot/restore-snapshot.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createLocalNodes, type LocalNodes } from "../network/local-nodes.ts";

let nodes: LocalNodes;
let folder: string;
let snapshot: string;
let manifest: Manifest;
let options: Omit<RestoreOptions, "directory">;
let ids: readonly Uint8Array[];

/** A chain with a past, stopped; a snapshot of node 0 below its tip. */
beforeAll(async () => {
  nodes = await createLocalNodes();
  folder = mkdtempSync(join(tmpdir(), "rope-snapshot-"));
  await nodes.start(0, 1, 2, 3);
  await nodes.pay(0, 6);
  await nodes.stop(0, 1, 2, 3);
  snapshot = join(folder, "snapshot");
  const home = openHome(readConfig(nodes.home(0).configFile));
  const { ledger, runtime, genesisBytes } = home;
  const newest = ledger.tip().height;
  manifest = await createSnapshot({ ledger, snapshots: runtime.snapshots }, newest - 1n, snapshot);
  ids = Array.from({ length: Number(newest) }, (_, index) => {
    const commit = ledger.blocks.commit(BigInt(index + 1));
    if (!commit) throw new Error("no commit");
    return commit.blockId;
  });
  const { chainId, genesisHash, evidenceBlocks } = ledger;
  options = {
    chainId,
    genesisHash,
    evidenceBlocks,
    anchor: genesisAnchor(genesisBytes),
    openStore,
  };
  home.close();
});
afterAll(async () => {
  await nodes.close();
  rmSync(folder, { recursive: true });
});

let copies = 0;
function copy(): string {
  copies += 1;
  const directory = join(folder, `copy-${copies}`);
  cpSync(snapshot, directory, { recursive: true });
  return directory;
}
const fresh = (): string => {
  copies += 1;
  return join(folder, `state-${copies}`);
};
function restore(from: string, change: Partial<RestoreOptions> = {}): string {
  const directory = fresh();
  restoreSnapshot(openSnapshot(from), { ...options, directory, ...change });
  return directory;
}
function refusal(from: string, change: Partial<RestoreOptions> = {}): unknown {
  const directory = fresh();
  try {
    restoreSnapshot(openSnapshot(from), { ...options, directory, ...change });
  } catch (error) {
    expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
    return (error as { info?: unknown }).info ?? error;
  }
  throw new Error("was restored");
}

describe("a snapshot", () => {
  it("is the same on every node, byte for byte", async () => {
    const home = openHome(readConfig(nodes.home(2).configFile));
    const other = join(folder, "other");
    const { ledger, runtime } = home;
    await createSnapshot({ ledger, snapshots: runtime.snapshots }, manifest.height, other);
    home.close();
    const state = (directory: string) =>
      readdirSync(directory)
        .filter((name) => name.startsWith("state-"))
        .map((name) => readFileSync(join(directory, name)).toString("hex"));
    expect(state(other)).toEqual(state(snapshot));
  });

  it("restores to the root that a committed header names, and the node goes on from there", async () => {
    const state = restore(snapshot);
    const config = readConfig(nodes.home(3).configFile);
    rmSync(config.directory, { recursive: true });
    cpSync(state, config.directory, { recursive: true });
    const { openSigners } = await import("../../src/cli/restore-command.ts");
    openSigners(config, manifest.height);
    await nodes.start(0, 1, 2, 3);
    await nodes.pay(0, 2);
    const height = await nodes.height(0);
    await nodes.reach(3, height);
    const roots = await Promise.all(
      [0, 3].map(async (index) => {
        const { call } = await import("../network/devnet.ts");
        const { header } = await call(nodes.url(index), "signed_header", {
          height: String(height),
        });
        return header;
      }),
    );
    expect(roots[1]).toBe(roots[0]);
    await nodes.stop(0, 1, 2, 3);
  });

  it.each([0, 1, 2])("is refused with a bit of piece or manifest %i flipped", (which) => {
    const directory = copy();
    const names = readdirSync(directory).toSorted();
    const file = join(directory, names[which] ?? "");
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(refusal(directory)).toMatchObject({
      code: expect.stringMatching(/^snapshot\/(bad-piece|bad-manifest|wrong-chain|untrusted)$/),
    });
  });

  it("is refused without a piece, and with a piece too many in the manifest's place", () => {
    const directory = copy();
    rmSync(join(directory, "state-00000.bin"));
    expect(refusal(directory)).toMatchObject({ code: "snapshot/unreadable", detail: "ENOENT" });
  });

  it("is refused for another chain, and where there is a state already", () => {
    expect(refusal(snapshot, { chainId: new Uint8Array(32) })).toEqual({
      code: "snapshot/wrong-chain",
    });
    const directory = restore(snapshot);
    expect(() => restoreSnapshot(openSnapshot(snapshot), { ...options, directory })).toThrow(
      expect.objectContaining({ code: "snapshot/not-empty" }),
    );
  });
});

describe("whom a snapshot is believed", () => {
  const header = (height: bigint, blockId = ids[Number(height) - 1] ?? new Uint8Array(32)) => ({
    anchor: { kind: "header", height, blockId } as const,
  });

  it("is the genesis' validators, or a header that the operator names: below, at and above it", () => {
    for (const height of [1n, manifest.height - 1n, manifest.height, manifest.height + 1n]) {
      expect(existsSync(join(restore(snapshot, header(height)), "state.db"))).toBe(true);
    }
  });

  it("is nobody else", () => {
    const wrong = new Uint8Array(32).fill(7);
    for (const height of [1n, manifest.height, manifest.height + 1n]) {
      expect(refusal(snapshot, header(height, wrong))).toMatchObject({
        code: "snapshot/untrusted",
      });
    }
    expect(refusal(snapshot, header(manifest.height + 2n, wrong))).toMatchObject({
      reason: "does not reach the trusted height",
    });
    expect(refusal(snapshot, { anchor: { kind: "genesis", validatorsHash: wrong } })).toMatchObject(
      { code: "snapshot/untrusted", reason: expect.stringMatching(/wrong-set/) },
    );
  });

  it("names a root that was committed", () => {
    expect(bytesToHex(manifest.stateRoot)).not.toBe(bytesToHex(new Uint8Array(32)));
    expect(equalBytes(manifest.genesisHash, options.genesisHash)).toBe(true);
  });
});
