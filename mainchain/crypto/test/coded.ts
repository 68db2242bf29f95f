import { CodedError } from "../src/index.ts";

/** The code of the CodedError that `act` throws; anything else is thrown on. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  return undefined;
}
