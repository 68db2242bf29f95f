import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { diskOf } from "../metrics/machine.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const GIB = 1024 ** 3;
/** The first with `node:sqlite` and TypeScript without flags. */
const LEAST_NODE = [22, 18] as const;
const FSYNCS = 20;
/** A height waits for two: beyond the first figure they show in finality, beyond the second they are finality. */
const FSYNC_SLOW_MS = 5;
const FSYNC_FAIL_MS = 25;
const DISK_WARN_BYTES = 10 * GIB;
const DISK_FAIL_BYTES = 1 * GIB;
const MEMORY_WARN_BYTES = 0.5 * GIB;

export function checkNodeVersion(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) {
    return ok("node-version", `Node ${version}`);
  }
  const mend = `run with Node ${leastMajor}.${leastMinor} or newer; npm installs 24 beside the project`;
  return fail("node-version", "doctor/old-node", `Node ${version}`, mend);
}

export function checkDisk(directory: string): Finding {
  const { free, total } = diskOf(directory);
  const seen = `${(free / GIB).toFixed(1)} GiB of ${(total / GIB).toFixed(1)} GiB free`;
  const mend = "make room, or set pruning.keepBlocks; a full disk stops this node";
  if (free < DISK_FAIL_BYTES) return fail("disk-space", "doctor/disk-full", seen, mend);
  if (free < DISK_WARN_BYTES) return warn("disk-space", "doctor/disk-low", seen, mend);
  return ok("disk-space", seen);
}

/** What the consensus log does before each vote, on the disk that it does it on. */
export function checkFsync(directory: string): Finding {
  const times = measureFsyncs(directory);
  const median = times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0;
  const seen = `fdatasync takes ${median.toFixed(2)} ms (median of ${times.length})`;
  const mend = "put the state folder on a local SSD; network and USB disks are too slow to vote";
  if (median > FSYNC_FAIL_MS) return fail("disk-sync", "doctor/fsync-too-slow", seen, mend);
  if (median > FSYNC_SLOW_MS) return warn("disk-sync", "doctor/fsync-slow", seen, mend);
  return ok("disk-sync", seen);
}

function measureFsyncs(directory: string): readonly number[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "doctor.tmp");
  const descriptor = openSync(file, "w", 0o600);
  try {
    return Array.from({ length: FSYNCS }, () => {
      writeSync(descriptor, new Uint8Array(4_096));
      const beganMs = performance.now();
      fdatasyncSync(descriptor);
      return performance.now() - beganMs;
    });
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}

export function checkMemory(free: number = freemem(), total: number = totalmem()): Finding {
  const seen = `${(free / GIB).toFixed(1)} GiB of ${(total / GIB).toFixed(1)} GiB free`;
  if (free >= MEMORY_WARN_BYTES) return ok("memory", seen);
  const mend = "leave half a GiB to the node: what is swapped out votes late";
  return warn("memory", "doctor/memory-low", seen, mend);
}
