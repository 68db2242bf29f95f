import {
  bytesToHex,
  credentialPositionRecordCodec,
  credentialRecordCodec,
  decodeOwn,
  stateKey,
  ZERO_32,
} from "@ropenet/protocol";
import { type Context, type Invariant, readRecord, type StateView } from "../../module.ts";

const FULL_32 = new Uint8Array(32).fill(0xff);
const MAX_POSITIONS = 64;

function touched(state: StateView): readonly Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  const ranges = [
    [stateKey.credential(ZERO_32), stateKey.credential(FULL_32), 0],
    [
      stateKey.credentialPosition(ZERO_32, ZERO_32),
      stateKey.credentialPosition(FULL_32, FULL_32),
      32,
    ],
  ] as const;
  for (const [from, to, tail] of ranges) {
    for (const key of state.changedKeys(from, to)) {
      const end = key.length - tail;
      const credentialId = key.slice(end - 32, end);
      found.set(bytesToHex(credentialId), credentialId);
    }
  }
  return [...found.values()];
}

function check({ state }: Context): readonly string[] {
  return touched(state).flatMap((credentialId) => {
    const record = readRecord(state, stateKey.credential(credentialId), credentialRecordCodec);
    const name = bytesToHex(credentialId).slice(0, 12);
    if (!record) return [`${name}: positions without a credential`];
    const placed = state
      .range(
        stateKey.credentialPosition(credentialId, ZERO_32),
        stateKey.credentialPosition(credentialId, FULL_32),
        MAX_POSITIONS,
      )
      .map(([, value]) => decodeOwn(credentialPositionRecordCodec, value))
      .reduce((sum, { remaining, used }) => sum + remaining + used, 0n);
    const { granted, inFlight } = record;
    return placed + inFlight === granted
      ? []
      : [`${name}: granted ${granted} ≠ ${placed} + in flight ${inFlight}`];
  });
}

/** I7. Source: docs/protocol.md §5. */
export const quota: Invariant = { name: "I7 quota", check };
