import { existsSync } from "node:fs";
import { join } from "node:path";
import type { NodeConfig } from "../config.ts";
import { openCheckpointKey } from "../engine/checkpoint-key.ts";
import { openSigner } from "../engine/signer.ts";
import { readGenesis } from "../genesis-file.ts";
import { readKeys } from "../keys.ts";
import type { Sealer } from "../store/sealer.ts";

/**
 * The records of what a validator signed, new if there are none: a home that was restored has no others. Only for a
 * key that signs nowhere else, and that has signed nothing above the restored height; up to it a new record signs
 * nothing either.
 */
export function openSigners(config: NodeConfig, height: bigint, sealer?: Sealer): void {
  const { genesis } = readGenesis(config.genesisFile);
  const { secretKey, address, bridge } = readKeys(config.keysFile, sealer);
  if (!bridge) return;
  const at = (name: string): string => join(config.directory, name);
  const { chainId } = genesis.parameters;
  const file = at("signer.state");
  const isNew = !existsSync(file);
  const signer = openSigner({ file, secretKey, address, chainId, mustExist: false });
  if (isNew) signer.forgo(height);
  signer.close();
  openCheckpointKey({ file: at("checkpoint.state"), keys: bridge, mustExist: false }).close();
}
