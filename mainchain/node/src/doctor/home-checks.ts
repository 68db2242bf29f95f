import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, CodedError, equalBytes, LocalFault, ropeChainId } from "@ropenet/protocol";
import type { NodeConfig } from "../config.ts";
import { type GenesisFile, readGenesis } from "../genesis-file.ts";
import { openSealer } from "../home.ts";
import { type NodeKeys, readKeys } from "../keys.ts";
import { isAddressRange } from "../rpc/address-list.ts";
import type { Sealer } from "../store/sealer.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** What was found in the home, for the checks that go on from there. */
export interface HomeFindings {
  readonly findings: readonly Finding[];
  readonly genesis: GenesisFile | undefined;
  readonly keys: NodeKeys | undefined;
}

const OTHERS = 0o077;

function attempt<T>(
  check: string,
  mend: string,
  read: () => T,
): { readonly value: T | undefined; readonly finding: Finding | undefined } {
  try {
    return { value: read(), finding: undefined };
  } catch (error) {
    if (!(error instanceof CodedError || error instanceof LocalFault)) throw error;
    return { value: undefined, finding: fail(check, error.code, error.message, mend) };
  }
}

export function checkHome(config: NodeConfig, passphrase: string | undefined): HomeFindings {
  const findings: Finding[] = [];
  const sealer = attempt(
    "store-key",
    "give the passphrase by ROPENET_STORE_PASSPHRASE_FILE; without it this disk stays closed",
    () => openSealer(config, passphrase),
  );
  if (sealer.finding) findings.push(sealer.finding);
  else {
    const isSealed = sealer.value !== undefined;
    findings.push(ok("store-key", isSealed ? "store is encrypted" : "store is not encrypted"));
  }
  const genesis = attempt("genesis", "fetch the genesis file of this chain again", () =>
    readGenesis(config.genesisFile),
  );
  findings.push(genesis.finding ?? checkGenesis(genesis.value));
  const keys = attempt("keys", "restore keys.json from its backup; a new key is a new node", () =>
    readKeys(config.keysFile, sealer.value),
  );
  findings.push(...checkKeys(config, keys, sealer.value, genesis.value));
  findings.push(...checkState(config, keys.value));
  findings.push(checkExposure(config));
  return { findings, genesis: genesis.value, keys: keys.value };
}

function checkGenesis(genesis: GenesisFile | undefined): Finding {
  if (!genesis) throw new Error("a genesis without finding");
  const { chainName, chainId } = genesis.genesis.parameters;
  const seen = `${chainName}, ${genesis.genesis.validators.length} validators`;
  if (equalBytes(ropeChainId(chainName), chainId)) return ok("genesis", seen);
  const mend = "this is not a genesis of this program; fetch it again";
  return fail("genesis", "doctor/genesis-inconsistent", seen, mend);
}

function checkKeys(
  config: NodeConfig,
  keys: { readonly value: NodeKeys | undefined; readonly finding: Finding | undefined },
  sealer: Sealer | undefined,
  genesis: GenesisFile | undefined,
): readonly Finding[] {
  if (!keys.value) return keys.finding ? [keys.finding] : [];
  const { address, bridge, publicKey } = keys.value;
  const found: Finding[] = [];
  const isFounder = genesis?.genesis.validators.some((one) => equalBytes(one.publicKey, publicKey));
  const role = bridge ? "validator" : "observer";
  const seen = `${role} ${bytesToHex(address)}`;
  if (isFounder && !bridge) {
    const mend = "add the bridge keys: a validator that signs no checkpoints is jailed";
    found.push(fail("keys", "doctor/no-bridge-keys", seen, mend));
  } else found.push(ok("keys", seen));
  const mode = statSync(config.keysFile).mode & 0o777;
  if ((mode & OTHERS) === 0) found.push(ok("keys-mode", mode.toString(8)));
  else {
    const mend = `chmod 600 ${config.keysFile}`;
    found.push(fail("keys-mode", "doctor/keys-readable", mode.toString(8), mend));
  }
  if (config.encryption && sealer && readsInClear(config)) {
    const mend = "run `store seal-keys`: the keys lie in the clear beside an encrypted store";
    found.push(warn("keys-sealed", "doctor/keys-in-clear", "not sealed", mend));
  }
  return found;
}

function readsInClear({ keysFile }: NodeConfig): boolean {
  try {
    readKeys(keysFile);
    return true;
  } catch {
    return false;
  }
}

function checkState(config: NodeConfig, keys: NodeKeys | undefined): readonly Finding[] {
  const at = (name: string): string => join(config.directory, name);
  const hasStore = existsSync(at("state.db"));
  const signs = keys?.bridge !== undefined;
  const names = signs ? ["signer.state", "checkpoint.state"] : [];
  const missing = hasStore ? names.filter((name) => !existsSync(at(name))) : [];
  const found: Finding[] = [];
  if (missing.length > 0) {
    const mend =
      "restore the file from this validator's disk; never start without knowing what it signed";
    found.push(fail("signer", "signer/state-missing", missing.join(", "), mend));
  } else found.push(ok("signer", hasStore && signs ? "records are there" : "nothing signed yet"));
  if (!existsSync(config.directory)) return found;
  const mode = statSync(config.directory).mode & 0o777;
  if ((mode & OTHERS) === 0) found.push(ok("state-mode", mode.toString(8)));
  else {
    const mend = `chmod 700 ${config.directory}`;
    found.push(warn("state-mode", "doctor/state-readable", mode.toString(8), mend));
  }
  return found;
}

function checkExposure({ rpc, metrics }: NodeConfig): Finding {
  const isLocal = rpc.host === "localhost" || rpc.host === "::1" || rpc.host.startsWith("127.");
  const seen = `RPC on ${rpc.host}:${rpc.port}, metrics for ${["this machine", ...metrics.allow].join(", ")}`;
  const everybody = [...metrics.allow, ...rpc.rateLimit.trusted].filter(
    (range) => isAddressRange(range) && range.endsWith("/0"),
  );
  if (everybody.length > 0) {
    const mend = "name the addresses that need it instead of everybody";
    return warn("exposure", "doctor/open-to-all", `${seen}; ${everybody.join(", ")}`, mend);
  }
  if (isLocal) return ok("exposure", seen);
  const mend = "let a proxy with TLS stand before it, or bind 127.0.0.1";
  return warn("exposure", "doctor/rpc-public", seen, mend);
}
