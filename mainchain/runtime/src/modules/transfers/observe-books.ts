import {
  bytesToHex,
  COUNTER,
  type CounterKind,
  counterSlot,
  decode,
  equalBytes,
  type ObserveBooks,
  type PositionRecord,
  type TrieNodes,
  u256,
} from "@ropenet/protocol";
import type { TransactionContext } from "../../module.ts";
import type {
  AssetDirectory,
  ChainDirectory,
  ProvenStorage,
  StrandVerifier,
} from "../../slices.ts";
import { freeze, readPosition, writePosition } from "./books.ts";
import { TransfersError } from "./errors.ts";

interface Claim {
  readonly name: string;
  readonly which: CounterKind;
  readonly value: bigint;
  readonly proof: TrieNodes;
}

function checkProven(storage: ProvenStorage, assetId: Uint8Array, claims: readonly Claim[]): void {
  for (const { name, which, value, proof } of claims) {
    const seen = decode(u256, storage.read(counterSlot(assetId, which), proof));
    if (seen !== value) {
      throw new TransfersError({ code: "transfers/books-not-proven", counter: name });
    }
  }
}

/** What a strand's own books say against the rope's, in sentences; empty = they agree. Source: docs/protocol.md §4.3. */
function disagreements(
  body: ObserveBooks,
  position: PositionRecord,
  strand: { readonly isOrigin: boolean; readonly isNewest: boolean },
): readonly string[] {
  const { out, refunded, balance } = body;
  const found: string[] = [];
  // At an older height the strand had not yet sent what the rope has received since.
  if (strand.isNewest && position.received > out) {
    found.push(`received ${position.received} > out ${out}`);
  }
  if (body.in > position.sent) found.push(`in ${body.in} > sent ${position.sent}`);
  if (refunded > position.refundAcked) {
    found.push(`refunded ${refunded} > acknowledged ${position.refundAcked}`);
  }
  const expected = strand.isOrigin ? out - body.in - refunded : body.in + refunded - out;
  const holds = strand.isOrigin ? balance >= expected : balance === expected;
  if (!holds) found.push(`balance ${balance}, counters make ${expected}`);
  return found;
}

/** A proven cut of a strand's books (I6). A violation freezes (asset, strand) by itself. */
export function observeBooks(
  context: TransactionContext,
  body: ObserveBooks,
  slices: {
    readonly verifier: StrandVerifier;
    readonly assets: AssetDirectory;
    readonly directory: ChainDirectory;
  },
): void {
  const { anchor, assetId } = body;
  const { gateway, height } = anchor;
  const asset = slices.assets.find(context, assetId);
  if (!asset) throw new TransfersError({ code: "transfers/unknown-asset", assetId });
  if (!slices.assets.representation(context, assetId, gateway)) {
    throw new TransfersError({ code: "transfers/no-representation", assetId, gateway });
  }
  const position = readPosition(context.state, assetId, gateway);
  const { observedHeight: known } = position;
  if (height <= known)
    throw new TransfersError({ code: "transfers/older-than-known", height, known });
  checkProven(slices.verifier.open(context, anchor), assetId, [
    { name: "out", which: COUNTER.out, value: body.out, proof: body.outProof },
    { name: "in", which: COUNTER.in, value: body.in, proof: body.inProof },
    { name: "refunded", which: COUNTER.refunded, value: body.refunded, proof: body.refundedProof },
    { name: "balance", which: COUNTER.balance, value: body.balance, proof: body.balanceProof },
  ]);
  writePosition(context.state, assetId, gateway, {
    ...position,
    observedHeight: height,
    observedOut: body.out,
    observedIn: body.in,
    observedRefunded: body.refunded,
    observedBalance: body.balance,
  });
  const attributes = { assetId: bytesToHex(assetId), gateway: bytesToHex(gateway) };
  const found = disagreements(body, position, {
    isOrigin: equalBytes(asset.originGateway, gateway),
    isNewest: height === slices.directory.latestHeight(context, gateway),
  });
  if (found.length > 0) {
    freeze(context.state, assetId, gateway);
    context.emit("transfers.alert", { ...attributes, reason: found.join("; ") });
    return;
  }
  context.emit("transfers.books-observed", { ...attributes, height: String(height) });
}
