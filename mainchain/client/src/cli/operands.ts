import { CodedError, hexToBytes, parseAddress } from "@ropenet/protocol";

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

/** `rope1…` or 20 bytes of hex. @throws {CodedError} `cli/bad-operand` */
export function addressOperand(value: string): Uint8Array {
  if (/^[0-9a-f]{40}$/.test(value)) return hexToBytes(value);
  try {
    return parseAddress(value);
  } catch (cause) {
    const expected = "rope1… or 20 bytes of hex";
    throw new CodedError({ code: "cli/bad-operand", operand: "address", expected }, { cause });
  }
}
