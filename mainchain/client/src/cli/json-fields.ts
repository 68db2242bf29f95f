import { readFileSync } from "node:fs";
import { CodedError } from "@ropenet/protocol";
import { addressOperand, hexOperand, integerOperand } from "./operands.ts";

const LONGEST_FILE = 1 << 20;

/** @throws {CodedError} `cli/no-file`, `cli/file-too-long` */
export function readFileOperand(operand: string, file: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CodedError({ code: "cli/no-file", operand, file, reason }, { cause });
  }
  if (bytes.length <= LONGEST_FILE) return bytes;
  throw new CodedError({ code: "cli/file-too-long", operand, file, most: LONGEST_FILE });
}

/** The fields of a JSON object that somebody wrote by hand; each is read once, and what nobody reads is refused. */
export class JsonFields {
  readonly #fields: Map<string, unknown>;

  /** @throws {CodedError} `cli/bad-json` */
  constructor(text: string) {
    this.#fields = new Map(Object.entries(parseObject(text)));
  }

  text(name: string): string {
    const value = this.#take(name);
    if (typeof value === "string") return value;
    throw new CodedError({ code: "cli/bad-operand", operand: name, expected: "a string" });
  }

  hex(name: string, bytes: number): Uint8Array {
    return hexOperand(name, this.text(name), bytes);
  }

  address(name: string): Uint8Array {
    return addressOperand(this.text(name), name);
  }

  /** A whole number, or its digits in a string where it may exceed 2⁵³. */
  integer(name: string): bigint {
    const value = this.#take(name);
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      const expected = "an integer; in a string if it is above 2^53";
      throw new CodedError({ code: "cli/bad-operand", operand: name, expected });
    }
    return integerOperand(name, String(value));
  }

  /** Strings of hex; none if the field is not there. */
  hexList(name: string, bytes: number): readonly Uint8Array[] {
    if (!this.#fields.has(name)) return [];
    const value = this.#take(name);
    if (Array.isArray(value)) return value.map((entry) => hexOperand(name, String(entry), bytes));
    throw new CodedError({ code: "cli/bad-operand", operand: name, expected: "a list" });
  }

  /** @throws {CodedError} `cli/unknown-field` */
  end(): void {
    const [operand] = this.#fields.keys();
    if (operand !== undefined) throw new CodedError({ code: "cli/unknown-field", operand });
  }

  #take(name: string): unknown {
    const value = this.#fields.get(name);
    this.#fields.delete(name);
    return value;
  }
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CodedError({ code: "cli/bad-json", expected: "a JSON object" }, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new CodedError({ code: "cli/bad-json", expected: "a JSON object" });
}
