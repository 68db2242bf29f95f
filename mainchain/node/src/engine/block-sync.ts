import {
  bytesToHex,
  CodedError,
  type Commit,
  commitCodec,
  decode,
  totalPower,
} from "@ropenet/protocol";
import type { Logger } from "pino";
import type { Cancel, Clock } from "../clock.ts";
import type { Connection } from "../p2p/connection.ts";
import { encodeMessageFrame, MAX_SYNC_BLOCKS, type SyncedBlock } from "../p2p/message.ts";
import { type BoundBlock, readBlock } from "./block-body.ts";
import type { Driver } from "./driver.ts";
import type { Ledger } from "./ledger.ts";

/** A node one height behind is usually about to decide by itself. */
const PATIENCE_MS = 600;
/** A peer that does not answer within this is passed over for a while. */
const ANSWER_MS = 5_000;
const AVOID_MS = 10_000;
const MAX_RESPONSE_BYTES = 3 * 1024 * 1024;

/** Brings this node to its peers' height by committed blocks, each checked against the set it already trusts. */
export interface BlockSync {
  /**
   * More than one height behind what validators with more than a third of the power say: one of them is honest.
   * A single peer that names a height out of the air must not keep this node from its work.
   */
  readonly syncing: boolean;
  /** A peer said which height it can serve. */
  noteHeight(peer: Connection, committed: bigint): void;
  forget(peer: Connection): void;
  answer(peer: Connection, from: bigint, limit: number): void;
  receive(peer: Connection, from: bigint, blocks: readonly SyncedBlock[]): void;
  /** called every few hundred milliseconds, and whenever something changed */
  check(): void;
  stop(): void;
}

export interface BlockSyncComponents {
  readonly ledger: Ledger;
  readonly driver: Driver;
  readonly clock: Clock;
  /** in [0, 1); which peer is asked */
  readonly random: () => number;
  readonly logger: Logger;
}

export function createBlockSync(components: BlockSyncComponents): BlockSync {
  return new CommittedBlockSync(components);
}

interface Request {
  readonly peer: Connection;
  readonly from: bigint;
  readonly atMs: number;
}

class CommittedBlockSync implements BlockSync {
  readonly #parts: BlockSyncComponents;
  readonly #heights = new Map<Connection, bigint>();
  readonly #avoidedUntilMs = new Map<Connection, number>();
  #request: Request | undefined;
  #behindSinceMs: number | undefined;
  #applying: Cancel | undefined;
  #vouched = 0n;

  constructor(parts: BlockSyncComponents) {
    this.#parts = parts;
  }

  get syncing(): boolean {
    return this.#vouched - this.#parts.ledger.tip().height > 1n;
  }

  noteHeight(peer: Connection, committed: bigint): void {
    if (this.#heights.get(peer) !== committed) {
      this.#heights.set(peer, committed);
      this.#weigh();
    }
    this.check();
  }

  forget(peer: Connection): void {
    this.#heights.delete(peer);
    this.#weigh();
    this.#avoidedUntilMs.delete(peer);
    if (this.#request?.peer === peer) this.#request = undefined;
  }

  answer(peer: Connection, from: bigint, limit: number): void {
    const { blocks } = this.#parts.ledger;
    const found: SyncedBlock[] = [];
    let bytes = 0;
    for (let height = from; found.length < Math.min(limit, MAX_SYNC_BLOCKS); height += 1n) {
      const block = blocks.blockBytes(height);
      const commit = blocks.commitBytes(height);
      if (!block || !commit) break;
      bytes += block.length + commit.length;
      if (found.length > 0 && bytes > MAX_RESPONSE_BYTES) break;
      found.push({ block, commit });
    }
    peer.send("sync", encodeMessageFrame({ kind: "syncResponse", from, blocks: found }));
  }

  receive(peer: Connection, from: bigint, blocks: readonly SyncedBlock[]): void {
    const request = this.#request;
    if (request?.peer !== peer || request.from !== from) return;
    if (blocks.length === 0) this.#avoid(peer);
    this.#applyNext(peer, blocks, 0);
  }

  check(): void {
    const now = this.#parts.clock.monotonicMs();
    const lag = this.#lag();
    if (lag <= 0n) this.#behindSinceMs = undefined;
    else this.#behindSinceMs ??= now;
    if (this.#request && now - this.#request.atMs > ANSWER_MS && !this.#applying) {
      this.#avoid(this.#request.peer);
    }
    const patient = lag === 1n && now - (this.#behindSinceMs ?? now) < PATIENCE_MS;
    if (lag <= 0n || patient || this.#request) return;
    this.#ask(now);
  }

  stop(): void {
    this.#applying?.();
  }

  /** The highest height that validators with more than a third of the power have reached. */
  #weigh(): void {
    const validators = this.#parts.ledger.validators();
    const heights = new Map([...this.#heights].map(([{ id }, height]) => [id, height]));
    const claims = validators
      .map(({ address, power }) => ({ power, height: heights.get(bytesToHex(address)) ?? 0n }))
      .sort((one, other) => (one.height < other.height ? 1 : -1));
    let missing = totalPower(validators) / 3n;
    this.#vouched = 0n;
    for (const { power, height } of claims) {
      missing -= power;
      if (missing >= 0n) continue;
      this.#vouched = height;
      return;
    }
  }

  #ask(now: number): void {
    const from = this.#parts.ledger.tip().height + 1n;
    const able = [...this.#heights].filter(
      ([peer, height]) => height >= from && (this.#avoidedUntilMs.get(peer) ?? 0) <= now,
    );
    const [peer] = able[Math.floor(this.#parts.random() * able.length)] ?? [];
    if (!peer) return;
    this.#request = { peer, from, atMs: now };
    peer.send("sync", encodeMessageFrame({ kind: "syncRequest", from, limit: MAX_SYNC_BLOCKS }));
  }

  /** One block per turn of the event loop, so that peers and clients are heard in between. */
  #applyNext(peer: Connection, blocks: readonly SyncedBlock[], index: number): void {
    const next = blocks[index];
    if (!next || !this.#apply(peer, next)) {
      this.#applying = undefined;
      this.#request = undefined;
      this.check();
      return;
    }
    this.#applying = this.#parts.clock.soon(() => this.#applyNext(peer, blocks, index + 1));
  }

  /** False if the rest of the answer is of no use. */
  #apply(peer: Connection, { block, commit }: SyncedBlock): boolean {
    const { ledger, driver, logger } = this.#parts;
    let bound: BoundBlock;
    let certificate: Commit;
    try {
      bound = readBlock(block);
      // Decided by ourselves in the meantime.
      const ahead = bound.block.header.height - ledger.tip().height;
      if (ahead <= 0n) return true;
      if (ahead > 1n) throw new CodedError({ code: "sync/gap" });
      certificate = decode(commitCodec, commit);
      ledger.verifyCertificate(bound, certificate);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      logger.warn({ peer: peer.id, code: error.code }, "synced block refused");
      peer.penalize(50);
      this.#avoid(peer);
      return false;
    }
    return driver.applySynced(bound, certificate);
  }

  #avoid(peer: Connection): void {
    this.#avoidedUntilMs.set(peer, this.#parts.clock.monotonicMs() + AVOID_MS);
    if (this.#request?.peer === peer) this.#request = undefined;
  }

  #lag(): bigint {
    const own = this.#parts.ledger.tip().height;
    let highest = own;
    for (const height of this.#heights.values()) if (height > highest) highest = height;
    return highest - own;
  }
}
