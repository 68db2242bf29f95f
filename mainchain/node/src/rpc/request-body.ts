import type { IncomingMessage } from "node:http";
import { RpcError } from "./errors.ts";

export const MAX_BODY_BYTES: number = 1024 * 1024;
/** Of all bodies that are being received at one time. */
const MAX_BUFFERED_BYTES: number = 32 * MAX_BODY_BYTES;
/** A body that is a little too long is read to its end unseen, so that its sender gets to read the refusal. */
const MAX_DISCARDED_BYTES: number = 8 * MAX_BODY_BYTES;

/** Receives bodies, each and all together within bounds. */
export interface BodyReader {
  /** @throws {RpcError} `rpc/body-too-long`, `rpc/too-busy`; undefined if the client went away */
  read(request: IncomingMessage): Promise<string | undefined>;
}

export function createBodyReader(): BodyReader {
  let buffered = 0;

  function refusalOf(bytes: number): RpcError | undefined {
    if (bytes > MAX_BODY_BYTES) {
      return new RpcError({ code: "rpc/body-too-long", limit: MAX_BODY_BYTES });
    }
    return buffered > MAX_BUFFERED_BYTES
      ? new RpcError({ code: "rpc/too-busy", limit: MAX_BUFFERED_BYTES })
      : undefined;
  }

  return {
    read(request): Promise<string | undefined> {
      return new Promise((resolve, reject) => {
        let chunks: Uint8Array[] = [];
        let held = 0;
        let bytes = 0;
        let refusal: RpcError | undefined;

        function release(): void {
          buffered -= held;
          held = 0;
          chunks = [];
        }
        request.on("data", (chunk: Uint8Array) => {
          bytes += chunk.length;
          refusal ??= refusalOf(bytes);
          if (!refusal) {
            chunks.push(chunk);
            held += chunk.length;
            buffered += chunk.length;
            return;
          }
          release();
          if (bytes > MAX_DISCARDED_BYTES) reject(refusal);
        });
        request.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          release();
          if (refusal) reject(refusal);
          else resolve(text);
        });
        request.on("close", () => {
          release();
          resolve(undefined);
        });
        request.on("error", () => request.destroy());
      });
    },
  };
}
