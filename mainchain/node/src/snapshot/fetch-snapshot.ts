import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  bytesToHex,
  CodedError,
  equalBytes,
  hexToBytes,
  PROTOCOL_VERSION,
  sm3,
} from "@ropenet/protocol";
import type { Logger } from "pino";
import { openSigners } from "../cli/restore-command.ts";
import type { NodeConfig } from "../config.ts";
import { readGenesis } from "../genesis-file.ts";
import { openSealer } from "../home.ts";
import { readKeys } from "../keys.ts";
import type { Connection } from "../p2p/connection.ts";
import { PeerError } from "../p2p/errors.ts";
import {
  decodeMessageFrame,
  encodeMessageFrame,
  LANE_OF,
  type PeerMessage,
} from "../p2p/message.ts";
import { createNetwork } from "../p2p/network.ts";
import { openStore } from "../store/open-store.ts";
import { oldestNeeded } from "./chain-part.ts";
import { MANIFEST, pieceName } from "./create-snapshot.ts";
import { type PieceKind, SnapshotError } from "./errors.ts";
import { type Manifest, manifestId, readManifest } from "./manifest.ts";
import { checkedPiece, openSnapshot, restoreSnapshot } from "./restore-snapshot.ts";
import { PART_CODES } from "./shelf.ts";

/** How long peers may take to make a first offer that is of use. */
const OFFER_MS = 60_000;
const ASK_AGAIN_MS = 1_000;
/** A piece that does not come within this is asked of another peer. */
const PIECE_MS = 10_000;
/** Pieces asked for at one time. */
const IN_FLIGHT = 4;

export interface FetchComponents {
  readonly logger: Logger;
  readonly passphrase?: string | undefined;
}

/** Whether this home is to begin from its peers' state: it is configured, and there is none yet. */
export function mustFetch({ stateSync, directory }: NodeConfig): boolean {
  return stateSync !== undefined && !existsSync(join(directory, "state.db"));
}

/**
 * Fills an empty home from peers' snapshots. A peer is believed nothing: each piece must be the one that the manifest
 * names, the whole must lead to the root in a committed header, and that header to the one that the operator trusts.
 * @throws {SnapshotError} `snapshot/no-offer`, and as `restoreSnapshot`
 */
export async function fetchState(config: NodeConfig, parts: FetchComponents): Promise<Manifest> {
  const { stateSync, directory } = config;
  if (!stateSync) throw new Error("state sync is not configured");
  const { genesis, bytes: genesisBytes } = readGenesis(config.genesisFile);
  const sealer = openSealer(config, parts.passphrase);
  const { secretKey, publicKey } = readKeys(config.keysFile, sealer);
  const { chainId } = genesis.parameters;
  const genesisHash = sm3(genesisBytes);
  const allowed = new Set([
    ...genesis.validators.map((one) => bytesToHex(one.publicKey)),
    ...config.p2p.observers,
  ]);
  const trustHeight = BigInt(stateSync.trustHeight);
  const folder = join(directory, "fetch.new");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { evidenceBlocks } = genesis.staking;
  const terms: Terms = { chainId, genesisHash, evidenceBlocks, trustHeight };
  const download = new Download(folder, terms);
  const { host, port, peers } = config.p2p;
  const network = createNetwork(
    {
      ...{ host, port, peers },
      identity: {
        ...{ secretKey, publicKey, chainId, genesisHash },
        protocolVersion: PROTOCOL_VERSION,
        isAllowed: (key) => allowed.has(bytesToHex(key)),
      },
    },
    { logger: parts.logger, events: download },
  );
  try {
    await network.start();
    await download.done;
    await network.close();
    const manifest = restoreSnapshot(openSnapshot(folder), {
      chainId,
      genesisHash,
      evidenceBlocks,
      directory,
      anchor: { kind: "header", height: trustHeight, blockId: hexToBytes(stateSync.trustBlockId) },
      openStore: (at) => openStore(at, sealer),
    });
    openSigners(config, manifest.height, sealer);
    return manifest;
  } finally {
    download.stop();
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Piece {
  readonly part: PieceKind;
  readonly index: number;
}

interface Terms {
  readonly chainId: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly evidenceBlocks: bigint;
  readonly trustHeight: bigint;
}

/** One snapshot, piece by piece, from everybody who offers the same. */
class Download {
  readonly done: Promise<void>;
  readonly #folder: string;
  readonly #terms: Terms;
  readonly #offers = new Map<Connection, string>();
  readonly #peers = new Set<Connection>();
  readonly #timer: NodeJS.Timeout;
  readonly #beganMs = Date.now();
  #manifest: Manifest | undefined;
  #left: Piece[] = [];
  #asked = new Map<string, { readonly piece: Piece; readonly atMs: number }>();
  #turn = 0;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(folder: string, terms: Terms) {
    this.#folder = folder;
    this.#terms = terms;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setInterval(() => this.#tick(), ASK_AGAIN_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  onConnect(peer: Connection): void {
    this.#peers.add(peer);
    send(peer, { kind: "snapshotRequest" });
  }

  onDisconnect(peer: Connection): void {
    this.#peers.delete(peer);
    this.#offers.delete(peer);
  }

  onMessage(peer: Connection, bytes: Uint8Array): void {
    try {
      const message = decodeMessageFrame(bytes);
      if (message.kind === "snapshotOffer") this.#noteOffer(peer, message.manifest);
      if (message.kind === "piece") this.#take(peer, message);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      peer.close(new PeerError({ code: "p2p/malformed", detail: error.code }, { cause: error }));
    }
  }

  #tick(): void {
    const now = Date.now();
    if (!this.#manifest) {
      if (now - this.#beganMs > OFFER_MS) {
        this.#reject(new SnapshotError({ code: "snapshot/no-offer", peers: this.#peers.size }));
      }
      for (const peer of this.#peers) send(peer, { kind: "snapshotRequest" });
      return;
    }
    for (const [name, { piece, atMs }] of this.#asked) {
      if (now - atMs < PIECE_MS) continue;
      this.#asked.delete(name);
      this.#left.push(piece);
    }
    this.#ask();
  }

  #noteOffer(peer: Connection, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const manifest = readManifest(bytes);
    const { chainId, genesisHash, evidenceBlocks, trustHeight } = this.#terms;
    const isOurs =
      equalBytes(manifest.chainId, chainId) && equalBytes(manifest.genesisHash, genesisHash);
    const { height } = manifest;
    // The trusted header must be among those that the snapshot carries.
    const oldest = oldestNeeded(height, evidenceBlocks);
    const reaches = trustHeight >= oldest && trustHeight <= height + 1n;
    if (!isOurs || !reaches) return;
    this.#offers.set(peer, bytesToHex(manifestId(manifest)));
    if (this.#manifest) return;
    this.#manifest = manifest;
    writeFileSync(join(this.#folder, MANIFEST), bytes);
    // The part that says whether the rest is worth fetching comes first.
    this.#left = PART_CODES.toReversed().flatMap((part) =>
      manifest[part].map((_, index): Piece => ({ part, index })),
    );
    this.#ask();
  }

  #ask(): void {
    const manifest = this.#manifest;
    if (!manifest) return;
    const id = bytesToHex(manifestId(manifest));
    const able = [...this.#offers].filter(([, offered]) => offered === id);
    while (able.length > 0 && this.#asked.size < IN_FLIGHT) {
      const piece = this.#left.shift();
      if (!piece) break;
      this.#asked.set(nameOf(piece), { piece, atMs: Date.now() });
      this.#turn += 1;
      const [peer] = able[this.#turn % able.length] ?? [];
      const part = PART_CODES.indexOf(piece.part);
      const { height } = manifest;
      if (peer) send(peer, { kind: "pieceRequest", height, part, index: piece.index });
    }
    if (this.#left.length === 0 && this.#asked.size === 0) this.#resolve();
  }

  #take(peer: Connection, message: Extract<PeerMessage, { kind: "piece" }>): void {
    const part = PART_CODES[message.part];
    const manifest = this.#manifest;
    if (!part || !manifest || message.height !== manifest.height) return;
    const name = nameOf({ part, index: message.index });
    const asked = this.#asked.get(name);
    if (!asked) return;
    this.#asked.delete(name);
    try {
      const bytes = checkedPiece(manifest, part, message.index, message.bytes);
      writeFileSync(join(this.#folder, pieceName(part, message.index)), bytes);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#left.push(asked.piece);
      this.#offers.delete(peer);
      // Without it, the snapshot is merely gone there; with another one, somebody lies.
      if (message.bytes.length > 0) peer.penalize(100);
    }
    this.#ask();
  }
}

const nameOf = ({ part, index }: Piece): string => `${part}/${index}`;

function send(peer: Connection, message: PeerMessage): void {
  peer.send(LANE_OF[message.kind], encodeMessageFrame(message));
}
