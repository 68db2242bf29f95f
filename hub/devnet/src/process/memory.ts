import { readdirSync, readFileSync } from "node:fs";

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // gone meanwhile, or no Linux
    return undefined;
  }
}

function kilobytes(text: string | undefined, field: string): number | undefined {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Proportional set size: a page that several share counts once among them. Resident size where that is not told. */
function bytesOf(pid: number): number {
  const pss = kilobytes(read(`/proc/${pid}/smaps_rollup`), "Pss");
  return 1024 * (pss ?? kilobytes(read(`/proc/${pid}/status`), "VmRSS") ?? 0);
}

/** Parent of each process that runs. */
function parents(): ReadonlyMap<number, number> {
  let names: readonly string[] = [];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return new Map();
  }
  return new Map(
    names.flatMap((name): readonly [number, number][] => {
      const parent = /^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`) ?? "")?.[1];
      return parent === undefined ? [] : [[Number(name), Number(parent)]];
    }),
  );
}

/** Of these processes and of all that descend from them, each counted once; 0 where /proc tells nothing. */
export function memoryOfTrees(roots: readonly number[]): number {
  const known = parents();
  const wanted = new Set(roots);
  const isIn = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 0; at = known.get(at)) {
      if (wanted.has(at)) return true;
    }
    return false;
  };
  const pids = new Set([...roots, ...[...known.keys()].filter(isIn)]);
  return [...pids].reduce((sum, pid) => sum + bytesOf(pid), 0);
}
