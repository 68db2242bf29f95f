import { type ParseArgsConfig, parseArgs } from "node:util";
import { NodeError } from "../errors.ts";

/** For the process that was called wrongly; whatever else fails exits with 1. */
export const USAGE_EXIT = 2;

const MAX_SHOWN = 200;

/**
 * `parseArgs` of Node, with its complaints under a code. A switch that is given twice is one too many.
 * @throws {NodeError} `node/bad-arguments`
 */
export function parseArguments<const T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> {
  const seen = new Set<string>();
  try {
    for (const token of parseArgs({ ...config, tokens: true }).tokens ?? []) {
      if (token.kind !== "option") continue;
      if (seen.has(token.name)) throw badArguments(`--${token.name} is given twice`);
      seen.add(token.name);
    }
    return parseArgs(config);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // Its second sentence explains a way of quoting that nobody asked for.
    throw badArguments(cause.message.split(/\.[ \n]/, 1)[0] ?? "", cause);
  }
}

/** A control character of an argument would end the line, or worse. */
export function badArguments(detail: string, cause?: unknown): NodeError {
  const shown = detail.replaceAll(/\p{Cc}/gu, "?").slice(0, MAX_SHOWN);
  return new NodeError({ code: "node/bad-arguments", detail: shown }, { cause });
}
