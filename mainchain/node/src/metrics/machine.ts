import { readFileSync, statfsSync, statSync } from "node:fs";
import { cpus, freemem, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";

export interface HardwareJson {
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** of the file system that holds the state folder */
  readonly diskBytes: number;
}

export interface SoftwareJson {
  readonly version: string;
  readonly protocolVersion: number;
  readonly nodeJs: string;
  readonly platform: string;
  readonly kernel: string;
  readonly startedAtMs: number;
}

/** What moves: taken together at one moment. */
export interface MachineReading {
  /** CPU seconds of this process since it began */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** load average of the machine over a minute; 0 where there is none */
  readonly load1: number;
  readonly memoryFreeBytes: number;
  readonly diskFreeBytes: number;
  readonly storeBytes: number;
  /** what this process had the disk read and write; 0 where the kernel does not say */
  readonly diskReadBytes: number;
  readonly diskWrittenBytes: number;
}

const STORE_FILES = ["state.db", "state.db-wal", "consensus.wal"];

export function readHardware(directory: string): HardwareJson {
  const processors = cpus();
  return {
    cpuModel: processors[0]?.model ?? "unknown",
    cpuCount: processors.length,
    memoryBytes: totalmem(),
    diskBytes: diskOf(directory).total,
  };
}

export function readSoftware(protocolVersion: number): SoftwareJson {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { readonly version: string };
  return {
    version,
    protocolVersion,
    nodeJs: process.version,
    platform: `${process.platform}-${process.arch}`,
    kernel: release(),
    startedAtMs: Math.round(Date.now() - process.uptime() * 1_000),
  };
}

export function readMachine(directory: string): MachineReading {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const { read, written } = diskTraffic();
  return {
    cpuSeconds: (user + system) / 1e6,
    rssBytes: rss,
    heapBytes: heapUsed,
    load1: loadavg()[0] ?? 0,
    memoryFreeBytes: freemem(),
    diskFreeBytes: diskOf(directory).free,
    storeBytes: STORE_FILES.reduce((sum, name) => sum + sizeOf(join(directory, name)), 0),
    diskReadBytes: read,
    diskWrittenBytes: written,
  };
}

/** Bytes that whoever runs this node may still write, and the size of the file system; 0 if it cannot be asked. */
export function diskOf(directory: string): { readonly free: number; readonly total: number } {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return { free: 0, total: 0 };
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Linux only. */
function diskTraffic(): { readonly read: number; readonly written: number } {
  try {
    const text = readFileSync("/proc/self/io", "utf8");
    const field = (name: string): number =>
      Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1] ?? 0);
    return { read: field("read_bytes"), written: field("write_bytes") };
  } catch {
    return { read: 0, written: 0 };
  }
}
