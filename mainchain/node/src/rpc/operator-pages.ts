import type { IncomingMessage } from "node:http";
import type { ReadyJson } from "../readiness.ts";
import type { AddressList } from "./address-list.ts";
import { RpcError } from "./errors.ts";

export interface HealthJson {
  readonly ok: true;
  readonly height: string;
  readonly peers: number;
  readonly syncing: boolean;
}

export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface OperatorSources {
  readonly health: () => HealthJson;
  readonly ready: () => ReadyJson;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** who may read the metrics; always this machine */
  readonly operators: AddressList;
}

export const JSON_TYPE = "application/json";

/** `GET /health` (the process answers), `/ready` (clients may be sent here: 200 or 503), `/metrics`. */
export interface OperatorPages {
  /** undefined for any other path. @throws {RpcError} `rpc/wrong-verb`, `rpc/not-allowed` */
  answer(request: IncomingMessage): Promise<Page | undefined>;
}

export function createOperatorPages(sources: OperatorSources): OperatorPages {
  const json = (status: number, value: unknown): Page => ({
    status,
    type: JSON_TYPE,
    body: JSON.stringify(value),
  });
  const pages: Readonly<Record<string, (request: IncomingMessage) => Promise<Page> | Page>> = {
    "/health": () => json(200, sources.health()),
    "/ready": () => {
      const ready = sources.ready();
      return json(ready.ok ? 200 : 503, ready);
    },
    "/metrics": async (request) => {
      assertOperator(request, sources.operators);
      const { metrics } = sources;
      return { status: 200, type: metrics.contentType, body: await metrics.text() };
    },
  };
  return {
    async answer(request): Promise<Page | undefined> {
      const { method: verb = "", url: path = "" } = request;
      if (!Object.hasOwn(pages, path)) return undefined;
      if (verb !== "GET") throw new RpcError({ code: "rpc/wrong-verb", verb, allowed: "GET" });
      return pages[path]?.(request);
    },
  };
}

/** Whoever stands behind a proxy of this machine is not this machine. */
function assertOperator({ socket, headers }: IncomingMessage, operators: AddressList): void {
  const isForwarded = ["forwarded", "x-forwarded-for", "x-real-ip"].some(
    (name) => headers[name] !== undefined,
  );
  if (isForwarded || !operators.has(socket.remoteAddress)) {
    throw new RpcError({ code: "rpc/not-allowed" });
  }
}
