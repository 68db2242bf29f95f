import { readFileSync, writeFileSync } from "node:fs";
import { openKeyStore, sealKeyStore } from "@ropenet/crypto/pki";
import { addressOf, CodedError, formatAddress, sm2 } from "@ropenet/protocol";
import type { Command } from "commander";
import type { Output } from "./output.ts";
import { type PasswordOptions, readPassword } from "./password.ts";

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

function readKeyStore(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CodedError(
      { code: "cli/no-key-file", file, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

function writeKeyStore(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const reason = reasonOf(error);
    const code = reason === "EEXIST" ? "cli/key-exists" : "cli/key-not-written";
    throw new CodedError({ code, file, reason }, { cause: error });
  }
}

/**
 * The secret key in a key store file.
 * @throws {CodedError} `cli/no-key-file`; {CryptoError} as `openKeyStore`, for a wrong password among others
 */
export async function readKeyFile(file: string, options: PasswordOptions): Promise<Uint8Array> {
  const text = readKeyStore(file);
  return openKeyStore(text, await readPassword(options, { twice: false }));
}

const PASSWORD_FILE = "--password-file <file>";
const PASSWORD_HELP = "口令文件 · where the password stands; asked for at the terminal otherwise";

export function addKeyCommands(program: Command, output: Output): void {
  const key = program.command("key").description("SM2 密钥 · keys, each in a key store file");
  key
    .command("new <file>")
    .description("fresh secret key under a password (scrypt, SM4-GCM, mode 0600); never overwrites")
    .option(PASSWORD_FILE, PASSWORD_HELP)
    .action(async (file: string, options: PasswordOptions) => {
      const password = await readPassword(options, { twice: true });
      const secretKey = sm2.randomSecretKey();
      try {
        writeKeyStore(file, sealKeyStore(secretKey, password));
        const address = formatAddress(addressOf(sm2.getPublicKey(secretKey)));
        output.print(address, { file, address });
      } finally {
        secretKey.fill(0);
      }
    });
  key
    .command("show <file>")
    .description("address and public key of a key store file, after opening it")
    .option(PASSWORD_FILE, PASSWORD_HELP)
    .action(async (file: string, options: PasswordOptions) => {
      const secretKey = await readKeyFile(file, options);
      const publicKey = sm2.getPublicKey(secretKey);
      secretKey.fill(0);
      const address = formatAddress(addressOf(publicKey));
      output.print(`${address}\n${Buffer.from(publicKey).toString("hex")}`, { address, publicKey });
    });
}
