import type { Command } from "commander";
import { createWallet, type Wallet } from "../wallet/wallet.ts";
import { ropeOf } from "./connect.ts";
import { readKeyFile } from "./key-commands.ts";
import type { PasswordOptions } from "./password.ts";

interface SignOptions extends PasswordOptions {
  readonly key: string;
}

/** For commands that send a transaction. */
export function addSignOptions(command: Command): Command {
  return command
    .requiredOption("--key <file>", "密钥文件 · key store of the account that signs and pays")
    .option(
      "--password-file <file>",
      "口令文件 · where the password stands; asked for at the terminal otherwise",
    );
}

/** What `send` does with a wallet over the key of the command line; the key is wiped afterwards. */
export async function withWallet<T>(
  command: Command,
  send: (wallet: Wallet) => Promise<T>,
): Promise<T> {
  const rope = await ropeOf(command);
  const options = command.opts<SignOptions>();
  const secretKey = await readKeyFile(options.key, options);
  try {
    return await send(createWallet({ rpc: rope.rpc, chainId: rope.anchor.chainId, secretKey }));
  } finally {
    secretKey.fill(0);
  }
}
