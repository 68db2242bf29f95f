#!/usr/bin/env node
import { CodedError } from "@ropenet/protocol";
import { Command, CommanderError } from "commander";
import { addChainCommands } from "./chain-commands.ts";
import { addConnectOptions } from "./connect.ts";
import { addControlCommands } from "./control-commands.ts";
import { addGovernanceCommands } from "./governance-commands.ts";
import { addKeyCommands } from "./key-commands.ts";
import { errorToJson, type Output, print } from "./output.ts";
import { addQueryCommands } from "./query-commands.ts";
import { addTransferCommands } from "./transfer-commands.ts";

function build(output: Output): Command {
  const program = new Command("ropenet")
    .description("绳网 RopeNet 命令行 · command line of the rope")
    .option("--json", "one JSON value instead of text", false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  addConnectOptions(program);
  addKeyCommands(program, output);
  addQueryCommands(program, output);
  addChainCommands(program, output);
  addTransferCommands(program, output);
  addGovernanceCommands(program, output);
  addControlCommands(program, output);
  return program;
}

/** Every end has a code: a wrong command line is `cli/bad-arguments`, whatever of it was wrong. */
function describe(error: unknown): Record<string, unknown> {
  if (error instanceof CodedError) return errorToJson(error);
  if (error instanceof CommanderError) {
    const detail = error.message.replace(/^error: /, "");
    return { code: "cli/bad-arguments", detail, mend: "npx ropenet --help" };
  }
  return { code: "cli/unexpected", message: String(error) };
}

async function main(): Promise<number> {
  const json = process.argv.includes("--json");
  const output: Output = { print: (text, value) => print(json, text, value) };
  try {
    await build(output).parseAsync(process.argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const shown = describe(error);
    process.stderr.write(
      json
        ? `${JSON.stringify({ error: shown })}\n`
        : `${shown["code"]} ${JSON.stringify(shown)}\n`,
    );
    return 1;
  }
}

process.exitCode = await main();
