import { readFileSync } from "node:fs";
import { CodedError, decode, type Genesis, genesisCodec, hexToBytes } from "@ropenet/protocol";
import { NodeError } from "./errors.ts";

export interface GenesisFile {
  readonly genesis: Genesis;
  readonly bytes: Uint8Array;
}

/** Hex, as `createDevnet` writes it. @throws {NodeError} `node/bad-genesis` */
export function readGenesis(file: string): GenesisFile {
  try {
    const bytes = hexToBytes(readFileSync(file, "utf8").trim());
    return { genesis: decode(genesisCodec, bytes), bytes };
  } catch (cause) {
    const detail = cause instanceof CodedError ? cause.message : (errnoOf(cause) ?? "not hex");
    throw new NodeError({ code: "node/bad-genesis", file, detail }, { cause });
  }
}

function errnoOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | null)?.code;
}
