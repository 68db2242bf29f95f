/** JSON shapes of the node's RPC. Bytes are lower-case hex without 0x, big integers decimal strings. */
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

export interface StatusJson {
  readonly chainName: string;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly height: string;
  readonly blockId: string;
  readonly stateRoot: string;
  readonly timeMs: string;
  readonly validator: string;
  readonly validators: readonly { readonly address: string; readonly power: string }[];
  readonly peers: number;
  readonly syncing: boolean;
}

/** One moment of a node: totals since its process began unless said otherwise. */
export interface NodeSampleJson {
  readonly atMs: number;
  readonly height: number;
  readonly transactions: number;
  readonly mempool: number;
  readonly peers: number;
  /** share of one core since the sample before */
  readonly cpu: number;
  readonly load1: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly memoryFreeBytes: number;
  readonly loopLagMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly diskReadBytes: number;
  readonly diskWrittenBytes: number;
  readonly storeBytes: number;
  readonly diskFreeBytes: number;
}

export interface NodeInfoJson {
  readonly hardware: {
    readonly cpuModel: string;
    readonly cpuCount: number;
    readonly memoryBytes: number;
    readonly diskBytes: number;
  };
  readonly software: {
    readonly version: string;
    readonly protocolVersion: number;
    readonly nodeJs: string;
    readonly platform: string;
    readonly kernel: string;
    readonly startedAtMs: number;
  };
  readonly network: {
    readonly peers: number;
    readonly lanes: Readonly<
      Record<string, { readonly receivedBytes: number; readonly sentBytes: number }>
    >;
  };
  readonly now: NodeSampleJson;
  readonly everyMs: number;
  /** oldest first */
  readonly history: readonly NodeSampleJson[];
}

export interface RpcMethods {
  readonly status: { readonly params: Record<string, never>; readonly result: StatusJson };
  readonly genesis: {
    readonly params: Record<string, never>;
    readonly result: { readonly genesis: string };
  };
  readonly broadcast_tx: {
    readonly params: { readonly tx: string };
    readonly result: { readonly id: string };
  };
  readonly tx: {
    readonly params: { readonly id: string };
    readonly result: TransactionJson & { readonly height: string; readonly index: number };
  };
  readonly block: {
    readonly params: { readonly height: string };
    readonly result: { readonly block: string; readonly blockId: string };
  };
  readonly signed_header: {
    readonly params: { readonly height?: string };
    readonly result: {
      readonly header: string;
      readonly commit: string;
      readonly validators: string;
    };
  };
  readonly block_results: {
    readonly params: { readonly height: string };
    readonly result: {
      readonly height: string;
      readonly transactions: readonly TransactionJson[];
      readonly events: readonly EventJson[];
    };
  };
  readonly state: {
    readonly params: { readonly key: string; readonly height?: string };
    readonly result: {
      readonly height: string;
      readonly stateRoot: string;
      readonly key: string;
      readonly value: string | null;
      readonly proof: string;
    };
  };
  readonly state_range: {
    readonly params: { readonly from: string; readonly to: string; readonly limit: number };
    readonly result: {
      readonly entries: readonly { readonly key: string; readonly value: string }[];
    };
  };
  readonly account: {
    readonly params: { readonly address: string };
    readonly result: {
      readonly nonce: string;
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
    readonly result: {
      readonly leafIndex: string;
      readonly leafType: number;
      readonly siblings: readonly string[];
      readonly outboxCount: string;
      readonly outboxesIndex: number;
      readonly outboxesCount: number;
      readonly outboxesSiblings: readonly string[];
      readonly checkpointHeight: string;
    };
  };
  readonly checkpoint: {
    readonly params: { readonly suite: number; readonly height?: string };
    readonly result: {
      readonly height: string;
      readonly checkpoint: string;
      readonly signerSet: string;
      readonly signatures: readonly { readonly index: number; readonly signature: string }[];
    };
  };
  readonly handover: {
    readonly params: { readonly suite: number; readonly fromEpoch: string };
    readonly result: {
      readonly handover: string;
      readonly complete: boolean;
      readonly currentSet: string;
      readonly nextSet: string;
      readonly signatures: readonly { readonly index: number; readonly signature: string }[];
    };
  };
  readonly node_info: {
    readonly params: { readonly pace?: "fine" | "coarse"; readonly limit?: number };
    readonly result: NodeInfoJson;
  };
  readonly net_info: {
    readonly params: Record<string, never>;
    readonly result: {
      readonly peers: readonly { readonly id: string; readonly direction: string }[];
    };
  };
}

/** Pushed over the WebSocket after `subscribe {topic: "blocks"}`. */
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
