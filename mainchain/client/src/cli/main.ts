#!/usr/bin/env node
import { CodedError } from "@ropenet/protocol";
import { Command, CommanderError } from "commander";
import { addChainCommands } from "./chain-commands.ts";
import { addConnectOptions } from "./connect.ts";
import { addKeyCommands } from "./key-commands.ts";
import { errorToJson, type Output, print } from "./output.ts";
import { addQueryCommands } from "./query-commands.ts";
import { addTransferCommands } from "./transfer-commands.ts";

function build(output: Output): Command {
  const program = new Command("ropenet")
    .description("绳网 RopeNet 命令行 · command line of the rope")
    .option("--json", "one JSON value instead of text", false)
    .exitOverride()
    .showHelpAfterError();
  addConnectOptions(program);
  addKeyCommands(program, output);
  addQueryCommands(program, output);
  addChainCommands(program, output);
  addTransferCommands(program, output);
  return program;
}

async function main(): Promise<number> {
  const json = process.argv.includes("--json");
  const output: Output = { print: (text, value) => print(json, text, value) };
  try {
    await build(output).parseAsync(process.argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const shown =
      error instanceof CodedError
        ? errorToJson(error)
        : { code: "cli/unexpected", message: String(error) };
    process.stderr.write(
      json
        ? `${JSON.stringify({ error: shown })}\n`
        : `${shown["code"]} ${JSON.stringify(shown)}\n`,
    );
    return 1;
  }
}

process.exitCode = await main();
