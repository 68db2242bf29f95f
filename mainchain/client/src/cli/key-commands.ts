import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { addressOf, bytesToHex, CodedError, formatAddress, sm2 } from "@ropenet/protocol";
import type { Command } from "commander";
import { hexOperand } from "./operands.ts";
import type { Output } from "./output.ts";

export function readKeyFile(file: string): Uint8Array {
  if (!existsSync(file)) throw new CodedError({ code: "cli/no-key-file", file });
  return hexOperand("key file", readFileSync(file, "utf8").trim(), 32);
}

export function addKeyCommands(program: Command, output: Output): void {
  const key = program.command("key").description("SM2 密钥 · keys");
  key
    .command("new <file>")
    .description("write a fresh secret key (mode 0600); never overwrites")
    .action((file: string) => {
      if (existsSync(file)) throw new CodedError({ code: "cli/key-exists", file });
      const secretKey = sm2.randomSecretKey();
      writeFileSync(file, bytesToHex(secretKey), { mode: 0o600, flag: "wx" });
      const address = formatAddress(addressOf(sm2.getPublicKey(secretKey)));
      output.print(address, { file, address });
    });
  key
    .command("show <file>")
    .description("address and public key of a key file")
    .action((file: string) => {
      const publicKey = sm2.getPublicKey(readKeyFile(file));
      const address = formatAddress(addressOf(publicKey));
      output.print(`${address}\n${bytesToHex(publicKey)}`, { address, publicKey });
    });
}
