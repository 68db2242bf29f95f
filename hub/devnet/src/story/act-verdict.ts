import { type ProvenState, type Rope, recordsOf, verifyProvenState } from "@ropenet/client";
import {
  blockIdOf,
  bytesToHex,
  conservationRecordCodec,
  decode,
  stateKey,
} from "@ropenet/protocol";
import type { StoryContext } from "./context.ts";
import type { Notes } from "./notes.ts";
import type { ConservationRow } from "./report.ts";

/** Conservation of every asset, each from its own proof. */
export async function readConservation(
  { network }: StoryContext,
  notes: Notes,
): Promise<{
  readonly rows: readonly ConservationRow[];
  readonly evidence: readonly ProvenState[];
}> {
  const assets = await recordsOf(network.rope.read).assets();
  const evidence: ProvenState[] = [];
  const rows: ConservationRow[] = [];
  for (const asset of assets) {
    const proven = await network.rope.light.prove(stateKey.conservation(asset.assetId));
    if (!proven.value) continue;
    evidence.push(proven);
    const record = decode(conservationRecordCodec, proven.value);
    const sum = record.outstandingTotal + record.inFlight + record.held;
    notes.see(`escrow of ${asset.symbol}`, `绳 高度 ${proven.height} 证明`, record.escrow, sum);
    rows.push({
      asset: asset.symbol,
      height: String(proven.height),
      headerHash: bytesToHex(blockIdOf(proven.header)),
      escrow: String(record.escrow),
      outstandingTotal: String(record.outstandingTotal),
      inFlight: String(record.inFlight),
      held: String(record.held),
      ok: record.escrow === sum,
    });
  }
  return { rows, evidence };
}

function flip(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
  return changed;
}

function holds(anchor: Rope["anchor"], proven: ProvenState): boolean {
  try {
    verifyProvenState(anchor, proven);
    return true;
  } catch {
    return false;
  }
}

/** Checks the evidence with nothing but the trust anchor, and that one changed byte is found. */
export async function verifyOffline(
  { network }: StoryContext,
  evidence: readonly ProvenState[],
  notes: Notes,
): Promise<string> {
  const { anchor } = network.rope;
  const count = (proofs: readonly ProvenState[]): number =>
    proofs.filter((proven) => holds(anchor, proven)).length;
  const where = "离线验证";
  const all = evidence.length;
  const assets = Object.keys(network.assets).length;
  notes.see("assets with evidence", where, all, assets);
  const good = notes.see("evidence that holds", where, count(evidence), all);
  const forged = evidence.map((proven) => {
    return { ...proven, value: flip(proven.value ?? new Uint8Array(1)) };
  });
  const bad = notes.see("evidence with one byte changed that holds", where, count(forged), 0);
  return `守恒 ${good}/${all} · 离线验证通过 ${good}/${all} · 改一字节后通过 ${bad}/${all}`;
}
