import { bytesToHex, compareBytes } from "@ropenet/protocol";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { type BanBook, createBanBook } from "./ban-book.ts";
import type { Connection } from "./connection.ts";
import { PeerError } from "./errors.ts";

export interface MeshEvents {
  onConnect(peer: Connection): void;
  onDisconnect(peer: Connection, reason: PeerError): void;
}

/** At most one live connection per node key, and who is kept out for a while. */
export interface Mesh {
  adopt(connection: Connection): void;
  /** to be told of every connection that ended, adopted or not */
  ended(connection: Connection, reason: PeerError): void;
  holds(connection: Connection): boolean;
  isConnected(publicKeyHex: string): boolean;
  isBanned(publicKey: Uint8Array): boolean;
  peers(): readonly Connection[];
}

export function createMesh(
  ownPublicKey: Uint8Array,
  events: MeshEvents,
  clock: Clock = SYSTEM_CLOCK,
  bans: BanBook = createBanBook({ nowMs: () => clock.wallMs() }),
): Mesh {
  const byKey = new Map<string, Connection>();
  const nameOf = ({ publicKey }: Connection): string => bytesToHex(publicKey);

  /** Both ends keep the connection that the smaller key dialled, so that they keep the same one. */
  function isPreferred({ publicKey, direction }: Connection): boolean {
    const weAreSmaller = compareBytes(ownPublicKey, publicKey) < 0;
    return (direction === "out") === weAreSmaller;
  }

  return {
    adopt(connection): void {
      const existing = byKey.get(nameOf(connection));
      const replaced = new PeerError({ code: "p2p/replaced" });
      if (existing && isPreferred(existing) && !isPreferred(connection)) {
        connection.close(replaced);
        return;
      }
      existing?.close(replaced);
      byKey.set(nameOf(connection), connection);
      events.onConnect(connection);
    },
    ended(connection, reason): void {
      const name = nameOf(connection);
      bans.note(name, reason.code);
      if (byKey.get(name) !== connection) return;
      byKey.delete(name);
      events.onDisconnect(connection, reason);
    },
    holds: (connection) => byKey.get(nameOf(connection)) === connection,
    isConnected: (publicKeyHex) => byKey.has(publicKeyHex),
    isBanned: (publicKey) => bans.isBanned(bytesToHex(publicKey)),
    peers: () => [...byKey.values()],
  };
}
