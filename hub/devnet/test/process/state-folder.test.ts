import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { openStateFolder } from "../../src/process/state-folder.ts";

const newFolder = (): string => mkdtempSync(join(tmpdir(), "ropenet-state-"));
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
    first.complete({ basePort: 7080 });
    const second = openStateFolder(path, false);
    expect(second.existing).toBe(true);
    expect(second.read<{ basePort: number }>().basePort).toBe(7080);
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
    expect(refusal(() => openStateFolder(path, false).read())).toMatchObject({
      code: "devnet/state-unreadable",
    });
  });

  it("refuses to run beside a living predecessor", () => {
    const path = folder();
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)"]);
    try {
      writeFileSync(
        join(path, "pids.json"),
        JSON.stringify({ supervisor: child.pid, children: [] }),
      );
      expect(refusal(() => openStateFolder(path, false))).toMatchObject({
        code: "devnet/already-running",
      });
    } finally {
      child.kill();
    }
  });

  it("ends the processes that a killed predecessor left behind, and no stranger", async () => {
    const path = folder();
    const ours = spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)", path]);
    const stranger = spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)"]);
    const gone = new Promise((resolve) => ours.once("exit", resolve));
    const dead = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => dead.once("exit", resolve));
    writeFileSync(
      join(path, "pids.json"),
      JSON.stringify({ supervisor: dead.pid, children: [ours.pid, stranger.pid] }),
    );
    openStateFolder(path, true);
    await gone;
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
    stranger.kill();
  });
});
