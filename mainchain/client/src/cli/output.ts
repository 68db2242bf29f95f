import { bytesToHex, type CodedError } from "@ropenet/protocol";

export interface Output {
  print(text: string, value: unknown): void;
}

/** Bytes as hex, big integers as decimal strings. */
export function toJson(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, entry: unknown) => {
      if (typeof entry === "bigint") return String(entry);
      return entry instanceof Uint8Array ? bytesToHex(entry) : entry;
    }) ?? "null",
  );
}

export function errorToJson(error: CodedError): Record<string, unknown> {
  return toJson(error.info) as Record<string, unknown>;
}

/** Text of a node must not steer the terminal. */
const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what has to go
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "�");

export function print(json: boolean, text: string, value: unknown): void {
  process.stdout.write(json ? `${JSON.stringify(toJson(value))}\n` : `${plain(text)}\n`);
}
