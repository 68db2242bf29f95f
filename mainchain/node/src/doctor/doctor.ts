import { CodedError } from "@ropenet/protocol";
import { type NodeConfig, readConfig } from "../config.ts";
import { type Finding, fail } from "./finding.ts";
import { checkHome } from "./home-checks.ts";
import { checkDisk, checkFsync, checkMemory, checkNodeVersion } from "./machine-checks.ts";
import { checkNetwork } from "./network-checks.ts";

export interface Diagnosis {
  /** nothing failed; there may be warnings */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** Looks at everything that keeps a node from working, changes nothing. May be run beside the node. */
export async function examine(
  configFile: string,
  passphrase: string | undefined,
): Promise<Diagnosis> {
  const findings: Finding[] = [checkNodeVersion(), checkMemory()];
  const config = read(configFile);
  if ("state" in config) findings.push(config);
  else {
    findings.push(...checkHome(config, passphrase).findings);
    findings.push(checkDisk(config.directory), checkFsync(config.directory));
    findings.push(...(await checkNetwork(config)));
  }
  return { ok: findings.every(({ state }) => state !== "fail"), findings };
}

function read(configFile: string): NodeConfig | Finding {
  try {
    return readConfig(configFile);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return fail("config", error.code, error.message, "mend the operand that it names");
  }
}

export function toText({ ok, findings }: Diagnosis): string {
  const lines = findings.map(({ check, state, code, seen, mend }) => {
    const tail = mend === null ? "" : `\n       ${code}: ${mend}`;
    return `${state.padEnd(5)} ${check.padEnd(16)} ${seen}${tail}`;
  });
  return `${lines.join("\n")}\n${ok ? "fit to run" : "not fit to run"}\n`;
}
