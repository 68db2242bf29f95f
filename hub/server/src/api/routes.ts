import { PassThrough } from "node:stream";
import Router from "@koa/router";
import type { ChainAdapter } from "@ropenet/adapter-sdk";
import type { Rope } from "@ropenet/client";
import { CodedError } from "@ropenet/protocol";
import type Koa from "koa";
import { z } from "zod";
import type { Indexer, IndexerNotice } from "../indexer/indexer.ts";
import type { Database } from "../store/database.ts";
import { openApiDocument } from "./openapi.ts";
import {
  type ChainView,
  type OverviewView,
  TRANSFER_STATES,
  type TransferPage,
  type TransferQuery,
  transferQuery,
} from "./schemas.ts";
import { sharedAnswer } from "./shared-answer.ts";
import { readStrandTransaction } from "./strand-transaction.ts";
import {
  listChains,
  type Names,
  proveConservation,
  readNames,
  toDetail,
  toTransferView,
} from "./views.ts";

export interface RouteParts {
  readonly rope: Rope;
  readonly database: Database;
  readonly indexer: Indexer;
  readonly strands: readonly ChainAdapter[];
}

const MAX_STREAMS = 200;
/** A block's time: whoever asks more often gets the same again. */
const PROVEN_MS = 500;
/** Names come with registrations. */
const NAMES_MS = 3_000;

/** What costs the rope many answers, asked for all requests together. */
interface SharedAnswers {
  readonly names: () => Promise<Names>;
  readonly chains: () => Promise<readonly ChainView[]>;
}

/** An unknown parameter is an error: whoever misspells a filter would read the wrong list. */
function parseQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  throw new CodedError({
    code: "hub/bad-query",
    field: unknown ?? issue?.path.join(".") ?? "",
    reason: issue?.message ?? "",
  });
}

const NO_QUERY: z.ZodType<object> = z.strictObject({});

async function overview(
  { rope, database, indexer }: RouteParts,
  shared: SharedAnswers,
): Promise<OverviewView> {
  const [status, chains, counts] = await Promise.all([
    rope.rpc.call("status", {}),
    shared.chains(),
    database
      .selectFrom("transfers")
      .select(["state", (expression) => expression.fn.countAll<string>().as("total")])
      .groupBy("state")
      .execute(),
  ]);
  const byState = new Map(counts.map(({ state, total }) => [state, Number(total)]));
  return {
    chainName: status.chainName,
    chainId: status.chainId,
    height: status.height,
    timeMs: status.timeMs,
    validators: status.validators.length,
    strands: chains.length,
    developmentProfile: rope.genesis.parameters.developmentProfile,
    transfers: Object.fromEntries(
      TRANSFER_STATES.map((state) => [state, byState.get(state) ?? 0]),
    ) as OverviewView["transfers"],
    indexedHeight: String(indexer.indexedHeight()),
  };
}

/** @throws {CodedError} `hub/bad-query` for an interval that holds nothing */
function checkInterval({ fromMs, toMs }: TransferQuery): void {
  if (fromMs === undefined || toMs === undefined || BigInt(fromMs) < BigInt(toMs)) return;
  throw new CodedError({ code: "hub/bad-query", field: "toMs", reason: "not after fromMs" });
}

async function ledger(
  { database }: RouteParts,
  shared: SharedAnswers,
  query: TransferQuery,
): Promise<TransferPage> {
  checkInterval(query);
  let rows = database.selectFrom("transfers");
  const { state, chain, asset, fromMs, toMs } = query;
  if (state) rows = rows.where("state", "=", state);
  if (asset) rows = rows.where("asset_id", "=", asset);
  if (fromMs) rows = rows.where("received_at_ms", ">=", fromMs);
  if (toMs) rows = rows.where("received_at_ms", "<", toMs);
  if (chain) {
    rows = rows.where((by) =>
      by.or([by("source_gateway", "=", chain), by("final_gateway", "=", chain)]),
    );
  }
  const [{ total }, page, names] = await Promise.all([
    rows
      .select((expression) => expression.fn.countAll<string>().as("total"))
      .executeTakeFirstOrThrow(),
    rows
      .selectAll()
      .orderBy("index", "desc")
      .limit(query.pageSize)
      .offset((query.page - 1) * query.pageSize)
      .execute(),
    shared.names(),
  ]);
  return {
    total: Number(total),
    page: query.page,
    pageSize: query.pageSize,
    items: await Promise.all(page.map((row) => toTransferView(database, names, row))),
  };
}

/** Server-sent events: one `notice` for every new height or changed transfer. */
function streamNotices(indexer: Indexer, stream: PassThrough): void {
  const push = (notice: IndexerNotice): void => {
    // A reader that does not read is cut off instead of being buffered for.
    if (stream.writableLength > 64 * 1024) stream.destroy();
    else stream.write(`event: notice\ndata: ${JSON.stringify(notice)}\n\n`);
  };
  const beat = setInterval(() => stream.write(": alive\n\n"), 15_000);
  indexer.notices.on("notice", push);
  stream.once("close", () => {
    clearInterval(beat);
    indexer.notices.off("notice", push);
  });
  stream.write("retry: 2000\n\n");
}

/** After the routes: a path that is known by another method. */
export function refuseOtherMethods(router: Router): Koa.Middleware {
  return async (context, next) => {
    const { path: layers, route } = router.match(context.path, context.method);
    const allowed = new Set(layers.flatMap(({ methods }) => methods));
    if (route || allowed.size === 0) return await next();
    const allow = [...allowed].join(", ");
    context.set("allow", allow);
    throw new CodedError({ code: "hub/wrong-method", method: context.method, allow });
  };
}

export function createRoutes(parts: RouteParts): Router {
  const { rope, database, indexer } = parts;
  const router = new Router({ sensitive: true, strict: true });
  const conservation = sharedAnswer(() => proveConservation(rope), PROVEN_MS);
  const names = sharedAnswer(() => readNames(rope), NAMES_MS);
  const chains = sharedAnswer(() => listChains(rope), PROVEN_MS);
  const shared: SharedAnswers = { names, chains };
  router.use(async (context, next) => {
    if (context.path !== "/api/v1/transfers") parseQuery(NO_QUERY, context.query);
    await next();
  });
  router.get("/health", (context) => {
    context.body = { ok: true, indexedHeight: String(indexer.indexedHeight()) };
  });
  router.get("/api/openapi.json", (context) => {
    context.body = openApiDocument();
  });
  router.get("/api/v1/overview", async (context) => {
    context.body = await overview(parts, shared);
  });
  router.get("/api/v1/chains", async (context) => {
    context.body = await chains();
  });
  router.get("/api/v1/conservation", async (context) => {
    context.body = await conservation();
  });
  router.get("/api/v1/transfers", async (context) => {
    context.body = await ledger(parts, shared, parseQuery(transferQuery, context.query));
  });
  router.get("/api/v1/transfers/:id", async (context) => {
    const id = String(context["params"]["id"]);
    if (!/^[0-9a-f]{64}$/.test(id))
      throw new CodedError({ code: "hub/bad-query", field: "id", reason: "64 hex digits" });
    context.body = await toDetail(rope, database, await names(), id);
  });
  router.get("/api/v1/chains/:gateway/transactions/:hash", async (context) => {
    const { gateway, hash } = context["params"] as Record<string, string>;
    context.body = await readStrandTransaction(parts.strands, gateway ?? "", hash ?? "");
  });
  router.get("/api/v1/events", (context) => {
    if (indexer.notices.listenerCount("notice") >= MAX_STREAMS) {
      throw new CodedError({ code: "hub/too-many-streams", limit: MAX_STREAMS });
    }
    context.set({ "content-type": "text/event-stream", "cache-control": "no-store" });
    const stream = new PassThrough();
    context.body = stream;
    streamNotices(indexer, stream);
  });
  return router;
}
