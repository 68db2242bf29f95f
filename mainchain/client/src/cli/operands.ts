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
export function addressOperand(value: string, operand = "address"): Uint8Array {
  if (/^[0-9a-f]{40}$/.test(value)) return hexToBytes(value);
  try {
    return parseAddress(value);
  } catch (cause) {
    const expected = "rope1… or 20 bytes of hex";
    throw new CodedError({ code: "cli/bad-operand", operand, expected }, { cause });
  }
}

/** One of these words, as its number. @throws {CodedError} `cli/bad-operand` naming it and the words */
export function wordOperand<W extends string, V>(
  operand: string,
  value: string,
  words: Readonly<Record<W, V>>,
): V {
  if (Object.hasOwn(words, value)) return words[value as W];
  const expected = Object.keys(words).join(" | ");
  throw new CodedError({ code: "cli/bad-operand", operand, expected });
}

const UNITS = { s: 1_000n, m: 60_000n, h: 3_600_000n, d: 86_400_000n };

/** `90s`, `30m`, `12h` or `3d`, in milliseconds. @throws {CodedError} `cli/bad-operand` naming it */
export function spanOperand(operand: string, value: string): bigint {
  const match = /^([1-9][0-9]{0,8})([smhd])$/.exec(value);
  if (match) return BigInt(match[1] ?? "") * UNITS[match[2] as keyof typeof UNITS];
  throw new CodedError({ code: "cli/bad-operand", operand, expected: "as 90s, 30m, 12h or 3d" });
}
