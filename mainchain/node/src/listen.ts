import type { Server } from "node:net";
import { NodeError } from "./errors.ts";

/** @throws {NodeError} `node/port-busy`, `node/cannot-listen` */
export function listen(
  server: Server,
  at: { readonly what: string; readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const { what, host, port } = at;
      const detail = cause.code ?? cause.message;
      reject(
        cause.code === "EADDRINUSE"
          ? new NodeError({ code: "node/port-busy", what, port }, { cause })
          : new NodeError({ code: "node/cannot-listen", what, host, port, detail }, { cause }),
      );
    };
    server.once("error", failed);
    server.listen(at.port, at.host, () => {
      server.off("error", failed);
      resolve();
    });
  });
}
