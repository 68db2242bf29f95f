import { CodedError, encodeMessage, PROTOCOL_VERSION, signTransaction } from "@ropenet/protocol";
import type { Queries } from "@ropenet/runtime";
import type { Logger } from "pino";
import type { Mempool } from "../mempool.ts";
import type { CheckpointKey } from "./checkpoint-key.ts";

/**
 * A signature that did not reach the chain is sent again after this, doubled each time. Growing and finite:
 * a checkpoint that the chain refuses from this node must not become an endless row of blocks.
 */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
const MAX_ATTEMPTS = 8;
/** Expiry heights are multiples of this: after a restart the same transaction comes out, not a rival of it. */
const EXPIRY_STEP = 1_000n;

export interface CheckpointDutyOptions {
  readonly chainId: Uint8Array;
  /** the validator's account: signs the transaction that carries the bridge signature */
  readonly account: {
    readonly secretKey: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly address: Uint8Array;
  };
}

export interface CheckpointDutyComponents {
  readonly queries: Pick<Queries, "account" | "checkpointsToSign" | "handoversToSign">;
  readonly key: Pick<CheckpointKey, "sign" | "signHandover">;
  readonly mempool: Pick<Mempool, "add" | "has" | "pendingNonce">;
  /** passes an admitted transaction on to peers */
  readonly announce: (transaction: Uint8Array) => void;
  readonly committedHeight: () => bigint;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** Signs what validators owe gateways. Everything it must remember is on chain or behind `CheckpointKey`. */
export interface CheckpointDuty {
  /** Cheap if nothing is due. Call after durable commits, and now and then: a signature may have got lost. */
  check(): void;
}

/** A statement that the chain waits for. */
interface Owed {
  /** of its kind and suite there is one at a time */
  readonly name: string;
  /** height, or epoch */
  readonly position: bigint;
  /** @throws {CodedError} if the key refuses */
  message(): ReturnType<typeof encodeMessage>;
}

/** The last statement of a name that was put into the mempool. */
interface Sent {
  readonly position: bigint;
  readonly id: Uint8Array | undefined;
  readonly attempts: number;
  readonly againAtMs: number;
}

export function createCheckpointDuty(
  options: CheckpointDutyOptions,
  components: CheckpointDutyComponents,
): CheckpointDuty {
  const { account, chainId } = options;
  const { queries, key, mempool, announce, committedHeight, logger, nowMs } = components;
  const sent = new Map<string, Sent>();

  /** Handovers first: without them the set stands still. */
  function owed(): readonly Owed[] {
    const handovers = queries.handoversToSign(account.address).map(
      ({ suite, fromEpoch, digest }): Owed => ({
        name: `handover/${suite}`,
        position: fromEpoch,
        message: () =>
          encodeMessage("checkpoints/sign-handover", {
            ...{ suite, fromEpoch, signature: key.signHandover(suite, fromEpoch, digest) },
          }),
      }),
    );
    const checkpoints = queries.checkpointsToSign(account.address).map(
      ({ suite, height, digest }): Owed => ({
        name: `checkpoint/${suite}`,
        position: height,
        message: () =>
          encodeMessage("checkpoints/sign", {
            ...{ suite, height, signature: key.sign(suite, height, digest) },
          }),
      }),
    );
    return [...handovers, ...checkpoints];
  }

  function mustWait({ name, position }: Owed): boolean {
    const last = sent.get(name);
    if (last?.position !== position) return false;
    const waits = last.id !== undefined && mempool.has(last.id);
    return waits || last.attempts >= MAX_ATTEMPTS || nowMs() < last.againAtMs;
  }

  function transactionFor(due: Owed): Uint8Array {
    const message = due.message();
    const nonce = mempool.pendingNonce(account.address) ?? queries.account(account.address).nonce;
    return signTransaction(
      {
        version: PROTOCOL_VERSION,
        chainId,
        publicKey: account.publicKey,
        nonce,
        feeLimit: 0n,
        expiryHeight: (committedHeight() / EXPIRY_STEP + 2n) * EXPIRY_STEP,
        ...message,
      },
      account.secretKey,
    );
  }

  function attemptOf({ name, position }: Owed, id: Uint8Array | undefined): Sent {
    const last = sent.get(name);
    const attempts = last?.position === position ? last.attempts + 1 : 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), MAX_PAUSE_MS);
    return { position, id, attempts, againAtMs: nowMs() + pauseMs };
  }

  function send(due: Owed): void {
    const { name, position } = due;
    let id: Uint8Array | undefined;
    try {
      const transaction = transactionFor(due);
      id = mempool.add(transaction);
      announce(transaction);
      logger.debug({ name, position: String(position) }, "bridge signature sent");
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      logger.warn({ name, position: String(position), code: error.code }, "not signed");
    }
    sent.set(name, attemptOf(due, id));
  }

  return {
    check(): void {
      for (const due of owed()) if (!mustWait(due)) send(due);
    },
  };
}
