import { z } from "zod";

/** The one source of the REST shapes: routes validate with these and the OpenAPI document is made of them. */

const hex = z.string().regex(/^[0-9a-f]+$/);
const decimal = z.string().regex(/^[0-9]+$/);

export interface ChainView {
  readonly gateway: string;
  readonly name: string;
  readonly description: string;
  readonly kind: "rope" | "evm" | "substrate" | "fabric";
  readonly state: "pending" | "active" | "suspended" | "frozen" | "rejected";
  readonly trustClass: string;
  readonly gatewayAddress: string;
  readonly genesisHash: string;
  readonly codeHash: string;
  readonly clientHeight: string;
  readonly clientUpdatedAtMs: string;
  readonly registeredAtMs: string;
}

export const chainView: z.ZodType<ChainView> = z
  .object({
    gateway: hex,
    name: z.string(),
    description: z.string(),
    kind: z.enum(["rope", "evm", "substrate", "fabric"]),
    state: z.enum(["pending", "active", "suspended", "frozen", "rejected"]),
    trustClass: z
      .string()
      .describe("consensus | endorsed | attested(m, n) | custody, strand → rope"),
    gatewayAddress: z.string(),
    genesisHash: hex,
    codeHash: hex,
    clientHeight: decimal,
    clientUpdatedAtMs: decimal,
    registeredAtMs: decimal,
  })
  .meta({ id: "Chain" });

export const chainList: z.ZodType<readonly ChainView[]> = z
  .array(chainView)
  .meta({ id: "ChainList" });

export const TRANSFER_STATES = [
  "queued",
  "forwarded",
  "settled",
  "returned",
  "quarantined",
] as const;
export type TransferStateName = (typeof TRANSFER_STATES)[number];

export interface TransferView {
  readonly id: string;
  readonly index: string;
  readonly state: TransferStateName;
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
  readonly queueReason: "none" | "hold" | "limit" | "delay" | "halt";
  readonly receivedHeight: string;
  readonly forwardedHeight: string;
  readonly endedHeight: string;
  readonly receivedAtMs: string;
  readonly endedAtMs: string;
  readonly sourceTransaction: string | null;
  readonly destinationTransaction: string | null;
}

export const transferView: z.ZodType<TransferView> = z
  .object({
    id: hex,
    index: decimal,
    state: z.enum(TRANSFER_STATES),
    sourceGateway: hex,
    sourceName: z.string(),
    finalGateway: hex,
    finalName: z.string(),
    assetId: hex,
    assetSymbol: z.string(),
    assetClass: z.number().int().describe("1 fungible, 2 unique"),
    decimals: z.number().int(),
    tokenId: hex,
    amount: decimal.describe("origin units"),
    sender: hex,
    recipient: hex,
    failure: z.string(),
    queueReason: z.enum(["none", "hold", "limit", "delay", "halt"]),
    receivedHeight: decimal,
    forwardedHeight: decimal,
    endedHeight: decimal,
    receivedAtMs: decimal,
    endedAtMs: decimal,
    sourceTransaction: z.string().nullable(),
    destinationTransaction: z.string().nullable(),
  })
  .meta({ id: "Transfer" });

export interface ProofView {
  readonly height: string;
  readonly key: string;
  readonly value: string | null;
  readonly proof: string;
  readonly header: string;
  readonly commit: string;
}

export const proofView: z.ZodType<ProofView> = z
  .object({
    height: decimal,
    key: hex,
    value: hex.nullable(),
    proof: hex,
    header: hex.describe("header of height + 1, protocol encoding"),
    commit: hex,
  })
  .meta({ id: "Proof" });

export interface SetStepView {
  readonly validators: string;
  readonly header: string | null;
  readonly commit: string | null;
}

/** What a caller follows from the validator set that it believes. */
export interface SetsView {
  readonly chainId: string;
  readonly sets: readonly SetStepView[];
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

const setsFields = {
  chainId: hex,
  sets: z
    .array(
      z.object({
        validators: hex.describe("validator set, protocol encoding"),
        header: hex.nullable().describe("last header of the set before, which names this one"),
        commit: hex.nullable(),
      }),
    )
    .describe("oldest first: the caller follows them from the set that it believes"),
};

export const conservationView: z.ZodType<ConservationView> = z
  .object({
    ...setsFields,
    height: decimal,
    assetCount: proofView,
    assets: z.array(
      z.object({
        assetId: hex,
        index: proofView.describe("proves that the dense index names this asset"),
        record: proofView.describe("the asset's name, symbol and decimals"),
        conservation: proofView,
      }),
    ),
  })
  .meta({ id: "Conservation" });

export interface OverviewView {
  readonly chainName: string;
  readonly chainId: string;
  readonly height: string;
  readonly timeMs: string;
  readonly validators: number;
  readonly strands: number;
  readonly developmentProfile: boolean;
  readonly transfers: Readonly<Record<TransferStateName, number>>;
  readonly indexedHeight: string;
}

export const overviewView: z.ZodType<OverviewView> = z
  .object({
    chainName: z.string(),
    chainId: hex,
    height: decimal,
    timeMs: decimal,
    validators: z.number().int(),
    strands: z.number().int(),
    developmentProfile: z.boolean(),
    transfers: z.object({
      queued: z.number().int(),
      forwarded: z.number().int(),
      settled: z.number().int(),
      returned: z.number().int(),
      quarantined: z.number().int(),
    }),
    indexedHeight: decimal,
  })
  .meta({ id: "Overview" });

export interface TransferPage {
  readonly total: number;
  readonly page: number;
  readonly pageSize: number;
  readonly items: readonly TransferView[];
}

export const transferPage: z.ZodType<TransferPage> = z
  .object({
    total: z.number().int(),
    page: z.number().int(),
    pageSize: z.number().int(),
    items: z.array(transferView),
  })
  .meta({ id: "TransferPage" });

export interface TransferDetail extends SetsView {
  readonly transfer: TransferView;
  readonly proof: ProofView;
  readonly steps: readonly {
    readonly id: "sent" | "received" | "forwarded" | "delivered" | "acknowledged";
    readonly done: boolean;
    readonly chain: string;
    readonly height: string | null;
    readonly atMs: string | null;
    readonly transaction: string | null;
  }[];
}

export const transferDetail: z.ZodType<TransferDetail> = z
  .object({
    ...setsFields,
    transfer: transferView,
    proof: proofView,
    steps: z.array(
      z.object({
        id: z.enum(["sent", "received", "forwarded", "delivered", "acknowledged"]),
        done: z.boolean(),
        chain: z.string(),
        height: decimal.nullable(),
        atMs: decimal.nullable(),
        transaction: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "TransferDetail" });

export interface TransferQuery {
  readonly state?: TransferStateName | undefined;
  readonly chain?: string | undefined;
  readonly asset?: string | undefined;
  readonly fromMs?: string | undefined;
  readonly toMs?: string | undefined;
  readonly page: number;
  readonly pageSize: number;
}

/** One spelling for each number: `1e3`, `0x10`, `+1` and `01` are none. */
const count = (most: number) =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,8}$/, "a whole number above 0")
    .transform(Number)
    .refine((value) => value <= most, `at most ${most}`);

export const transferQuery: z.ZodType<TransferQuery> = z.strictObject({
  state: z.enum(TRANSFER_STATES).optional(),
  chain: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  asset: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  fromMs: z
    .string()
    .regex(/^[0-9]{1,15}$/)
    .optional(),
  toMs: z
    .string()
    .regex(/^[0-9]{1,15}$/)
    .optional(),
  page: count(1_000_000).default(1),
  pageSize: count(200).default(20),
});

export const strandTransaction: z.ZodType<StrandTransaction> = z
  .object({
    chain: z.string(),
    hash: z.string(),
    height: z.string(),
    blockHash: z.string(),
    succeeded: z.boolean(),
    from: z.string(),
    to: z.string().nullable(),
    gasUsed: z.string(),
    logs: z.number(),
  })
  .meta({ id: "StrandTransaction" });

/** What a strand's own node says of one transaction. */
export interface StrandTransaction {
  readonly chain: string;
  readonly hash: string;
  readonly height: string;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly from: string;
  readonly to: string | null;
  readonly gasUsed: string;
  readonly logs: number;
}
