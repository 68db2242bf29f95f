import { CodedError } from "@ropenet/crypto";
import { type Codec, decode } from "./codec/codec.ts";

/**
 * Something of this machine failed: its disk, its store, a record that it wrote itself. Deliberately no CodedError:
 * those are verdicts about what somebody sent, and whoever takes one for a verdict must not see this. A validator
 * that took a failed read for a bad transaction would count it as failed where all others count it as done.
 * The node halts on it; nothing but the outermost edge of a process catches it.
 */
export class LocalFault extends Error {
  /** what failed, for the one line that a human reads */
  readonly fault: CodedError;

  constructor(fault: CodedError, options?: { readonly cause?: unknown }) {
    super(fault.message, options);
    this.name = "LocalFault";
    this.fault = fault;
  }

  get code(): string {
    return this.fault.code;
  }
}

/**
 * Runs `read` over a record that this node wrote itself.
 * @throws {LocalFault} `store/bad-record`: what lies there is not what was written
 */
export function readOwn<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    const fault = new CodedError({ code: "store/bad-record", detail: cause.message });
    throw new LocalFault(fault, { cause });
  }
}

/** Decodes what this node itself put into its store. @throws {LocalFault} `store/bad-record` */
export function decodeOwn<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return readOwn(() => decode(codec, bytes));
}
