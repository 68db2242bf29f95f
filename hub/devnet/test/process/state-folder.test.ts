import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { markOf, type ProcessMark } from "../../src/process/pid-file.ts";
import { openStateFolder } from "../../src/process/state-folder.ts";

/** As the network makes it: PostgreSQL's own user can reach it. */
function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "ropenet-state-"));
  chmodSync(path, 0o755);
  return path;
}
const isAny = (value: unknown): value is object => typeof value === "object";
/** One that this program has made. */
function folder(): string {
  const path = newFolder();
  openStateFolder(path, false);
  return path;
}

function refusal(work: () => unknown): { readonly code: string; readonly mend?: unknown } {
  try {
    work();
  } catch (error) {
    if (error instanceof CodedError) return error.info;
    throw error;
  }
  throw new Error("was accepted");
}

describe("openStateFolder", () => {
  it("starts anew in an empty folder and goes on in a complete one", () => {
    const path = folder();
    const first = openStateFolder(path, false);
    expect(first.existing).toBe(false);
    mkdirSync(join(path, "postgres"));
    writeFileSync(join(path, "postgres", "PG_VERSION"), "18");
    first.complete({ basePort: 7080 });
    const second = openStateFolder(path, false);
    expect(second.existing).toBe(true);
    expect(second.read(isAny)).toMatchObject({ basePort: 7080 });
  });

  it("refuses a half-written folder and names the mend", () => {
    const path = folder();
    mkdirSync(join(path, "rope"));
    expect(refusal(() => openStateFolder(path, false))).toMatchObject({
      code: "devnet/state-incomplete",
      mend: "npm start -- --fresh",
    });
    expect(openStateFolder(path, true).existing).toBe(false);
    expect(existsSync(join(path, "rope"))).toBe(false);
  });

  it("touches no folder that somebody else has filled, least of all with --fresh", () => {
    const path = newFolder();
    writeFileSync(join(path, "thesis.txt"), "the only copy");
    for (const fresh of [false, true]) {
      expect(refusal(() => openStateFolder(path, fresh))).toMatchObject({
        code: "devnet/foreign-folder",
      });
    }
    expect(existsSync(join(path, "thesis.txt"))).toBe(true);
  });

  it("says in one line where it cannot write", () => {
    expect(refusal(() => openStateFolder("/proc/nope/x", false))).toMatchObject({
      code: "devnet/folder-unusable",
      folder: "/proc/nope/x",
    });
  });

  it("refuses a marker that is not JSON", () => {
    const path = folder();
    writeFileSync(join(path, "network.json"), "{ half");
    expect(refusal(() => openStateFolder(path, false))).toMatchObject({
      code: "devnet/state-unreadable",
    });
  });

  it.each(["null", "[]", "{}", '{"basePort":"7080"}'])("refuses a marker that says %s", (text) => {
    const path = folder();
    mkdirSync(join(path, "postgres"));
    writeFileSync(join(path, "postgres", "PG_VERSION"), "18");
    writeFileSync(join(path, "network.json"), text);
    const isIt = (value: unknown): value is { readonly basePort: number } =>
      typeof (value as { readonly basePort?: unknown } | null)?.basePort === "number";
    expect(refusal(() => openStateFolder(path, false).read(isIt))).toMatchObject({
      code: "devnet/state-unreadable",
      mend: "npm start -- --fresh",
    });
  });

  it.each(["keys", "keys/rope-holder.hex", "passwords/hub", "rope/node-2", "postgres"])(
    "goes on with nothing else where %s is gone: a new one would be another's",
    (piece) => {
      const path = folder();
      const open = openStateFolder(path, false);
      for (const file of [
        ...["keys/rope-holder.hex", "keys/rope-keeper.hex", "passwords/hub", "rope/genesis.hex"],
        ...["rope/node-2/keys.json", "rope/node-2/state/state.db", "postgres/PG_VERSION"],
      ]) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), "x");
      }
      open.complete({ basePort: 7080 });
      expect(openStateFolder(path, false).existing).toBe(true);
      rmSync(join(path, piece), { recursive: true });
      expect(refusal(() => openStateFolder(path, false))).toMatchObject({
        code: "devnet/state-incomplete",
        missing: expect.stringContaining(join(path, piece)),
      });
    },
  );

  it("refuses to run beside a living predecessor", () => {
    const path = folder();
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)"]);
    try {
      writePids(path, markOf(child.pid ?? 0), []);
      expect(refusal(() => openStateFolder(path, false))).toMatchObject({
        code: "devnet/already-running",
      });
    } finally {
      child.kill();
    }
  });

  it("takes no stranger for its predecessor who has got that number since", () => {
    const path = folder();
    const stranger = { ...markOf(process.ppid), startedAt: "1" };
    writePids(path, stranger, [stranger]);
    expect(openStateFolder(path, false).existing).toBe(false);
    expect(() => process.kill(process.ppid, 0)).not.toThrow();
  });

  it.each([
    "null",
    "{}",
    '{"supervisor":1,"children":[]}',
    '{"supervisor":{"pid":1},"children":[]}',
  ])("makes nothing of a list of processes that says %s", (text) => {
    const path = folder();
    writeFileSync(join(path, "pids.json"), text);
    expect(openStateFolder(path, false).existing).toBe(false);
  });

  it("ends the processes that a killed predecessor left behind, and no stranger", async () => {
    const path = folder();
    const ours = spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)", path]);
    const stranger = spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)", path]);
    const gone = new Promise((resolve) => ours.once("exit", resolve));
    const dead = spawn(process.execPath, ["-e", ""]);
    const predecessor = markOf(dead.pid ?? 0);
    await new Promise((resolve) => dead.once("exit", resolve));
    const other = { pid: stranger.pid ?? 0, startedAt: "1" };
    writePids(path, predecessor, [markOf(ours.pid ?? 0), other]);
    openStateFolder(path, true);
    await gone;
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
    stranger.kill();
  });
});

function writePids(path: string, supervisor: ProcessMark, children: readonly ProcessMark[]): void {
  writeFileSync(join(path, "pids.json"), JSON.stringify({ supervisor, children }));
}
