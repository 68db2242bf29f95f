import { equalBytes } from "@ropenet/protocol";
import { type EvmHeader, readHeader, readHeaders } from "../rpc/header.ts";
import type { EvmRpc } from "../rpc/json-rpc.ts";
import { AttestorError } from "./attestor-error.ts";

/** Headers between the tip and a new finalised one that are fetched at a time. */
const CATCH_UP_HEADERS = 200n;
/** Headers that stay answerable on demand. */
const KEEP_HEADERS = 4_096;

/** The chain of finalised headers as one node shows it, unbroken since the first one seen. */
export interface FinalisedChain {
  readonly tip: EvmHeader | undefined;
  headerAt(height: bigint): EvmHeader | undefined;
  readonly oldest: bigint;
  /** set once the node showed a chain that does not continue the known one; never cleared */
  readonly contradiction: AttestorError | undefined;
  /**
   * Moves to the node's newest finalised header; concurrent calls share one.
   * @throws {AttestorError} `attestor/contradiction`
   */
  advance(): Promise<void>;
}

function contradiction(height: bigint, known: Uint8Array, offered: Uint8Array): AttestorError {
  return new AttestorError({ code: "attestor/contradiction", height, known, offered });
}

/**
 * @param signed what was signed before this process began: the node's chain has to contain it
 */
export function followFinalised(
  rpc: EvmRpc,
  signed: readonly { readonly height: bigint; readonly hash: Uint8Array }[],
  signal: AbortSignal,
): FinalisedChain {
  const headers = new Map<bigint, EvmHeader>();
  let tip: EvmHeader | undefined;
  let broken: AttestorError | undefined;
  let running: Promise<void> | undefined;

  function extend(header: EvmHeader): void {
    if (tip && !equalBytes(header.parentHash, tip.hash)) {
      throw contradiction(tip.height, tip.hash, header.parentHash);
    }
    headers.set(header.height, header);
    tip = header;
    if (headers.size > KEEP_HEADERS) {
      const oldest = headers.keys().next();
      if (!oldest.done) headers.delete(oldest.value);
    }
  }

  /** Begins at the newest header that was signed before, so that what follows is tied to it. */
  async function begin(target: EvmHeader): Promise<void> {
    for (const { height, hash } of signed) {
      // Not final again yet: the node lost its newest blocks and has to make them anew.
      if (height > target.height) return;
      const header = await readHeader(rpc, height, signal);
      if (!equalBytes(header.hash, hash)) throw contradiction(height, hash, header.hash);
    }
    const newest = signed.reduce((top, { height }) => (height > top ? height : top), 0n);
    extend(newest > 0n ? await readHeader(rpc, newest, signal) : target);
  }

  async function catchUp(height: bigint): Promise<void> {
    while (tip && tip.height < height) {
      const from = tip.height + 1n;
      const to = from + CATCH_UP_HEADERS - 1n;
      for (const header of await readHeaders(rpc, from, to < height ? to : height, signal)) {
        extend(header);
      }
    }
  }

  async function advanceOnce(): Promise<void> {
    if (broken) throw broken;
    const target = await readHeader(rpc, "finalized", signal);
    if (!tip) await begin(target);
    await catchUp(target.height);
    const known = headers.get(target.height);
    if (known && !equalBytes(known.hash, target.hash)) {
      throw contradiction(target.height, known.hash, target.hash);
    }
  }

  return {
    get tip(): EvmHeader | undefined {
      return tip;
    },
    get oldest(): bigint {
      return headers.keys().next().value ?? 0n;
    },
    get contradiction(): AttestorError | undefined {
      return broken;
    },
    headerAt: (height) => headers.get(height),
    advance(): Promise<void> {
      running ??= advanceOnce()
        .catch((error: unknown) => {
          if (error instanceof AttestorError) broken = error;
          throw error;
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}
