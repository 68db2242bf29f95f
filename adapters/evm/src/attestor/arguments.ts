import { parseArgs } from "node:util";
import { AttestorError } from "./attestor-error.ts";

/**
 * The file that `--config` names; undefined if the caller asked for help.
 * @throws {AttestorError} `attestor/bad-arguments`
 */
export function readArguments(args: readonly string[]): string | undefined {
  const bad = (detail: string, cause?: unknown): AttestorError =>
    new AttestorError({ code: "attestor/bad-arguments", detail }, { cause });
  let values: { readonly config?: string[]; readonly help?: boolean };
  try {
    const options = {
      config: { type: "string", multiple: true },
      help: { type: "boolean" },
    } as const;
    values = parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (values.help === true) return undefined;
  const [file = "", ...more] = values.config ?? [];
  if (file === "") throw bad("--config FILE is missing");
  if (more.length > 0) throw bad("--config is given twice");
  return file;
}
