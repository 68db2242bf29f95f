import { bytesToHex, CodedError } from "@ropenet/protocol";
import type { RpcMethod } from "./schema.ts";

/** What the RPC itself refuses; everything else keeps the code of whoever refused it. */
export type RpcErrorInfo =
  | { readonly code: "rpc/bad-json" }
  | { readonly code: "rpc/bad-request"; readonly operand: string; readonly detail: string }
  | { readonly code: "rpc/unknown-method"; readonly method: string }
  | {
      readonly code: "rpc/bad-params";
      readonly method: RpcMethod;
      readonly operand: string;
      readonly detail: string;
    }
  | { readonly code: "rpc/batch-too-long"; readonly length: number; readonly limit: number }
  | { readonly code: "rpc/body-too-long"; readonly limit: number }
  | { readonly code: "rpc/answer-too-long"; readonly bytes: number; readonly limit: number }
  | { readonly code: "rpc/websocket-only"; readonly method: RpcMethod }
  | { readonly code: "rpc/too-many-subscriptions"; readonly limit: number }
  | { readonly code: "rpc/too-busy"; readonly limit: number }
  | { readonly code: "rpc/tx-unknown"; readonly id: string }
  | { readonly code: "rpc/height-unknown"; readonly height: bigint; readonly newest: bigint }
  | { readonly code: "rpc/bad-http"; readonly reason: string }
  | { readonly code: "rpc/unknown-route"; readonly route: string }
  | { readonly code: "rpc/wrong-verb"; readonly verb: string; readonly allowed: string }
  | { readonly code: "rpc/wrong-content-type"; readonly expected: string }
  | { readonly code: "rpc/wrong-host" }
  | { readonly code: "rpc/wrong-origin" }
  /** not from this machine, nor from where the operator allowed it */
  | { readonly code: "rpc/not-allowed" }
  | { readonly code: "rpc/rate-limited"; readonly retryAfterMs: number }
  | { readonly code: "rpc/internal" };

export class RpcError extends CodedError<RpcErrorInfo> {}

export interface ErrorJson {
  /** of JSON-RPC 2.0: −32700 … −32600 as it names them, −32000 for refusals of this chain */
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: string; readonly operands: Readonly<Record<string, unknown>> };
}

const NUMBERS: Readonly<Record<string, number>> = {
  "rpc/bad-json": -32_700,
  "rpc/bad-request": -32_600,
  "rpc/batch-too-long": -32_600,
  "rpc/unknown-method": -32_601,
  "rpc/websocket-only": -32_601,
  "rpc/bad-params": -32_602,
  "rpc/internal": -32_603,
};
const REFUSED = -32_000;

export function toErrorJson({ info, message }: CodedError): ErrorJson {
  const { code, ...operands } = info;
  return {
    code: NUMBERS[code] ?? REFUSED,
    message,
    data: { code, operands: toJson(operands) as Readonly<Record<string, unknown>> },
  };
}

/** Operands as the rest of the RPC writes values: bytes in hex, big integers as decimal strings. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toJson(field)]));
}
