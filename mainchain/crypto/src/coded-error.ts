export type CodedErrorInfo = { readonly code: string };

function format(value: unknown): string {
  if (value instanceof Uint8Array) {
    return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** An error with a stable code and typed operands; callers match on `code`, never on the message. */
export class CodedError<I extends CodedErrorInfo = CodedErrorInfo> extends Error {
  readonly info: I;

  constructor(info: I, options?: { readonly cause?: unknown; readonly message?: string }) {
    const operands = Object.entries(info)
      .filter(([name]) => name !== "code")
      .map(([name, value]) => `${name}=${format(value)}`);
    super(options?.message ?? [info.code, ...operands].join(" "), { cause: options?.cause });
    this.name = new.target.name;
    this.info = info;
  }

  get code(): I["code"] {
    return this.info.code;
  }
}
