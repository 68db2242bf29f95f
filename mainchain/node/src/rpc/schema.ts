import { z } from "zod";
import { COARSE_SAMPLES } from "../metrics/history.ts";
import type { NodeInfoJson } from "../metrics/node-info.ts";

/** JSON shapes of the RPC. Bytes are lower-case hex without 0x, big integers decimal strings. */
export interface EventJson {
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface TransactionJson {
  readonly id: string;
  /** null = succeeded */
  readonly code: string | null;
  readonly message: string;
  readonly feePaid: string;
  readonly events: readonly EventJson[];
}

export interface IncludedTransactionJson extends TransactionJson {
  readonly height: string;
  readonly index: number;
}

export interface StatusJson {
  readonly chainName: string;
  readonly chainId: string;
  readonly genesisHash: string;
  /** last committed */
  readonly height: string;
  readonly blockId: string;
  /** after executing `height` */
  readonly stateRoot: string;
  readonly timeMs: string;
  /** address of this node's consensus key */
  readonly validator: string;
  readonly validators: readonly { readonly address: string; readonly power: string }[];
  readonly peers: number;
  readonly syncing: boolean;
}

export interface BlockResultsJson {
  readonly height: string;
  readonly transactions: readonly TransactionJson[];
  /** of begin and end of block */
  readonly events: readonly EventJson[];
}

export interface ProvenValueJson {
  readonly height: string;
  readonly stateRoot: string;
  readonly key: string;
  readonly value: string | null;
  readonly proof: string;
}

export interface OutboxProofJson {
  readonly leafIndex: string;
  readonly leafType: number;
  readonly siblings: readonly string[];
  readonly outboxCount: string;
  readonly outboxesIndex: number;
  readonly outboxesCount: number;
  readonly outboxesSiblings: readonly string[];
  readonly checkpointHeight: string;
}

export interface CheckpointJson {
  readonly height: string;
  readonly checkpoint: string;
  readonly signerSet: string;
  /** `index` = position in the signer set; ascending */
  readonly signatures: readonly { readonly index: number; readonly signature: string }[];
}

export interface HandoverJson {
  readonly handover: string;
  readonly complete: boolean;
  readonly currentSet: string;
  readonly nextSet: string;
  /** `index` = position in the current set; ascending */
  readonly signatures: readonly { readonly index: number; readonly signature: string }[];
}

/** Pushed over the WebSocket after `subscribe {topic: "blocks"}`, as `{jsonrpc, method: "block", params}`. */
export interface BlockNotice {
  readonly height: string;
  readonly timeMs: string;
  readonly blockId: string;
  readonly transactions: readonly {
    readonly id: string;
    readonly code: string | null;
    readonly events: readonly EventJson[];
  }[];
}

type None = Record<string, never>;

/** Every method: its parameters (an object) and its result. `subscribe` exists on WebSockets only. */
export interface RpcMethods {
  readonly status: { readonly params: None; readonly result: StatusJson };
  readonly genesis: { readonly params: None; readonly result: { readonly genesis: string } };
  readonly broadcast_tx: {
    readonly params: { readonly tx: string };
    readonly result: { readonly id: string };
  };
  readonly tx: {
    readonly params: { readonly id: string };
    readonly result: IncludedTransactionJson;
  };
  readonly block: {
    readonly params: { readonly height: string };
    readonly result: { readonly block: string; readonly blockId: string };
  };
  readonly signed_header: {
    readonly params: { readonly height?: string | undefined };
    readonly result: {
      readonly header: string;
      readonly commit: string;
      readonly validators: string;
    };
  };
  readonly block_results: {
    readonly params: { readonly height: string };
    readonly result: BlockResultsJson;
  };
  readonly state: {
    readonly params: { readonly key: string; readonly height?: string | undefined };
    readonly result: ProvenValueJson;
  };
  readonly state_range: {
    readonly params: { readonly from: string; readonly to: string; readonly limit: number };
    readonly result: {
      readonly entries: readonly { readonly key: string; readonly value: string }[];
    };
  };
  readonly account: {
    /** 20 bytes hex, or bech32m `rope1…` */
    readonly params: { readonly address: string };
    readonly result: {
      readonly nonce: string;
      /** next free nonce, counting what waits in this node's mempool */
      readonly pendingNonce: string;
      readonly balance: string;
    };
  };
  readonly outbox_proof: {
    readonly params: {
      readonly gateway: string;
      readonly index: string;
      readonly checkpointHeight: string;
    };
    readonly result: OutboxProofJson;
  };
  readonly checkpoint: {
    readonly params: { readonly suite: 1 | 2; readonly height?: string | undefined };
    readonly result: CheckpointJson;
  };
  /** how the signers of an epoch hand over to the next */
  readonly handover: {
    readonly params: { readonly suite: 1 | 2; readonly fromEpoch: string };
    readonly result: HandoverJson;
  };
  readonly net_info: {
    readonly params: None;
    readonly result: {
      readonly peers: readonly {
        /** address of the peer's node key */
        readonly id: string;
        readonly direction: "in" | "out";
        readonly height: string;
        readonly validator: boolean;
      }[];
    };
  };
  readonly node_info: {
    readonly params: {
      /** samples of `everyMs`, or every thirtieth of them */
      readonly pace?: "fine" | "coarse" | undefined;
      readonly limit?: number | undefined;
    };
    readonly result: NodeInfoJson;
  };
  readonly subscribe: {
    readonly params: { readonly topic: "blocks" };
    readonly result: { readonly subscribed: "blocks" };
  };
}

export type RpcMethod = keyof RpcMethods;

const HEX = /^(?:[0-9a-f]{2})*$/;
const hex = (maxBytes: number): z.ZodType<string> =>
  z
    .string()
    .max(2 * maxBytes)
    .regex(HEX, "lower-case hex without 0x");
const hexOf = (bytes: number): z.ZodType<string> =>
  z
    .string()
    .length(2 * bytes)
    .regex(HEX, "lower-case hex without 0x");
const DECIMAL = /^(?:0|[1-9][0-9]*)$/;
const decimal: z.ZodType<string> = z
  .string()
  .max(20)
  .regex(DECIMAL, "decimal string")
  // Asked also of what the pattern has refused.
  .refine((value) => !DECIMAL.test(value) || BigInt(value) < 1n << 64n, "below 2^64");

const none = z.strictObject({}) as z.ZodType<None>;
export const MAX_RANGE_ENTRIES: 200 = 200;
const MAX_KEY_BYTES = 256;

/** What each method accepts; a violation names its operand. */
export const rpcParams: { readonly [M in RpcMethod]: z.ZodType<RpcMethods[M]["params"]> } = {
  status: none,
  genesis: none,
  broadcast_tx: z.strictObject({ tx: hex(400 * 1024) }),
  tx: z.strictObject({ id: hexOf(32) }),
  block: z.strictObject({ height: decimal }),
  signed_header: z.strictObject({ height: decimal.optional() }),
  block_results: z.strictObject({ height: decimal }),
  state: z.strictObject({ key: hex(MAX_KEY_BYTES), height: decimal.optional() }),
  state_range: z
    .strictObject({
      from: hex(MAX_KEY_BYTES),
      to: hex(MAX_KEY_BYTES),
      limit: z.int().min(1).max(MAX_RANGE_ENTRIES),
    })
    // Lower-case hex sorts as its bytes do.
    .refine(({ from, to }) => from <= to, { path: ["to"], message: "below from" }),
  account: z.strictObject({ address: z.string().max(90) }),
  outbox_proof: z.strictObject({ gateway: hexOf(32), index: decimal, checkpointHeight: decimal }),
  checkpoint: z.strictObject({
    suite: z.union([z.literal(1), z.literal(2)]),
    height: decimal.optional(),
  }),
  handover: z.strictObject({
    suite: z.union([z.literal(1), z.literal(2)]),
    fromEpoch: decimal,
  }),
  net_info: none,
  node_info: z.strictObject({
    pace: z.enum(["fine", "coarse"]).optional(),
    limit: z.int().min(0).max(COARSE_SAMPLES).optional(),
  }),
  subscribe: z.strictObject({ topic: z.literal("blocks") }),
};
