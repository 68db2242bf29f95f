import { AdapterError, type ItemOutcome, type SubmitResult } from "@ropenet/adapter-sdk";
import {
  ackHash,
  type Checkpoint,
  checkpointCodec,
  decode,
  equalBytes,
  outboxesRootFrom,
  packetHash,
  SUITE_KECCAK,
} from "@ropenet/protocol";
import { gatewayInterface } from "../contracts/interfaces.ts";
import { type ContractRefusal, refusalOf } from "../contracts/revert.ts";
import { toHex } from "../contracts/words.ts";
import {
  type MinedTransaction,
  type Post,
  type PostedTransaction,
  replay,
} from "../rpc/transaction-sender.ts";
import { checkpointArguments } from "./checkpoint-call.ts";
import { aboutItems, gatewayError } from "./classify-error.ts";
import { type DeliveryCall, encodeDeliveries, type RopeBatch } from "./delivery-calls.ts";
import type { SentPacket } from "./packet-memory.ts";
import { type CallParts, postCall } from "./post-call.ts";

export interface SubmitParts extends CallParts {
  readonly gatewayUid: Uint8Array;
  readonly payee: Uint8Array;
  readonly sentPacket: (
    acknowledgement: { readonly packetHash: Uint8Array },
    signal: AbortSignal,
  ) => Promise<SentPacket>;
}

/** Somebody else did it first: the work is done, which is all that a relayer wants. */
const ALREADY: ReadonlySet<string> = new Set(["AlreadyDelivered", "AlreadyAcknowledged"]);

/** What the gateway says to every relayer at this moment, whatever the items. */
const FOR_ALL: ReadonlySet<string> = new Set([
  "WrongEpoch",
  "WrongSignerSet",
  "TrustingPeriodOver",
]);

const { topicHash: BATCH_ITEM_SKIPPED } = gatewayInterface.getEvent("BatchItemSkipped") ?? {
  topicHash: "",
};

/** Whether a proof that the gateway refused is sound under the checkpoint that came with it. */
function leadsToCheckpoint(
  { update, items }: RopeBatch,
  gatewayUid: Uint8Array,
  indexes: readonly number[],
): boolean {
  const { outboxesRoot }: Checkpoint = decode(checkpointCodec, update.checkpoint);
  return indexes.every((index) => {
    const item = items[index];
    if (!item) return false;
    const { event, proof } = item;
    const body =
      event.kind === "packet"
        ? packetHash(SUITE_KECCAK, event.packet)
        : ackHash(SUITE_KECCAK, event.acknowledgement);
    return equalBytes(outboxesRootFrom(SUITE_KECCAK, gatewayUid, body, proof), outboxesRoot);
  });
}

class BatchSubmission {
  readonly #parts: SubmitParts;
  readonly #batch: RopeBatch;
  readonly #post: Post;
  readonly #signal: AbortSignal;
  readonly #outcomes: ItemOutcome[];
  readonly #mined: MinedTransaction[] = [];
  #checkpoint: PostedTransaction | undefined;

  constructor(parts: SubmitParts, batch: RopeBatch, post: Post, signal: AbortSignal) {
    this.#parts = parts;
    this.#batch = batch;
    this.#post = post;
    this.#signal = signal;
    this.#outcomes = batch.items.map(() => "delivered");
  }

  async run(calls: readonly DeliveryCall[]): Promise<SubmitResult> {
    await this.#bringCheckpoint();
    const open: { readonly call: DeliveryCall; readonly posted: PostedTransaction }[] = [];
    for (const call of calls) {
      const posted = await this.#postDelivery(call);
      if (posted) open.push({ call, posted });
    }
    if (this.#checkpoint) await this.#settleCheckpoint(this.#checkpoint);
    for (const { call, posted } of open) await this.#settleDelivery(call, posted);
    return {
      outcomes: this.#outcomes,
      transactionHashes: this.#mined.map(({ hash }) => hash.slice(2)),
      feePaid: this.#mined.reduce((sum, { feePaid }) => sum + feePaid, 0n),
    };
  }

  /** Whether what there is to deliver can be proven under a root that the gateway has already. */
  async #isRootKnown(): Promise<boolean> {
    const { rpc, gatewayAddress } = this.#parts;
    const { update, items } = this.#batch;
    // Without items the checkpoint itself is what is brought, for its time.
    if (items.length === 0) return false;
    const { outboxesRoot }: Checkpoint = decode(checkpointCodec, update.checkpoint);
    const data = gatewayInterface.encodeFunctionData("isRecentRoot", [toHex(outboxesRoot)]);
    const params = [{ to: gatewayAddress, data }, "latest"];
    return BigInt(await rpc.call<string>("eth_call", params, this.#signal)) !== 0n;
  }

  /** Unless the gateway knows the batch's root already, or somebody brought a newer checkpoint meanwhile. */
  async #bringCheckpoint(): Promise<void> {
    if (await this.#isRootKnown()) return;
    const call = gatewayInterface.encodeFunctionData("submitCheckpoint", [
      ...checkpointArguments(this.#batch.update),
    ]);
    try {
      this.#checkpoint = await this.#postCall(call, "latest");
    } catch (error) {
      if (refusalOf(error)?.info.error !== "HeightNotAbove") throw error;
    }
  }

  async #postCall(data: string, at: "pending" | "latest"): Promise<PostedTransaction> {
    return await postCall(this.#parts, this.#post, data, at, this.#signal);
  }

  /** The pending state holds the checkpoint before a block does; where a node has none, wait for the block. */
  async #postDelivery(call: DeliveryCall): Promise<PostedTransaction | undefined> {
    try {
      return await this.#postCall(call.data, "pending");
    } catch (error) {
      const refusal = this.#refusalOf(error);
      if (refusal.info.error !== "BadProof" || !this.#checkpoint) {
        return this.#accept(call, refusal);
      }
    }
    await this.#settleCheckpoint(this.#checkpoint);
    try {
      return await this.#postCall(call.data, "latest");
    } catch (error) {
      return this.#accept(call, this.#refusalOf(error));
    }
  }

  /** @throws what is no refusal of the gateway; about the items only where they are too many for a block */
  #refusalOf(error: unknown): ContractRefusal {
    const refusal = refusalOf(error);
    if (refusal) return refusal;
    throw error instanceof AdapterError ? aboutItems(error) : error;
  }

  /** @throws {AdapterError} unless the refusal says that the work was done */
  #accept(call: DeliveryCall, { info }: ContractRefusal): undefined {
    const { name, gatewayUid } = this.#parts;
    if (ALREADY.has(info.error)) {
      for (const index of call.indexes) this.#outcomes[index] = "already-delivered";
      return;
    }
    if (info.error === "BadProof" && leadsToCheckpoint(this.#batch, gatewayUid, call.indexes)) {
      // A newer checkpoint came first, or took its place too long ago: the same events, proven anew, will pass.
      const stale = { ...info, code: "gateway/stale-checkpoint" };
      throw gatewayError(name, stale, { kind: "retryable" });
    }
    const refusal = gatewayError(name, info);
    throw FOR_ALL.has(info.error) ? refusal : aboutItems(refusal);
  }

  async #settleCheckpoint(posted: PostedTransaction): Promise<void> {
    this.#checkpoint = undefined;
    // Its own failure is no failure: a newer one may have come first, and the deliveries decide.
    this.#mined.push(await posted.mined(this.#signal));
  }

  async #settleDelivery(call: DeliveryCall, posted: PostedTransaction): Promise<void> {
    const mined = await posted.mined(this.#signal);
    this.#mined.push(mined);
    if (!mined.succeeded) {
      this.#accept(call, await this.#whyFailed(call, mined));
      return;
    }
    for (const { topics, data } of mined.logs) {
      if (topics[0] !== BATCH_ITEM_SKIPPED) continue;
      const skipped = gatewayInterface.parseLog({ topics: [...topics], data })?.args["item"];
      const index = call.indexes[Number(skipped)];
      if (index !== undefined) this.#outcomes[index] = "already-delivered";
    }
  }

  async #whyFailed(call: DeliveryCall, mined: MinedTransaction): Promise<ContractRefusal> {
    const { rpc, sender, gatewayAddress } = this.#parts;
    const request = { from: sender.address, to: gatewayAddress, data: call.data };
    try {
      await replay(rpc, request, mined.height, this.#signal);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal) return refusal;
      throw error;
    }
    // It passes now: what stood in its way was in the same block.
    throw gatewayError(
      this.#parts.name,
      { code: "gateway/passing-failure", error: "", operands: [], data: mined.hash },
      { kind: "retryable" },
    );
  }
}

/** Checkpoint if the gateway lacks it, then every item, which may be none, posted together and awaited together. */
export async function submitBatch(
  parts: SubmitParts,
  batch: RopeBatch,
  signal: AbortSignal,
): Promise<SubmitResult> {
  const calls = await encodeDeliveries(batch.items, parts.payee, (acknowledgement) =>
    parts.sentPacket(acknowledgement, signal),
  );
  return await parts.sender.exclusive(
    (post) => new BatchSubmission(parts, batch, post, signal).run(calls),
    signal,
  );
}
