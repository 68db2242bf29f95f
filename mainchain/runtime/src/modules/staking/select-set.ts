import {
  bytesToHex,
  compareBytes,
  ENGINE,
  type EngineId,
  type EpochMember,
  equalBytes,
  isVoteEach,
  MAX_VALIDATORS,
  type StakingParametersRecord,
  type ValidatorRecord,
} from "@ropenet/protocol";

/** Fewer could not lose one and go on. */
export const MIN_ENTITIES = 4;
/** 256 of them add up to less than 2^64. */
const MAX_POWER = (1n << 55n) - 1n;

export interface Candidate {
  readonly record: ValidatorRecord;
  readonly selfStake: bigint;
}

export type Selection =
  | {
      readonly kind: "set";
      /** by address, ascending */
      readonly members: readonly EpochMember[];
      /** those that were to leave and stay for one more epoch: too much would have left at once */
      readonly retained: readonly Uint8Array[];
    }
  | { readonly kind: "refused"; readonly entities: number };

function isEligible(
  { record, selfStake }: Candidate,
  { minSelfStake, powerUnit }: StakingParametersRecord,
  timeMs: bigint,
): boolean {
  const { tombstoned, revoked, jailedUntilMs, admittedUntilMs, tokens } = record;
  const barred = tombstoned || revoked || jailedUntilMs !== 0n || admittedUntilMs <= timeMs;
  return !barred && selfStake >= minSelfStake && tokens >= powerUnit;
}

type Order = (left: Candidate, right: Candidate) => number;

const byTokens: Order = (left, right) => {
  const [one, other] = [left.record, right.record];
  if (one.tokens !== other.tokens) return one.tokens > other.tokens ? -1 : 1;
  return compareBytes(one.address, other.address);
};

/** Where stake buys no seat: whoever has one keeps it, and then by address. */
const bySeat =
  (current: readonly EpochMember[]): Order =>
  (left, right) => {
    const [one, other] = [left.record.address, right.record.address];
    const hasSeat = findMember(current, one) !== undefined;
    if (hasSeat === (findMember(current, other) !== undefined)) return compareBytes(one, other);
    return hasSeat ? -1 : 1;
  };

function toMember({ record }: Candidate, { engine, powerUnit }: Election): EpochMember {
  const power = isVoteEach(engine) ? 1n : record.tokens / powerUnit;
  return {
    validator: record.address,
    publicKey: record.publicKey,
    entity: record.entity,
    power: power > MAX_POWER ? MAX_POWER : power,
    bonded: record.tokens,
    ethereumAddress: record.ethereumAddress,
    sm2PublicKey: record.sm2PublicKey,
  };
}

const powerOf = (members: readonly EpochMember[]): bigint =>
  members.reduce((sum, { power }) => sum + power, 0n);

const findMember = (
  members: readonly EpochMember[],
  address: Uint8Array,
): EpochMember | undefined => members.find(({ validator }) => equalBytes(validator, address));

/** Those that must go for what they did go before those that wish to; then the strongest first. */
function inOrderOfLeaving(
  leaving: readonly EpochMember[],
  recordOf: (address: Uint8Array) => ValidatorRecord | undefined,
): readonly EpochMember[] {
  const rank = ({ validator }: EpochMember): number => {
    const record = recordOf(validator);
    if (!record || record.tombstoned) return 0;
    return record.revoked || record.jailedUntilMs !== 0n ? 1 : 2;
  };
  return leaving.toSorted((left, right) => {
    const order = rank(left) - rank(right);
    if (order !== 0) return order;
    if (left.power !== right.power) return left.power > right.power ? -1 : 1;
    return compareBytes(left.validator, right.validator);
  });
}

/**
 * The largest power that an entity may have: with everybody cut to it, it is below a third of what is left.
 * Σ min(p, c) − 3c is concave in c and zero at 0, so once it is not positive it stays so.
 */
export function entityCap(powers: readonly bigint[]): bigint {
  const fits = (cap: bigint): boolean =>
    powers.reduce((sum, power) => sum + (power < cap ? power : cap), 0n) > 3n * cap;
  let low = 0n;
  let high = powers.reduce((top, power) => (power > top ? power : top), 0n);
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (fits(middle)) low = middle;
    else high = middle - 1n;
  }
  return low;
}

/**
 * Divides `cap` in proportion, at least 1 to each: nobody leaves a set because of a sibling. What rounding leaves
 * goes one by one, in the order of addresses, to those that had more. A cap below the number of members keeps the first of them.
 */
function cutTo(members: readonly EpochMember[], cap: bigint): readonly EpochMember[] {
  const total = powerOf(members);
  if (total <= cap) return members;
  const count = BigInt(members.length);
  if (cap <= count) {
    return members.slice(0, Number(cap)).map((member) => ({ ...member, power: 1n }));
  }
  const cut = members.map((member) => ({
    ...member,
    power: 1n + ((member.power - 1n) * (cap - count)) / (total - count),
  }));
  let rest = cap - powerOf(cut);
  return cut.map((member, index) => {
    // Nobody gets more than it brought: a newcomer's part is what the others' third allows.
    if (rest === 0n || member.power === members[index]?.power) return member;
    rest -= 1n;
    return { ...member, power: member.power + 1n };
  });
}

/** What an entity has above the cap counts for nothing in this set. */
export function capEntities(members: readonly EpochMember[]): readonly EpochMember[] {
  const sorted = members.toSorted((left, right) => compareBytes(left.validator, right.validator));
  const byEntity = new Map<string, EpochMember[]>();
  for (const member of sorted) {
    const id = bytesToHex(member.entity);
    const own = byEntity.get(id);
    if (own) own.push(member);
    else byEntity.set(id, [member]);
  }
  const cap = entityCap([...byEntity.values()].map(powerOf));
  return [...byEntity.values()]
    .flatMap((own) => cutTo(own, cap))
    .filter(({ power }) => power > 0n)
    .toSorted((left, right) => compareBytes(left.validator, right.validator));
}

export function countEntities(members: readonly EpochMember[]): number {
  return new Set(members.map(({ entity }) => bytesToHex(entity))).size;
}

/** By what a set is chosen. */
export type Election = StakingParametersRecord & { readonly engine: EngineId };

/**
 * The set after `current`. Pure. Seats go by stake, or under `ENGINE.equal` to those who have them. At most a third of the running power comes and goes at once: whoever follows the
 * sets, follows honest ones. Source: docs/staking.md, The next set.
 */
export function selectSet(
  current: readonly EpochMember[],
  candidates: readonly Candidate[],
  election: Election,
  timeMs: bigint,
): Selection {
  const wanted = candidates
    .filter((candidate) => isEligible(candidate, election, timeMs))
    .toSorted(election.engine === ENGINE.equal ? bySeat(current) : byTokens)
    .slice(0, election.maxValidators)
    .map((candidate) => toMember(candidate, election));
  const recordOf = (address: Uint8Array): ValidatorRecord | undefined =>
    candidates.find(({ record }) => equalBytes(record.address, address))?.record;

  let budget = powerOf(current) / 3n;
  const next = wanted.filter(({ validator }) => findMember(current, validator));
  const leaving = current.filter(({ validator }) => !findMember(wanted, validator));
  const retained: Uint8Array[] = [];
  for (const member of inOrderOfLeaving(leaving, recordOf)) {
    if (member.power <= budget) {
      budget -= member.power;
    } else {
      retained.push(member.validator);
      next.push(member);
    }
  }
  for (const member of wanted) {
    if (findMember(current, member.validator)) continue;
    if (budget === 0n || next.length >= MAX_VALIDATORS) break;
    const power = member.power < budget ? member.power : budget;
    budget -= power;
    next.push({ ...member, power });
  }
  const entities = countEntities(next);
  if (entities < MIN_ENTITIES) return { kind: "refused", entities };
  return { kind: "set", members: capEntities(next), retained };
}
