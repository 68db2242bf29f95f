import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { CodedError } from "@ropenet/protocol";
import type Koa from "koa";

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".woff2", "font/woff2"],
]);

/** What is answered by the hub itself, or by nobody; and what leads out of the folder. */
const IS_NO_PAGE = /^\/+(api|health|metrics)(\/|$)|^\/\/|\/\.\.(\/|$)/i;

async function findFile(directory: string, path: string): Promise<string | undefined> {
  const wanted = normalize(join(directory, path));
  if (!wanted.startsWith(directory + sep)) return undefined;
  const found = await stat(wanted).catch(() => undefined);
  return found?.isFile() ? wanted : undefined;
}

/**
 * The built console. Its routes live in the browser, so a path that names no file gets the index; one with an ending
 * names a file, and whoever asks for an asset of an older build is not given a page instead.
 */
export function serveConsole(directory: string): Koa.Middleware {
  return async (context, next) => {
    const { method, path } = context;
    if (IS_NO_PAGE.test(path)) return await next();
    if (method !== "GET" && method !== "HEAD") {
      const allow = "HEAD, GET";
      context.set("allow", allow);
      throw new CodedError({ code: "hub/wrong-method", method, allow });
    }
    const found = await findFile(directory, path);
    if (!found && extname(path) !== "") return await next();
    const file = found ?? join(directory, "index.html");
    context.type = CONTENT_TYPES.get(extname(file)) ?? "application/octet-stream";
    const isForEver = found?.includes(`${sep}assets${sep}`);
    const kept = isForEver ? "public, max-age=31536000, immutable" : "no-cache";
    context.set("cache-control", kept);
    context.body = createReadStream(file);
  };
}
