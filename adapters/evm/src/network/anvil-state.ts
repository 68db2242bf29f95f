import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const COPY_EVERY_MS = 2_000;
const CLOSING_BRACE = 0x7d;

/** The file in which anvil keeps its chain. */
export interface AnvilState {
  readonly file: string;
  /** Copies it now and then as long as the process runs. */
  keepCopies(): NodeJS.Timeout;
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function isWhole(file: string): boolean {
  const bytes = read(file);
  if (!bytes) return false;
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

/** Whole as far as a glance can tell; a start looks closer. */
function looksWhole(file: string): boolean {
  const bytes = read(file);
  return bytes !== undefined && bytes.at(-1) === CLOSING_BRACE;
}

/**
 * Anvil writes its state in place, once a second: a process that is killed meanwhile leaves half of it, and with it
 * the whole chain would be gone. A start takes the newest copy that is whole.
 */
export function openAnvilState(directory: string): AnvilState {
  const file = join(directory, "anvil-state.json");
  const copy = join(directory, "anvil-state.copy.json");
  const older = join(directory, "anvil-state.older.json");
  const unfinished = `${copy}.new`;
  if (existsSync(file) && !isWhole(file)) {
    const left = [copy, older].find(isWhole);
    // With none, anvil says itself what is wrong with it.
    if (left) copyFileSync(left, file);
  }
  let copiedMs = 0;

  function takeCopy(): void {
    try {
      const { mtimeMs } = statSync(file);
      if (mtimeMs === copiedMs || !looksWhole(file)) return;
      copyFileSync(file, unfinished);
      if (!looksWhole(unfinished)) return;
      if (existsSync(copy)) renameSync(copy, older);
      renameSync(unfinished, copy);
      copiedMs = mtimeMs;
    } catch {
      // It is being written, or its folder is gone: the next turn will see.
      rmSync(unfinished, { force: true });
    }
  }

  return {
    file,
    keepCopies: () => setInterval(takeCopy, COPY_EVERY_MS).unref(),
  };
}
