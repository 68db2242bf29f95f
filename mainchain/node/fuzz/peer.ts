import type { Connection } from "../src/p2p/connection.ts";
import type { PeerError } from "../src/p2p/errors.ts";

/** The far end of a connection, without a line: what the node thinks of it can be read. */
export interface FuzzPeer extends Connection {
  readonly score: number;
  readonly closedBy: PeerError | undefined;
}

export function createPeer(number: number): FuzzPeer {
  let score = 0;
  let closedBy: PeerError | undefined;
  return {
    id: number.toString(16).padStart(40, "0"),
    publicKey: new Uint8Array(65),
    direction: "in",
    openedAtMs: 0,
    get score(): number {
      return score;
    },
    get closedBy(): PeerError | undefined {
      return closedBy;
    },
    send: () => true,
    penalize(points): void {
      score += points;
    },
    close(reason): void {
      closedBy ??= reason;
    },
  };
}
