import { createServer } from "node:net";
import { CodedError } from "@ropenet/protocol";

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** @throws {CodedError} `devnet/port-busy` for the first port that somebody else holds */
export async function assertFree(ports: readonly number[], mend: string): Promise<void> {
  for (const port of ports) {
    if (!(await isFree(port))) {
      throw new CodedError({ code: "devnet/port-busy", port, mend });
    }
  }
}
