import {
  chainRecordCodec,
  concatBytes,
  equalBytes,
  OUTBOX_DEPTH,
  type OutboxEntryRecord,
  type OutboxRecord,
  outboxEntryRecordCodec,
  outboxLeaf,
  outboxNode,
  outboxRecordCodec,
  type Suite,
  stateKey,
  ZERO_32,
  zeroSubtrees,
} from "@ropenet/protocol";
import { readRecord, type StateView } from "../../module.ts";
import { nodeKey } from "./outbox.ts";

const GATEWAY_BYTES = 32;
const PAGE = 1_000;
const NOTHING = new Uint8Array(0);

/** The inner nodes of every outbox, from its entries. @throws if they do not lead to the root in the state */
export function rebuildOutboxes(state: StateView): void {
  for (const gateway of gatewaysOf(state)) {
    const outbox = readRecord(state, stateKey.outbox(gateway), outboxRecordCodec);
    const chain = readRecord(state, stateKey.chain(gateway), chainRecordCodec);
    if (outbox && chain) rebuild(state, gateway, chain.suite as Suite, outbox);
  }
}

function* gatewaysOf(state: StateView): Generator<Uint8Array> {
  const prefix = stateKey.outbox(NOTHING);
  const end = concatBytes(prefix, new Uint8Array(GATEWAY_BYTES + 1).fill(0xff));
  for (let from = prefix; ; ) {
    const page = state.range(from, end, PAGE);
    for (const [key] of page) yield key.slice(prefix.length);
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    from = concatBytes(last[0], Uint8Array.of(0));
  }
}

function rebuild(
  state: StateView,
  gateway: Uint8Array,
  suite: Suite,
  { count, root }: OutboxRecord,
): void {
  const zeros = zeroSubtrees(suite);
  let level: Uint8Array[] = [];
  for (let index = 0n; index < count; index += 1n) {
    const entry: OutboxEntryRecord | undefined = readRecord(
      state,
      stateKey.outboxEntry(gateway, index),
      outboxEntryRecordCodec,
    );
    if (!entry) throw new Error(`outbox entry ${index} is missing`);
    level.push(outboxLeaf(suite, index, entry.leafType, entry.bodyHash));
  }
  for (const [index, leaf] of level.entries()) {
    state.setIndex(nodeKey(gateway, 0, BigInt(index)), leaf);
  }
  for (let depth = 0; depth < OUTBOX_DEPTH; depth += 1) {
    const complete = count >> BigInt(depth + 1);
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const node = outboxNode(
        suite,
        level[at] ?? ZERO_32,
        level[at + 1] ?? zeros[depth] ?? ZERO_32,
      );
      const position = BigInt(at >> 1);
      // Only what never changes again is kept.
      if (position < complete) state.setIndex(nodeKey(gateway, depth + 1, position), node);
      above.push(node);
    }
    level = above;
  }
  const made = level[0] ?? zeros[OUTBOX_DEPTH] ?? ZERO_32;
  if (!equalBytes(made, root)) throw new Error("an outbox's entries do not lead to its root");
}
