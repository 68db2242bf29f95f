/** Shapes of the hub's REST answers (GET /api/openapi.json). */
export interface ProofView {
  readonly height: string;
  readonly key: string;
  readonly value: string | null;
  readonly proof: string;
  readonly header: string;
  readonly commit: string;
}

/** What the caller follows from the validator set that it believes. */
export interface SetsView {
  readonly chainId: string;
  /** oldest first; header and commit of the height at which the set before names this one */
  readonly sets: readonly {
    readonly validators: string;
    readonly header: string | null;
    readonly commit: string | null;
  }[];
}

export interface ConservationView extends SetsView {
  readonly height: string;
  readonly assetCount: ProofView;
  readonly assets: readonly {
    readonly assetId: string;
    readonly index: ProofView;
    readonly record: ProofView;
    readonly conservation: ProofView;
  }[];
}

/** In the order of the record's own numbers, from 1. */
export const TRANSFER_STATES = [
  "queued",
  "forwarded",
  "settled",
  "returned",
  "quarantined",
] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];

export interface Overview {
  readonly chainName: string;
  readonly chainId: string;
  readonly height: string;
  readonly timeMs: string;
  readonly validators: number;
  readonly strands: number;
  readonly developmentProfile: boolean;
  readonly transfers: Readonly<Record<TransferState, number>>;
  readonly indexedHeight: string;
}

export interface Chain {
  readonly gateway: string;
  readonly name: string;
  readonly description: string;
  readonly kind: string;
  readonly state: "pending" | "active" | "suspended" | "frozen" | "rejected";
  readonly trustClass: string;
  readonly gatewayAddress: string;
  readonly genesisHash: string;
  readonly codeHash: string;
  readonly clientHeight: string;
  readonly clientUpdatedAtMs: string;
  readonly registeredAtMs: string;
}

export interface Transfer {
  readonly id: string;
  readonly index: string;
  readonly state: TransferState;
  readonly sourceGateway: string;
  readonly sourceName: string;
  readonly finalGateway: string;
  readonly finalName: string;
  readonly assetId: string;
  readonly assetSymbol: string;
  readonly assetClass: number;
  readonly decimals: number;
  readonly tokenId: string;
  readonly amount: string;
  readonly sender: string;
  readonly recipient: string;
  readonly failure: string;
  readonly queueReason: string;
  readonly receivedHeight: string;
  readonly forwardedHeight: string;
  readonly endedHeight: string;
  readonly receivedAtMs: string;
  readonly endedAtMs: string;
  readonly sourceTransaction: string | null;
  readonly destinationTransaction: string | null;
}

export interface TransferPage {
  readonly total: number;
  readonly page: number;
  readonly pageSize: number;
  readonly items: readonly Transfer[];
}

export interface TransferStep {
  readonly id: "sent" | "received" | "forwarded" | "delivered" | "acknowledged";
  readonly done: boolean;
  readonly chain: string;
  readonly height: string | null;
  readonly atMs: string | null;
  readonly transaction: string | null;
}

export interface TransferDetail extends SetsView {
  readonly transfer: Transfer;
  readonly proof: ProofView;
  readonly steps: readonly TransferStep[];
}

export class HubRefusal extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(`${code} ${detail}`);
    this.code = code;
  }
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  const body = await response.json();
  if (!response.ok)
    throw new HubRefusal(body?.error?.code ?? "hub/unreachable", JSON.stringify(body?.error ?? {}));
  return body as T;
}

export const api = {
  overview: (): Promise<Overview> => get("/api/v1/overview"),
  chains: (): Promise<readonly Chain[]> => get("/api/v1/chains"),
  conservation: (): Promise<ConservationView> => get("/api/v1/conservation"),
  transfers: (query: URLSearchParams): Promise<TransferPage> => get(`/api/v1/transfers?${query}`),
  transfer: (id: string): Promise<TransferDetail> =>
    get(`/api/v1/transfers/${encodeURIComponent(id)}`),
};
