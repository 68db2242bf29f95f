import {
  BASIS_POINTS,
  type Block,
  bytesToHex,
  type Commit,
  decodeOwn,
  type EpochMember,
  type SigningRecord,
  type StakingParametersRecord,
  signingRecordCodec,
  slashingProgressRecordCodec,
  stateKey,
} from "@ropenet/protocol";
import { epochAt, readStakingParameters } from "../../epochs.ts";
import { type Context, readRecord, type StateView, writeRecord } from "../../module.ts";
import type { Penalties } from "../../slices.ts";

const FIRST = new Uint8Array(20);
const LAST = new Uint8Array(21).fill(0xff);
/** More than there can be validators on record. */
const MAX_RECORDS = 10_000;

function hasSigned({ bitmap }: Commit, index: number): boolean {
  return (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

function takeSample(state: StateView): bigint {
  const key = stateKey.slashingProgress();
  const samples = readRecord(state, key, slashingProgressRecordCodec)?.samples ?? 0n;
  writeRecord(state, key, slashingProgressRecordCodec, { samples: samples + 1n });
  return samples;
}

/** Only what somebody missed is on record: on a healthy chain this range is empty. */
function openRecords(state: StateView): ReadonlyMap<string, SigningRecord> {
  const entries = state.range(stateKey.signing(FIRST), stateKey.signing(LAST), MAX_RECORDS);
  return new Map(
    entries.map(([key, value]) => [
      bytesToHex(key.slice(-20)),
      decodeOwn(signingRecordCodec, value),
    ]),
  );
}

/** The record with bit `index` set or cleared; undefined if nothing is missed any more. */
function marked(
  before: SigningRecord | undefined,
  index: number,
  missed: boolean,
  window: number,
): SigningRecord | undefined {
  const length = Math.ceil(window / 8);
  const fits = before?.bitmap.length === length;
  const bitmap = fits ? before.bitmap.slice() : new Uint8Array(length);
  const bit = 1 << (index & 7);
  const byte = bitmap[index >> 3] ?? 0;
  const was = (byte & bit) !== 0;
  bitmap[index >> 3] = missed ? byte | bit : byte & ~bit;
  const count = (fits ? before.missed : 0) + Number(missed) - Number(was);
  return count > 0 ? { missed: count, bitmap } : undefined;
}

function mayMiss({ signedWindow, minSignedBasisPoints }: StakingParametersRecord): number {
  const window = BigInt(signedWindow);
  return Number((window * (BASIS_POINTS - BigInt(minSignedBasisPoints))) / BASIS_POINTS);
}

function punish(
  context: Context,
  penalties: Penalties,
  { validator }: EpochMember,
  parameters: StakingParametersRecord,
): void {
  const { downtimeJailMs, downtimeSlashBasisPoints: basisPoints } = parameters;
  const burnt = penalties.slash(context, validator, { height: context.height, basisPoints });
  penalties.jail(context, validator, context.timeMs + downtimeJailMs);
  context.emit("slashing.downtime", {
    validator: bytesToHex(validator),
    burnt: String(burnt),
  });
}

function replace(
  state: StateView,
  validator: Uint8Array,
  before: SigningRecord | undefined,
  after: SigningRecord | undefined,
): void {
  const key = stateKey.signing(validator);
  if (after) writeRecord(state, key, signingRecordCodec, after);
  else if (before) state.delete(key);
}

function noteSample(
  context: Context,
  sample: {
    readonly member: EpochMember;
    readonly before: SigningRecord | undefined;
    readonly index: number;
    readonly missed: boolean;
  },
  parameters: StakingParametersRecord,
  penalties: Penalties,
): void {
  const { member, before, index, missed } = sample;
  const record = penalties.find(context, member.validator);
  const excused = !record || record.tombstoned || record.jailedUntilMs !== 0n;
  const after = excused ? undefined : marked(before, index, missed, parameters.signedWindow);
  const isTooMany = after !== undefined && after.missed > mayMiss(parameters);
  replace(context.state, member.validator, before, isTooMany ? undefined : after);
  if (isTooMany) punish(context, penalties, member, parameters);
}

/**
 * Looks at the commit in a block that carries transactions. Others are not looked at: what is written about them
 * would be work that asks for the next block, and a chain with one validator down would never rest.
 */
export function sampleCommit(context: Context, block: Block, penalties: Penalties): void {
  const { state } = context;
  const { lastCommit, transactions } = block;
  const isCommit = lastCommit.height > 0n && lastCommit.height + 1n === context.height;
  if (transactions.length === 0 || !isCommit) return;
  const members = epochAt(state, lastCommit.height)?.members ?? [];
  const parameters = readStakingParameters(state);
  const index = Number(takeSample(state) % BigInt(parameters.signedWindow));
  const open = openRecords(state);
  for (const [place, member] of members.entries()) {
    const missed = !hasSigned(lastCommit, place);
    const before = open.get(bytesToHex(member.validator));
    if (missed || before) {
      noteSample(context, { member, before, index, missed }, parameters, penalties);
    }
  }
}
