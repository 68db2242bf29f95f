import { existsSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, CodedError, hexToBytes, LocalFault, sm3 } from "@ropenet/protocol";
import { exportArchive } from "../archive/export-archive.ts";
import { restoreArchive } from "../archive/restore-archive.ts";
import { verifyArchive } from "../archive/verify-archive.ts";
import { type NodeConfig, readConfig } from "../config.ts";
import { examine, toText } from "../doctor/doctor.ts";
import { NodeError } from "../errors.ts";
import { readGenesis } from "../genesis-file.ts";
import { type Home, openHome, openSealer } from "../home.ts";
import { readKeys, sealKeys } from "../keys.ts";
import { createSnapshot } from "../snapshot/create-snapshot.ts";
import { genesisAnchor, openSnapshot, restoreSnapshot } from "../snapshot/restore-snapshot.ts";
import type { Anchor } from "../snapshot/verify-chain-part.ts";
import { openStore } from "../store/open-store.ts";
import { createStoreKey } from "../store/store-key.ts";
import { parseArguments, USAGE_EXIT } from "./arguments.ts";
import { openSigners } from "./restore-command.ts";

export const COMMANDS_HELP = `
Tools for a stopped node (doctor also beside a running one); all take --home DIR or --config FILE, and --json:

  doctor                                      what keeps this node from working, and what mends it
  snapshot create --to DIR [--height N]       the state of a height, with what proves it
  snapshot restore --from DIR [--trust H:ID]  into an empty home; ID = block id of height H
  archive export --to DIR [--snapshot]        blocks and commits, added to what is there
  archive verify --from DIR                   every block, commit and link
  archive restore --from DIR [--fast]         into an empty home, by executing it; --fast from its snapshot
  store new-key                               writes the key file that the configuration names
  store seal-keys                             puts keys.json under the store's key

  --new-signer   (restore) this validator's key has signed nothing above the restored height, and signs nowhere else
`;

interface Arguments {
  readonly config: NodeConfig;
  readonly configFile: string;
  readonly passphrase: string | undefined;
  readonly values: Values;
}

type Values = ReturnType<typeof parse>["values"];

function parse(args: readonly string[]) {
  return parseArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      home: { type: "string" },
      config: { type: "string" },
      json: { type: "boolean", default: false },
      to: { type: "string" },
      from: { type: "string" },
      height: { type: "string" },
      trust: { type: "string" },
      snapshot: { type: "boolean", default: false },
      fast: { type: "boolean", default: false },
      "new-signer": { type: "boolean", default: false },
    },
  });
}

type Result = Readonly<Record<string, string | number | boolean>>;
type Command = (given: Arguments) => Promise<Result> | Result;

const COMMANDS: Readonly<Record<string, Command>> = {
  "snapshot create": async ({ config, passphrase, values }) => {
    const home = openHome(config, { passphrase });
    try {
      const { ledger, runtime } = home;
      const height =
        values.height === undefined ? ledger.tip().height - 1n : integer(values.height);
      const parts = { ledger, snapshots: runtime.snapshots };
      const manifest = await createSnapshot(parts, height, needed(values.to, "to"));
      return {
        height: String(height),
        stateRoot: bytesToHex(manifest.stateRoot),
        entries: String(manifest.entries),
        pieces: manifest.state.length,
      };
    } finally {
      home.close();
    }
  },
  "snapshot restore": ({ config, passphrase, values }) => {
    const { genesis, bytes } = readGenesis(config.genesisFile);
    const sealer = openSealer(config, passphrase);
    assertSigner(config, passphrase, values);
    const manifest = restoreSnapshot(openSnapshot(needed(values.from, "from")), {
      chainId: genesis.parameters.chainId,
      genesisHash: sm3(bytes),
      evidenceBlocks: genesis.staking.evidenceBlocks,
      anchor: anchorOf(values.trust) ?? genesisAnchor(bytes),
      directory: config.directory,
      openStore: (directory) => openStore(directory, sealer),
    });
    openSigners(config, manifest.height, sealer);
    return { height: String(manifest.height), stateRoot: bytesToHex(manifest.stateRoot) };
  },
  "archive export": async ({ config, passphrase, values }) => {
    const home = openHome(config, { passphrase });
    try {
      const options = { directory: needed(values.to, "to"), snapshot: values.snapshot };
      const { from, to, stateRoot } = await exportArchive(sourceOf(home), options);
      return { from, to, stateRoot };
    } finally {
      home.close();
    }
  },
  "archive verify": ({ values }) => {
    const { from, to, stateRoot } = verifyArchive(needed(values.from, "from"));
    return { from, to, stateRoot };
  },
  "archive restore": ({ config, passphrase, values }) => {
    const sealer = openSealer(config, passphrase);
    assertSigner(config, passphrase, values);
    const beganMs = performance.now();
    const anchor = anchorOf(values.trust);
    const { from, to, stateRoot } = restoreArchive({
      archive: needed(values.from, "from"),
      directory: config.directory,
      openStore: (directory) => openStore(directory, sealer),
      fromSnapshot: values.fast,
      ...(anchor && { anchor }),
    });
    openSigners(config, BigInt(to), sealer);
    return { from, to, stateRoot, seconds: Math.round((performance.now() - beganMs) / 100) / 10 };
  },
  "store new-key": ({ config, passphrase }) => {
    const { keyFile } = config.encryption ?? {};
    createStoreKey(needed(keyFile, "encryption.keyFile"), needed(passphrase, "passphrase"));
    return { keyFile: keyFile ?? "" };
  },
  "store seal-keys": ({ config, passphrase }) => {
    const sealer = openSealer(config, passphrase);
    if (!sealer) throw new NodeError({ code: "store/no-passphrase", file: config.keysFile });
    sealKeys(config.keysFile, sealer);
    return { keysFile: config.keysFile };
  },
};

const GROUPS: ReadonlySet<string> = new Set(["doctor", "snapshot", "archive", "store"]);

/** Whether the command line names a tool; otherwise it starts a node. */
export const isTool = (args: readonly string[]): boolean => GROUPS.has(args[0] ?? "");

export interface Outlets {
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
}

const STANDARD: Outlets = {
  write: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
};

/** Runs one tool and returns the exit code; what went wrong is one line on stderr, under its code. */
export async function runTool(
  args: readonly string[],
  passphrase: string | undefined,
  { write, complain }: Outlets = STANDARD,
): Promise<number> {
  const json = args.includes("--json");
  try {
    const { values, positionals } = parse(args);
    const configFile = values.config ?? join(needed(values.home, "home"), "config.json");
    const name = positionals.join(" ");
    if (name === "doctor") {
      const diagnosis = await examine(configFile, passphrase);
      write(json ? `${JSON.stringify(diagnosis)}\n` : toText(diagnosis));
      return diagnosis.ok ? 0 : 1;
    }
    const command = COMMANDS[name];
    if (!command) throw new NodeError({ code: "cli/unknown-command", name });
    const config = readConfig(configFile);
    const result = await command({ config, configFile, passphrase, values });
    write(json ? `${JSON.stringify(result)}\n` : `${textOf(result)}\n`);
    return 0;
  } catch (error) {
    complain(`${lineOf(error, json)}\n`);
    const isUsage = error instanceof NodeError && error.code === "node/bad-arguments";
    return isUsage ? USAGE_EXIT : 1;
  }
}

function lineOf(error: unknown, json: boolean): string {
  const message = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
  if (!json) return message;
  const isCoded = error instanceof CodedError || error instanceof LocalFault;
  const code = isCoded ? error.code : "cli/unexpected";
  return JSON.stringify({ error: { code, message } });
}

const textOf = (result: Result): string =>
  Object.entries(result)
    .map(([name, value]) => `${name} ${value}`)
    .join("\n");

function needed(value: string | undefined, operand: string): string {
  if (value !== undefined) return value;
  throw new NodeError({ code: "cli/missing-operand", operand });
}

function integer(text: string): bigint {
  if (/^(?:0|[1-9][0-9]{0,18})$/.test(text)) return BigInt(text);
  throw new NodeError({ code: "cli/bad-operand", operand: "height", detail: "a height" });
}

function anchorOf(text: string | undefined): Anchor | undefined {
  if (text === undefined) return undefined;
  const [, height, id] = /^([1-9][0-9]{0,18}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (height === undefined || id === undefined) {
    throw new NodeError({ code: "cli/bad-operand", operand: "trust", detail: "HEIGHT:BLOCK-ID" });
  }
  return { kind: "header", height: BigInt(height), blockId: hexToBytes(id) };
}

function sourceOf({ ledger, genesisBytes, runtime }: Home): Parameters<typeof exportArchive>[0] {
  const { stateRoot } = runtime.application.info();
  return { ledger, genesisBytes, stateRoot, snapshots: runtime.snapshots };
}

/** A restored validator has no record of what it signed: that this is harmless must be said by a human. */
function assertSigner(config: NodeConfig, passphrase: string | undefined, values: Values): void {
  const { keysFile, directory } = config;
  const { bridge } = readKeys(keysFile, openSealer(config, passphrase));
  const isKnown = existsSync(join(directory, "signer.state"));
  if (!bridge || isKnown || values["new-signer"]) return;
  throw new NodeError({ code: "restore/signer-unknown", directory });
}
