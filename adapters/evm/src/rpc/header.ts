import { CodedError, concatBytes, equalBytes, hexToBytes, keccak256 } from "@ropenet/protocol";
import { type EvmRpc, toQuantity } from "./json-rpc.ts";

/** Of eth_getBlockByNumber: the fields of a header, as hex. */
type BlockJson = { readonly [field: string]: unknown };

export interface EvmHeader {
  readonly height: bigint;
  readonly hash: Uint8Array;
  readonly parentHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  /** the header's seconds times 1000 */
  readonly timeMs: bigint;
}

export type HeaderErrorInfo =
  | { readonly code: "evm/no-block"; readonly tag: string }
  | { readonly code: "evm/bad-header"; readonly field: string }
  | { readonly code: "evm/header-hash-mismatch"; readonly height: bigint };

export class HeaderError extends CodedError<HeaderErrorInfo> {}

/** Order of the RLP list. Source: Yellow Paper §4.4, EIP-1559, 4895, 4844, 4788, 7685. */
const FIELDS: readonly (readonly [name: string, kind: "bytes" | "quantity"])[] = [
  ["parentHash", "bytes"],
  ["sha3Uncles", "bytes"],
  ["miner", "bytes"],
  ["stateRoot", "bytes"],
  ["transactionsRoot", "bytes"],
  ["receiptsRoot", "bytes"],
  ["logsBloom", "bytes"],
  ["difficulty", "quantity"],
  ["number", "quantity"],
  ["gasLimit", "quantity"],
  ["gasUsed", "quantity"],
  ["timestamp", "quantity"],
  ["extraData", "bytes"],
  ["mixHash", "bytes"],
  ["nonce", "bytes"],
];
/** Each came with a fork and none without all before it. */
const FORK_FIELDS: readonly (readonly [name: string, kind: "bytes" | "quantity"])[] = [
  ["baseFeePerGas", "quantity"],
  ["withdrawalsRoot", "bytes"],
  ["blobGasUsed", "quantity"],
  ["excessBlobGas", "quantity"],
  ["parentBeaconBlockRoot", "bytes"],
  ["requestsHash", "bytes"],
];

function bigEndian(value: number): Uint8Array {
  const digits = value.toString(16);
  return hexToBytes(digits.length % 2 === 0 ? digits : `0${digits}`);
}

function withLength(offset: number, payload: Uint8Array): Uint8Array {
  if (payload.length < 56) return concatBytes(Uint8Array.of(offset + payload.length), payload);
  const length = bigEndian(payload.length);
  return concatBytes(Uint8Array.of(offset + 55 + length.length), length, payload);
}

function rlpString(bytes: Uint8Array): Uint8Array {
  const [first] = bytes;
  return bytes.length === 1 && first !== undefined && first < 0x80
    ? bytes
    : withLength(0x80, bytes);
}

function hexField(block: BlockJson, field: string): string {
  const value = block[field];
  if (typeof value === "string" && /^0x[0-9a-fA-F]*$/.test(value))
    return value.slice(2).toLowerCase();
  throw new HeaderError({ code: "evm/bad-header", field });
}

function fieldBytes(block: BlockJson, field: string, kind: "bytes" | "quantity"): Uint8Array {
  const hex = hexField(block, field);
  if (kind === "bytes") return hexToBytes(hex);
  const digits = hex.replace(/^0+/, "");
  return hexToBytes(digits.length % 2 === 0 ? digits : `0${digits}`);
}

/** keccak-256 of the header's RLP: what the node says its hash is counts for nothing. */
export function headerHash(block: BlockJson): Uint8Array {
  const present = FORK_FIELDS.filter(([name]) => typeof block[name] === "string");
  const items = [...FIELDS, ...present].map(([name, kind]) =>
    rlpString(fieldBytes(block, name, kind)),
  );
  return keccak256(withLength(0xc0, concatBytes(...items)));
}

/** @throws {HeaderError} `evm/header-hash-mismatch` unless the fields hash to what the node calls their hash */
export function parseHeader(block: BlockJson): EvmHeader {
  const hash = headerHash(block);
  const height = BigInt(`0x${hexField(block, "number")}`);
  if (!equalBytes(hash, fieldBytes(block, "hash", "bytes"))) {
    throw new HeaderError({ code: "evm/header-hash-mismatch", height });
  }
  return {
    height,
    hash,
    parentHash: fieldBytes(block, "parentHash", "bytes"),
    stateRoot: fieldBytes(block, "stateRoot", "bytes"),
    timeMs: BigInt(`0x${hexField(block, "timestamp")}`) * 1000n,
  };
}

/** @throws {HeaderError} `evm/no-block` where the node has none of that height or tag */
export async function readHeader(
  rpc: EvmRpc,
  at: bigint | "finalized" | "latest",
  signal?: AbortSignal,
): Promise<EvmHeader> {
  const tag = typeof at === "bigint" ? toQuantity(at) : at;
  const block = await rpc.call<BlockJson | null>("eth_getBlockByNumber", [tag, false], signal);
  if (!block) throw new HeaderError({ code: "evm/no-block", tag });
  return parseHeader(block);
}

/** Headers `fromHeight`..`toHeight`, each hash recomputed. */
export async function readHeaders(
  rpc: EvmRpc,
  fromHeight: bigint,
  toHeight: bigint,
  signal?: AbortSignal,
): Promise<readonly EvmHeader[]> {
  const calls = Array.from({ length: Number(toHeight - fromHeight) + 1 }, (_, index) => ({
    method: "eth_getBlockByNumber",
    params: [toQuantity(fromHeight + BigInt(index)), false],
  }));
  const blocks = await rpc.batch<BlockJson | null>(calls, signal);
  return blocks.map((block, index) => {
    if (!block) {
      throw new HeaderError({ code: "evm/no-block", tag: String(fromHeight + BigInt(index)) });
    }
    return parseHeader(block);
  });
}
