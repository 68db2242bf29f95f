export type CodedErrorInfo = { readonly code: string };

const LONGEST_OPERAND = 64;

function formatBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, LONGEST_OPERAND), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  return bytes.length > LONGEST_OPERAND ? `${shown}…(${bytes.length} bytes)` : shown;
}

/** Never throws, whatever the operand is: an error about an error hides the first one. */
function formatOperand(value: unknown): string {
  if (value instanceof Uint8Array) return formatBytes(value);
  if (Array.isArray(value)) return `[${value.map(formatOperand).join(",")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).map(([name, field]) => `${name}:${formatOperand(field)}`);
  return `{${fields.join(",")}}`;
}

/**
 * An error with a stable code and typed operands. Callers match on `code`, never on the message.
 * Operands must not be secret: the default message `code operand=value …` prints them, bigints as
 * decimals and bytes as hex.
 */
export class CodedError<I extends CodedErrorInfo = CodedErrorInfo> extends Error {
  readonly info: I;

  constructor(info: I, options?: { readonly cause?: unknown; readonly message?: string }) {
    const operands = Object.entries(info)
      .filter(([name, value]) => name !== "code" && value !== undefined)
      .map(([name, value]) => `${name}=${formatOperand(value)}`);
    super(
      options?.message ?? [info.code, ...operands].join(" "),
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.info = info;
  }

  get code(): I["code"] {
    return this.info.code;
  }
}
