import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deployGateway } from "@ropenet/adapter-evm";
import type { Rope } from "@ropenet/client";
import {
  accountToB32,
  bytesToHex,
  hexToBytes,
  ropeGatewayUid,
  type SignerSet,
  SUITE_KECCAK,
  secp256k1,
  sortSigners,
} from "@ropenet/protocol";
import type { StateFolder } from "../process/state-folder.ts";
import { EVM_ACTORS, type KeyRing } from "./actors.ts";
import type { StrandPlan } from "./plan.ts";
import { ATTESTORS } from "./setup-rope.ts";
import { callContract, deployContract, fundActors, type StrandDescription } from "./strand.ts";

function initialSignerSet(rope: Rope): SignerSet {
  return {
    ropeChainId: rope.anchor.chainId,
    suite: SUITE_KECCAK,
    epoch: 0n,
    signers: sortSigners(
      rope.genesis.validators.map(({ ethereumAddress, stake }) => ({
        key: accountToB32(ethereumAddress),
        power: stake,
      })),
    ),
  };
}

/** The four keys of a strand's attestors, made once. */
export function attestorKeys(
  folder: StateFolder,
  key: string,
): readonly { readonly file: string; readonly address: Uint8Array }[] {
  const directory = join(folder.path, "keys");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return Array.from({ length: ATTESTORS }, (_, index) => {
    const file = join(directory, `attestor-${key}-${index}.hex`);
    if (!existsSync(file))
      writeFileSync(file, bytesToHex(secp256k1.randomSecretKey()), { mode: 0o600 });
    return { file, address: secp256k1.getAddress(hexToBytes(readFileSync(file, "utf8").trim())) };
  });
}

/** Deploys the gateway, which starts with the genesis validators as its signer set, and the story's contracts. */
export async function setUpStrand(
  parts: { readonly rope: Rope; readonly keys: KeyRing; readonly folder: StateFolder },
  plan: StrandPlan,
  rpcUrl: string,
): Promise<StrandDescription> {
  const { rope, keys } = parts;
  await fundActors(
    rpcUrl,
    plan.chainId,
    EVM_ACTORS.map((actor) => keys.evm(actor).address),
  );
  const deployerKey = keys.evm("deployer").secretKey;
  const deployed = await deployGateway({
    rpcUrl,
    deployerKey,
    ropeChainId: rope.anchor.chainId,
    ropeGatewayUid: ropeGatewayUid(rope.anchor.chainId),
    deployment: 0,
    initialSet: initialSignerSet(rope),
    trustedHeight: 0n,
    trustedTimeMs: rope.genesis.timeMs,
    trustingPeriodMs: 14n * 24n * 3_600_000n,
    maxLagMs: 60_000n,
  });
  const contracts: Record<string, string> = {};
  if (plan.key === "finance") {
    contracts["cny"] = await deployContract(rpcUrl, plan.chainId, deployerKey, "cny", []);
    contracts["loan"] = await deployContract(rpcUrl, plan.chainId, deployerKey, "loan", [
      deployed.address,
      contracts["cny"],
    ]);
  } else {
    const keeper = `0x${bytesToHex(keys.evm("keeper").address)}`;
    contracts["title"] = await deployContract(rpcUrl, plan.chainId, deployerKey, "title", [
      "仓单（虚构）",
      "CD",
      keeper,
    ]);
    // The keeper accepts the gateway as custodian: it may hold titles whose rights move on another chain.
    await callContract(
      rpcUrl,
      plan.chainId,
      keys.evm("keeper").secretKey,
      "title",
      contracts["title"],
      "setCustodian",
      [deployed.address, true],
    );
  }
  return {
    name: plan.name,
    rpcUrl,
    chainId: plan.chainId,
    gatewayAddress: deployed.address,
    gatewayUid: bytesToHex(deployed.gatewayUid),
    genesisHash: bytesToHex(deployed.genesisHash),
    codeHash: bytesToHex(deployed.codeHash),
    startHeight: Number(deployed.startHeight),
    contracts,
  };
}
