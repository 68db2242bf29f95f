import { CodedError, hexToBytes } from "@ropenet/protocol";

/** @throws {CodedError} `cli/bad-operand` naming it */
export function hexOperand(name: string, value: string, bytes: number): Uint8Array {
  const plain = value.startsWith("0x") ? value.slice(2) : value;
  if (!new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`).test(plain)) {
    throw new CodedError({
      code: "cli/bad-operand",
      operand: name,
      expected: `${bytes} bytes of hex`,
    });
  }
  return hexToBytes(plain.toLowerCase());
}

/** @throws {CodedError} `cli/bad-operand` naming it */
export function integerOperand(name: string, value: string): bigint {
  if (!/^(0|[1-9][0-9]{0,38})$/.test(value)) {
    throw new CodedError({ code: "cli/bad-operand", operand: name, expected: "a decimal integer" });
  }
  return BigInt(value);
}
