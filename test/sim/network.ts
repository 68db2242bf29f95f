import type { Clock } from "@ropenet/node/parts";
import {
  type Connection,
  createMesh,
  createScore,
  type Lane,
  MAX_SCORE,
  type Mesh,
  type Network,
  type NetworkEvents,
  type NetworkOptions,
  PeerError,
} from "@ropenet/node/parts";
import { addressOf, bytesToHex, compareBytes } from "@ropenet/protocol";
import type { Random } from "./random.ts";
import type { LinkChaos } from "./scenario.ts";

/** What the network needs of the machine that a switchboard stands on. */
export interface Machine {
  readonly index: number;
  readonly publicKey: Uint8Array;
  /** by the simulation's clock, inside the machine's current turn */
  nowMs(): number;
  /** Runs something as a turn of that machine, unless this life of it is over. */
  later(atMs: number, action: () => void): void;
  readonly alive: boolean;
  /** What really goes out to a peer in place of a message. */
  outgoing(bytes: Uint8Array, to: number): readonly Uint8Array[];
  readonly clock: Clock;
}

/** A node's `Network` over simulated wires, with the node's own mesh and scores. */
export interface Switchboard extends Network {
  readonly machine: Machine;
  readonly mesh: Mesh;
  readonly listening: boolean;
  allows(publicKey: Uint8Array): boolean;
  readonly events: NetworkEvents;
}

export function createSwitchboard(
  machine: Machine,
  options: Pick<NetworkOptions, "identity">,
  events: NetworkEvents,
): Switchboard {
  let listening = false;
  const { identity } = options;
  const mesh = createMesh(
    identity.publicKey,
    {
      onConnect: (peer) => events.onConnect(peer),
      onDisconnect: (peer) => events.onDisconnect(peer),
    },
    machine.clock,
  );
  return {
    machine,
    mesh,
    events,
    get listening(): boolean {
      return listening && machine.alive;
    },
    allows: (publicKey) => identity.isAllowed(publicKey) && !mesh.isBanned(publicKey),
    start(): Promise<void> {
      listening = true;
      return Promise.resolve();
    },
    peers: mesh.peers,
    review(): void {
      for (const peer of mesh.peers()) {
        if (identity.isAllowed(peer.publicKey)) continue;
        peer.close(new PeerError({ code: "p2p/unknown-node", publicKey: peer.publicKey }));
      }
    },
    port: () => 0,
    close: () => Promise.resolve(),
  };
}

interface End {
  readonly board: Switchboard;
  readonly connection: Connection;
  /** when the last message on its way here arrives */
  arrivesMs: number;
  closed: boolean;
}

interface Link {
  readonly ends: readonly [End, End];
  broken: boolean;
  /** held up by a partition, in order */
  stalled: { readonly to: 0 | 1; readonly bytes: Uint8Array }[];
  stalledSinceMs: number | undefined;
}

interface Dial {
  nextAtMs: number;
  delayMs: number;
}

const FIRST_DIAL_MS = 200;
const MAX_DIAL_MS = 5_000;
const IDLE_MS = 10_000;
const CALM: LinkChaos = {
  from: -1,
  to: -1,
  breakRate: 0,
  copyRate: 0,
  disorderRate: 0,
  corruptRate: 0,
  delayMs: 0,
};

/** The wires: who reaches whom, how late, and what gets lost on the way. */
export class Wires {
  readonly #random: Random;
  readonly #boards = new Map<number, Switchboard>();
  readonly #links = new Map<string, Link>();
  readonly #dials = new Map<string, Dial>();
  readonly #partitions = new Set<{ readonly side: readonly number[]; readonly stall: boolean }>();
  readonly #chaos = new Set<LinkChaos>();
  #generation = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  plug(board: Switchboard): void {
    this.#boards.set(board.machine.index, board);
  }

  /** `abruptly`: what is on its way may be lost, and nobody is told at once. */
  unplug(index: number, abruptly: boolean, nowMs: number): void {
    this.#boards.delete(index);
    for (const [name, link] of this.#links) {
      const at = link.ends.findIndex(({ board }) => board.machine.index === index);
      if (at < 0) continue;
      this.#links.delete(name);
      if (abruptly && this.#random.chance(0.5)) link.broken = true;
      const other = link.ends[at === 0 ? 1 : 0];
      this.#closeLater(other, Math.max(other.arrivesMs, nowMs + this.#latency()));
    }
  }

  partition(side: readonly number[], style: "cut" | "stall"): () => void {
    const one = { side, stall: style === "stall" };
    this.#partitions.add(one);
    return () => this.#partitions.delete(one);
  }

  disturb(chaos: LinkChaos): () => void {
    this.#chaos.add(chaos);
    return () => this.#chaos.delete(chaos);
  }

  /** Dials whoever is missing, moves what was held up, breaks what was cut. Every 50 ms or so. */
  tick(nowMs: number): void {
    for (const [name, link] of this.#links) this.#tend(name, link, nowMs);
    const boards = [...this.#boards.values()].sort(
      (one, other) => one.machine.index - other.machine.index,
    );
    for (const one of boards) {
      for (const other of boards) {
        if (one.machine.index < other.machine.index) this.#dial(one, other, nowMs);
      }
    }
  }

  #tend(name: string, link: Link, nowMs: number): void {
    const [one, other] = link.ends;
    const apart = this.#apart(one.board.machine.index, other.board.machine.index);
    if (one.closed || other.closed || link.broken || apart === "cut") {
      this.#break(name, link, nowMs);
      return;
    }
    if (apart === "stall") {
      link.stalledSinceMs ??= nowMs;
      if (nowMs - link.stalledSinceMs > IDLE_MS) this.#break(name, link, nowMs);
      return;
    }
    link.stalledSinceMs = undefined;
    for (const { to, bytes } of link.stalled.splice(0)) this.#carry(link, to, bytes, nowMs);
  }

  #break(name: string, link: Link, nowMs: number): void {
    link.broken = true;
    this.#links.delete(name);
    for (const end of link.ends) this.#closeLater(end, nowMs + this.#latency());
  }

  #closeLater(end: End, atMs: number): void {
    if (end.closed) return;
    end.board.machine.later(atMs, () =>
      end.connection.close(new PeerError({ code: "p2p/closed" })),
    );
  }

  #apart(one: number, other: number): "cut" | "stall" | undefined {
    let found: "cut" | "stall" | undefined;
    for (const { side, stall } of this.#partitions) {
      if (side.includes(one) === side.includes(other)) continue;
      if (!stall) return "cut";
      found = "stall";
    }
    return found;
  }

  #latency(): number {
    return 1 + this.#random.below(12);
  }

  #dial(one: Switchboard, other: Switchboard, nowMs: number): void {
    const name = `${one.machine.index}-${other.machine.index}`;
    if (this.#links.has(name) || !one.listening || !other.listening) return;
    if (compareBytes(one.machine.publicKey, other.machine.publicKey) === 0) return;
    const dial = this.#dials.get(name) ?? { nextAtMs: nowMs, delayMs: FIRST_DIAL_MS };
    this.#dials.set(name, dial);
    if (nowMs < dial.nextAtMs) return;
    dial.nextAtMs = nowMs + dial.delayMs * (0.75 + this.#random.next() / 2);
    dial.delayMs = Math.min(dial.delayMs * 1.6, MAX_DIAL_MS);
    const reachable = this.#apart(one.machine.index, other.machine.index) === undefined;
    if (
      !reachable ||
      !one.allows(other.machine.publicKey) ||
      !other.allows(one.machine.publicKey)
    ) {
      return;
    }
    dial.delayMs = FIRST_DIAL_MS;
    this.#connect(name, one, other, nowMs);
  }

  #connect(name: string, one: Switchboard, other: Switchboard, nowMs: number): void {
    this.#generation += 1;
    const oneDials = compareBytes(one.machine.publicKey, other.machine.publicKey) < 0;
    const link: { ends?: readonly [End, End] } = {};
    const endOf = (board: Switchboard, peer: Switchboard, at: 0 | 1, out: boolean): End => {
      const end: End = {
        board,
        arrivesMs: nowMs,
        closed: false,
        connection: createEnd(board.machine, peer.machine.publicKey, out ? "out" : "in", {
          send: (bytes) => this.#send(link as Link, at === 0 ? 1 : 0, bytes, peer.machine.index),
          closed(reason): void {
            end.closed = true;
            board.mesh.ended(end.connection, reason);
          },
        }),
      };
      return end;
    };
    const ends = [endOf(one, other, 0, oneDials), endOf(other, one, 1, !oneDials)] as const;
    const whole: Link = Object.assign(link, {
      ends,
      broken: false,
      stalled: [],
      stalledSinceMs: undefined,
    });
    this.#links.set(name, whole);
    for (const end of ends) {
      end.arrivesMs = nowMs + 2 * this.#latency();
      end.board.machine.later(end.arrivesMs, () => {
        if (!end.closed) end.board.mesh.adopt(end.connection);
      });
    }
  }

  #send(link: Link, to: 0 | 1, bytes: Uint8Array, peer: number): void {
    const sender = link.ends[to === 0 ? 1 : 0].board.machine;
    for (const message of sender.outgoing(bytes, peer)) {
      if (link.stalledSinceMs !== undefined) link.stalled.push({ to, bytes: message });
      else this.#carry(link, to, message, sender.nowMs());
    }
  }

  #carry(link: Link, to: 0 | 1, bytes: Uint8Array, nowMs: number): void {
    const end = link.ends[to];
    const from = link.ends[to === 0 ? 1 : 0];
    const chaos = this.#chaosOf(from.board.machine.index, end.board.machine.index);
    if (this.#random.chance(chaos.breakRate)) {
      link.broken = true;
      return;
    }
    if (this.#random.chance(chaos.corruptRate)) {
      // The session's cipher notices any flipped bit.
      const reason = new PeerError({ code: "p2p/not-authentic" });
      end.board.machine.later(nowMs + this.#latency(), () => end.connection.close(reason));
      return;
    }
    const late = chaos.delayMs > 0 ? this.#random.below(chaos.delayMs) : 0;
    const inOrder = Math.max(end.arrivesMs, nowMs + this.#latency() + late);
    const overtaken = this.#random.chance(chaos.disorderRate);
    if (!overtaken) end.arrivesMs = inOrder;
    this.#deliver(link, end, bytes, overtaken ? inOrder + this.#random.below(400) : inOrder);
    if (this.#random.chance(chaos.copyRate)) {
      this.#deliver(link, end, bytes, inOrder + this.#random.below(800));
    }
  }

  #deliver(link: Link, end: End, bytes: Uint8Array, atMs: number): void {
    end.board.machine.later(atMs, () => {
      if (end.closed || link.broken || !end.board.mesh.holds(end.connection)) return;
      end.board.events.onMessage(end.connection, bytes);
    });
  }

  #chaosOf(from: number, to: number): LinkChaos {
    for (const chaos of this.#chaos) {
      const hits = (chaos.from < 0 || chaos.from === from) && (chaos.to < 0 || chaos.to === to);
      if (hits) return chaos;
    }
    return CALM;
  }
}

function createEnd(
  machine: Machine,
  publicKey: Uint8Array,
  direction: "in" | "out",
  wire: { send(bytes: Uint8Array): void; closed(reason: PeerError): void },
): Connection {
  const score = createScore(machine.clock);
  let closed = false;
  const connection: Connection = {
    id: bytesToHex(addressOf(publicKey)),
    publicKey,
    direction,
    openedAtMs: machine.nowMs(),
    send(_lane: Lane, message): boolean {
      if (closed) return false;
      wire.send(message);
      return true;
    },
    penalize(points): void {
      const total = score.add(points);
      if (total >= MAX_SCORE) this.close(new PeerError({ code: "p2p/misbehaving", score: total }));
    },
    close(reason): void {
      if (closed) return;
      closed = true;
      wire.closed(reason);
    },
  };
  return connection;
}
