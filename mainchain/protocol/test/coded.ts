import { CodedError } from "@ropenet/crypto";
import { expect } from "vitest";

/** The stable code with which `action` refuses; fails the test if it does not refuse. */
export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return (error as CodedError).code;
  }
  return expect.fail("was accepted");
}
