import { type ProvenState, recordsOf, verifyProvenState } from "@ropenet/client";
import { conservationRecordCodec, decode, stateKey } from "@ropenet/protocol";
import type { StoryContext } from "./context.ts";
import { type ConservationRow, StoryMismatch } from "./report.ts";

/** Conservation of every asset, each from its own proof. */
export async function readConservation({ network }: StoryContext): Promise<{
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
    rows.push({
      asset: asset.symbol,
      height: String(proven.height),
      escrow: String(record.escrow),
      outstandingTotal: String(record.outstandingTotal),
      inFlight: String(record.inFlight),
      held: String(record.held),
      ok: record.escrow === record.outstandingTotal + record.inFlight + record.held,
    });
  }
  return { rows, evidence };
}

function flip(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
  return changed;
}

/** Checks the evidence with nothing but the trust anchor, and that one changed byte is found. */
export async function verifyOffline(
  context: StoryContext,
  evidence: readonly ProvenState[],
): Promise<string> {
  const { anchor } = context.network.rope;
  for (const proven of evidence) verifyProvenState(anchor, proven);
  for (const proven of evidence) {
    let caught = false;
    try {
      verifyProvenState(anchor, { ...proven, value: flip(proven.value ?? new Uint8Array(1)) });
    } catch {
      caught = true;
    }
    if (!caught) throw new StoryMismatch("evidence with one byte changed was accepted");
  }
  return `全部守恒 · 离线验证通过 ${evidence.length}/${evidence.length} · 改一字节即失败`;
}
