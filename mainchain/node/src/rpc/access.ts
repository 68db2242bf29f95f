import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { RpcError } from "./errors.ts";

/**
 * Keeps web pages out. A page whose name was made to point at this machine still sends its own name as Host; a
 * page that opens a WebSocket sends its Origin. Programs send an address, a name without dots (`localhost`, a
 * container) or what the operator named in `rpc.host`.
 * @throws {RpcError} `rpc/wrong-host`, `rpc/wrong-origin`
 */
export function assertAccess(
  { headers }: Pick<IncomingMessage, "headers">,
  configuredHost: string,
): void {
  const host = nameOf(`http://${headers.host ?? ""}`);
  if (host === undefined || !(isLocalName(host) || host === configuredHost.toLowerCase())) {
    throw new RpcError({ code: "rpc/wrong-host" });
  }
  const { origin } = headers;
  if (origin !== undefined && nameOf(origin) !== host) {
    throw new RpcError({ code: "rpc/wrong-origin" });
  }
}

function nameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function isLocalName(host: string): boolean {
  return !host.includes(".") || isIP(host) !== 0;
}
