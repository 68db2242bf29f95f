import { readFileSync, writeFileSync } from "node:fs";
import { CryptoError } from "@ropenet/crypto";
import { openKeyStore, sealKeyStore } from "@ropenet/crypto/pki";
import { sm2 } from "@ropenet/protocol";
import { NodeError } from "../errors.ts";
import { createSealer, type Sealer } from "./sealer.ts";

/** Writes a fresh store key under a passphrase (scrypt, SM4-GCM); never replaces one. @throws EEXIST */
export function createStoreKey(file: string, passphrase: string): void {
  const sealed = sealKeyStore(sm2.randomSecretKey(), passphrase);
  writeFileSync(file, sealed, { mode: 0o600, flag: "wx" });
}

/** @throws {NodeError} `store/no-passphrase`, `store/wrong-passphrase`, `store/bad-key` */
export function openStoreKey(file: string, passphrase: string | undefined): Sealer {
  if (passphrase === undefined) throw new NodeError({ code: "store/no-passphrase", file });
  try {
    return createSealer(openKeyStore(readFileSync(file, "utf8"), passphrase));
  } catch (cause) {
    if (cause instanceof CryptoError && cause.code === "crypto/authentication-failed") {
      throw new NodeError({ code: "store/wrong-passphrase", file }, { cause });
    }
    const detail = (cause as NodeJS.ErrnoException).code ?? "not a key store";
    throw new NodeError({ code: "store/bad-key", file, detail }, { cause });
  }
}
