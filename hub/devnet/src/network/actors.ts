import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addressOf, bytesToHex, hexToBytes, secp256k1, sm2 } from "@ropenet/protocol";

/** People and processes that hold a key on the rope. */
export const ROPE_ACTORS = [
  "admission",
  "standards",
  "supervisor",
  "police",
  "social-security",
  "housing",
  "bank-a",
  "bank-b",
  "holder",
  "keeper",
  "relayer-0",
  "relayer-1",
] as const;
export type RopeActor = (typeof ROPE_ACTORS)[number];

/** Those that hold a key on the EVM strands. */
export const EVM_ACTORS = [
  "deployer",
  "bank-a",
  "holder",
  "keeper",
  "relayer-0",
  "relayer-1",
] as const;
export type EvmActor = (typeof EVM_ACTORS)[number];

export interface KeyRing {
  rope(actor: RopeActor): {
    readonly secretKey: Uint8Array;
    readonly address: Uint8Array;
    readonly file: string;
  };
  evm(actor: EvmActor): {
    readonly secretKey: string;
    readonly address: Uint8Array;
    readonly file: string;
  };
}

function keyFile(
  folder: string,
  name: string,
  create: () => Uint8Array,
): { secretKey: Uint8Array; file: string } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.hex`);
  if (!existsSync(file)) writeFileSync(file, bytesToHex(create()), { mode: 0o600 });
  return { secretKey: hexToBytes(readFileSync(file, "utf8").trim()), file };
}

/** Keys are made once and kept in the state folder, mode 0600. */
export function openKeyRing(stateFolder: string): KeyRing {
  const folder = join(stateFolder, "keys");
  return {
    rope(actor): ReturnType<KeyRing["rope"]> {
      const { secretKey, file } = keyFile(folder, `rope-${actor}`, sm2.randomSecretKey);
      return { secretKey, address: addressOf(sm2.getPublicKey(secretKey)), file };
    },
    evm(actor): ReturnType<KeyRing["evm"]> {
      const { secretKey, file } = keyFile(folder, `evm-${actor}`, secp256k1.randomSecretKey);
      return { secretKey: bytesToHex(secretKey), address: secp256k1.getAddress(secretKey), file };
    },
  };
}
