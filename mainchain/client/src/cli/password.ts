import { readFileSync } from "node:fs";
import { stderr, stdin } from "node:process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { CodedError } from "@ropenet/protocol";

const MAX_PASSWORD_BYTES = 1_024;

/** Where a key store's password comes from. Never an argument: those are seen in lists of processes. */
export interface PasswordOptions {
  readonly passwordFile?: string;
}

function fromFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new CodedError({ code: "cli/no-password-file", file, reason }, { cause: error });
  }
  // An editor ends a file with a line break; it is no part of the password.
  return checked(text.replace(/\r?\n$/, ""));
}

function checked(password: string): string {
  if (password === "") throw new CodedError({ code: "cli/empty-password" });
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw new CodedError({ code: "cli/password-too-long", most: String(MAX_PASSWORD_BYTES) });
  }
  return password;
}

async function ask(question: string): Promise<string> {
  stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: silent, terminal: true });
  try {
    return checked(await reader.question(""));
  } finally {
    reader.close();
    stderr.write("\n");
  }
}

/**
 * The password of an existing file, or (with `twice`) of a new one.
 * @throws {CodedError} `cli/password-needed` where there is neither a file nor a terminal to ask at
 */
export async function readPassword(
  { passwordFile }: PasswordOptions,
  { twice }: { readonly twice: boolean },
): Promise<string> {
  if (passwordFile !== undefined) return fromFile(passwordFile);
  if (!stdin.isTTY)
    throw new CodedError({ code: "cli/password-needed", option: "--password-file" });
  const password = await ask("口令 password: ");
  if (twice && (await ask("再输一次 once more: ")) !== password) {
    throw new CodedError({ code: "cli/passwords-differ" });
  }
  return password;
}
