import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, NODE_FILE_SYSTEM, openSigner, openWal } from "@ropenet/node/parts";
import type { Vote } from "@ropenet/protocol";
import { afterAll, describe, expect, it } from "vitest";
import { CHAIN_ID, keysOf } from "./chain.ts";
import { SimulatedCrash, SimulatedDisk } from "./disk.ts";
import { Random } from "./random.ts";

const folder = mkdtempSync(join(tmpdir(), "rope-disk-"));
afterAll(() => rmSync(folder, { recursive: true }));

const simulated = (seed = 1) =>
  new SimulatedDisk(new Random(seed), { onOperation: () => undefined });

const KINDS: readonly (readonly [string, FileSystem, string])[] = [
  ["node's files", NODE_FILE_SYSTEM, folder],
  ["the simulated disk", simulated(), "/"],
];

describe.each(KINDS)("%s", (_name, files, directory) => {
  const at = (name: string): string => join(directory, name);

  it("append at the end, whatever was cut off before", () => {
    const file = files.open(at("log"), "append");
    file.append([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(file.read()).toEqual(Uint8Array.of(1, 2, 3));
    file.truncate(1);
    file.append([Uint8Array.of(9)]);
    file.sync();
    file.close();
    expect(files.open(at("log"), "append").read()).toEqual(Uint8Array.of(1, 9));
  });

  it("write in place, also behind the end", () => {
    files.open(at("slots.new"), "replace").append([Uint8Array.of(1, 1, 1, 1, 1, 1)]);
    const file = files.open(at("slots.new"), "replace");
    files.rename(at("slots.new"), at("slots"));
    file.write(Uint8Array.of(7, 8), 2);
    file.write(Uint8Array.of(5), 0);
    files.syncDirectory(directory);
    expect(file.read()).toEqual(Uint8Array.of(5, 0, 7, 8));
    expect(files.exists(at("slots"))).toBe(true);
    expect(files.exists(at("other"))).toBe(false);
    expect(files.exists(at("slots.new"))).toBe(false);
    expect(files.open(at("slots"), "update").read()).toEqual(file.read());
    expect(() => files.open(at("other"), "update")).toThrow();
  });
});

describe("a power cut on the simulated disk", () => {
  it("takes nothing that was synced, and of the rest leaves any part", () => {
    const left = new Set<number>();
    for (let seed = 1; seed <= 200; seed += 1) {
      const disk = simulated(seed);
      const file = disk.open("/log", "append");
      disk.syncDirectory();
      file.append([Uint8Array.of(1, 1, 1)]);
      file.sync();
      file.append([Uint8Array.of(2, 2, 2, 2)]);
      disk.cutPower();
      const found = disk.open("/log", "append").read();
      expect(found.subarray(0, 3)).toEqual(Uint8Array.of(1, 1, 1));
      left.add(found.length);
    }
    expect([...left].sort()).toEqual([3, 4, 5, 6, 7]);
  });
});

describe("what a process left unsynced is synced before it counts", () => {
  const keys = keysOf(0);
  const vote = (blockId: number): Vote => ({
    type: 1,
    height: 3n,
    round: 0,
    blockId: new Uint8Array(32).fill(blockId),
    validator: keys.address,
  });

  it("a signer that died in its last sync never signs otherwise after a power cut", () => {
    let repeated = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const disk = simulated(seed);
      const open = () =>
        openSigner({
          file: "/signer",
          secretKey: keys.secretKey,
          address: keys.address,
          chainId: CHAIN_ID,
          mustExist: false,
          fileSystem: disk,
        });
      const first = open();
      // The record is written; the sync is what never happens.
      disk.failPoint = { after: 1, moment: "before", style: "process" };
      expect(() => first.signVote(vote(1))).toThrow(SimulatedCrash);
      // The restarted process gives the signature away, as it may: the record is there.
      open().signVote(vote(1));
      disk.cutPower();
      expect(() => open().signVote(vote(2))).toThrow("signer/conflict");
      repeated += 1;
    }
    expect(repeated).toBe(60);
  });

  it("a log that a process wrote and did not sync is whole or an earlier part of itself", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const disk = simulated(seed);
      const wal = openWal("/wal", disk);
      const records = [1, 2, 3, 4].map((value) => new Uint8Array(40).fill(value));
      wal.append(records[0] as Uint8Array);
      wal.sync();
      for (const record of records.slice(1)) {
        wal.append(record);
        wal.flush();
      }
      disk.cutPower();
      const { recovered } = openWal("/wal", disk);
      expect(recovered.length).toBeGreaterThan(0);
      expect(recovered).toEqual(records.slice(0, recovered.length));
    }
  });
});
