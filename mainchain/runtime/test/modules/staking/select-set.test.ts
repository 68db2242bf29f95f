import {
  bytesToHex,
  compareBytes,
  ENGINE,
  type EngineId,
  type EpochMember,
  sm3,
  utf8ToBytes,
  type ValidatorRecord,
} from "@ropenet/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Candidate,
  countEntities,
  type Election,
  entityCap,
  selectSet,
} from "../../../src/modules/staking/select-set.ts";
import { STAKING } from "../../kit/staking-bench.ts";

const NOW = 1_000n;
const bytes = (label: string, length: number): Uint8Array =>
  sm3(utf8ToBytes(label)).slice(0, length);

interface Shape {
  readonly id: number;
  readonly entity: number;
  readonly tokens: bigint;
  readonly barred: boolean;
}

/** A validator is of one entity for good. */
const shape: fc.Arbitrary<Shape> = fc
  .record({
    id: fc.nat(30),
    tokens: fc.oneof(fc.bigInt(0n, 50n), fc.bigInt(0n, 1n << 60n)),
    barred: fc.boolean(),
  })
  .map((drawn) => ({ ...drawn, entity: (drawn.id * 7) % 9 }));
const shapes = fc.uniqueArray(shape, { minLength: 0, maxLength: 20, selector: ({ id }) => id });

const shapeOf = (id: number, entity: number, tokens: bigint, barred = false): Shape => ({
  ...{ id, entity, tokens, barred },
});
const LATE_SIBLING_BEFORE: readonly Shape[] = [
  shapeOf(22, 6, 165994581113934407n, true),
  shapeOf(17, 5, 37n),
  shapeOf(29, 0, 851692930916869350n),
  shapeOf(26, 8, 6n),
  shapeOf(0, 0, 30n),
  shapeOf(28, 2, 3n),
  shapeOf(24, 5, 14n),
  shapeOf(3, 5, 29n),
  shapeOf(7, 6, 39n),
  shapeOf(14, 7, 10n),
];
const LATE_SIBLING_AFTER: readonly Shape[] = [
  shapeOf(1, 2, 19n),
  shapeOf(23, 5, 82226020512605654n, true),
  shapeOf(12, 2, 33n),
  shapeOf(2, 2, 7n, true),
  shapeOf(27, 5, 432546550343700704n),
  shapeOf(13, 0, 1056720831700360090n),
  shapeOf(28, 6, 1101436041131729465n),
  shapeOf(20, 3, 39n, true),
];

function toCandidate({ id, entity, tokens, barred }: Shape): Candidate {
  const record: ValidatorRecord = {
    address: bytes(`address ${id}`, 20),
    publicKey: new Uint8Array(65).fill(id),
    entity: bytes(`entity ${entity}`, 32),
    ethereumAddress: bytes(`ethereum ${id}`, 20),
    sm2PublicKey: new Uint8Array(65).fill(id + 100),
    tokens,
    shares: tokens,
    commissionBasisPoints: 0,
    maxCommissionBasisPoints: 0,
    maxDailyChangeBasisPoints: 0,
    commissionChangedMs: 0n,
    admittedUntilMs: NOW + 1n,
    revoked: barred,
    jailedUntilMs: 0n,
    tombstoned: false,
    retainedFrom: 0n,
    retainedCut: 0n,
  };
  return { record, selfStake: tokens };
}

const electionOf = (engine: EngineId): Election => ({ ...STAKING, minSelfStake: 1n, engine });
const total = (members: readonly EpochMember[]): bigint =>
  members.reduce((sum, { power }) => sum + power, 0n);
const names = (members: readonly EpochMember[]): ReadonlySet<string> =>
  new Set(members.map(({ validator }) => bytesToHex(validator)));

/** A first set that keeps the rules, as any running one does. */
function running(all: readonly Shape[], election: Election): readonly EpochMember[] {
  const giant: EpochMember = {
    validator: bytes("founder", 20),
    publicKey: new Uint8Array(65),
    entity: bytes("founder", 32),
    power: 1n << 62n,
    bonded: 1n << 62n,
    ethereumAddress: new Uint8Array(20),
    sm2PublicKey: new Uint8Array(65),
  };
  // Nobody leaves, everybody fits: what comes out is capped and nothing else.
  const first = selectSet([giant], all.map(toCandidate), election, NOW);
  if (first.kind === "refused") return [];
  return first.members.filter(({ entity }) => compareBytes(entity, giant.entity) !== 0);
}

describe.each(["stake", "delegates", "equal"] as const)("the next set by %s", (by) => {
  const election = electionOf(ENGINE[by]);

  it("has four entities, each below a third, ascending, with power; or it is refused", () => {
    fc.assert(
      fc.property(shapes, shapes, (before, after) => {
        const current = running(before, election);
        fc.pre(countEntities(current) >= 4);
        const next = selectSet(current, after.map(toCandidate), election, NOW);
        if (next.kind === "refused") {
          expect(next.entities).toBeLessThan(4);
          return;
        }
        const { members } = next;
        expect(countEntities(members)).toBeGreaterThanOrEqual(4);
        const byEntity = new Map<string, bigint>();
        for (const { entity, power } of members) {
          expect(power).toBeGreaterThan(0n);
          const id = bytesToHex(entity);
          byEntity.set(id, (byEntity.get(id) ?? 0n) + power);
        }
        for (const power of byEntity.values()) expect(power * 3n).toBeLessThan(total(members));
        const sorted = members.toSorted((one, other) =>
          compareBytes(one.validator, other.validator),
        );
        expect(members).toEqual(sorted);
        expect(names(members).size).toBe(members.length);
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  it("takes in and lets go no more than a third of the running power together", () => {
    fc.assert(
      fc.property(shapes, shapes, (before, after) => {
        const current = running(before, election);
        fc.pre(countEntities(current) >= 4);
        const next = selectSet(current, after.map(toCandidate), election, NOW);
        fc.pre(next.kind === "set");
        if (next.kind !== "set") return;
        const [was, is] = [names(current), names(next.members)];
        const gone = current.filter(({ validator }) => !is.has(bytesToHex(validator)));
        const come = next.members.filter(({ validator }) => !was.has(bytesToHex(validator)));
        // A cap below the number of an entity's validators keeps some of them: the entity itself stays.
        const cut = gone.filter(({ entity }) =>
          next.members.some(
            (member) => compareBytes(member.entity, entity) === 0 && member.power === 1n,
          ),
        );
        const changed = total(gone) - total(cut) + total(come);
        expect(changed * 3n).toBeLessThanOrEqual(total(current));
      }),
      {
        numRuns: 300,
        endOnFailure: true,
        // A newcomer of power 1 once got the unit that rounding had left to its entity.
        examples: [[LATE_SIBLING_BEFORE, LATE_SIBLING_AFTER]],
      },
    );
  });

  it("is the same for the same stakes, in whatever order they are read", () => {
    fc.assert(
      fc.property(shapes, shapes, (before, after) => {
        const current = running(before, election);
        const forwards = selectSet(current, after.map(toCandidate), election, NOW);
        const reversed = after.toReversed().map(toCandidate);
        expect(selectSet(current, reversed, election, NOW)).toEqual(forwards);
      }),
    );
  });
});

describe("a seat that is a vote", () => {
  const seven = [1, 2, 3, 4, 5, 6, 7].map((id) => shapeOf(id, id, BigInt(id) * 1_000n));
  const chosen = (
    engine: EngineId,
    current: readonly EpochMember[],
    shown: readonly Shape[],
  ): readonly EpochMember[] => {
    const election = { ...electionOf(engine), maxValidators: 5 };
    const next = selectSet(current, shown.map(toCandidate), election, NOW);
    return next.kind === "set" ? next.members : [];
  };
  const idOf = ({ publicKey }: EpochMember): number => publicKey[0] ?? 0;

  it.each([ENGINE.delegates, ENGINE.equal])("weighs the same for every stake (%i)", (engine) => {
    const members = chosen(engine, running(seven, electionOf(engine)), seven);
    expect(members.map(({ power }) => power)).toEqual([1n, 1n, 1n, 1n, 1n]);
  });

  it("goes to who has the most stake behind it among delegates, one change at a time", () => {
    const current = chosen(ENGINE.delegates, running(seven, electionOf(ENGINE.delegates)), seven);
    const late = [...seven, shapeOf(8, 8, 100_000n)];
    const leaves = chosen(ENGINE.delegates, current, late);
    const joins = chosen(ENGINE.delegates, leaves, late);
    const seats = [current, leaves, joins].map((members) => members.map(idOf).toSorted());
    expect(seats).toEqual([
      [3, 4, 5, 6, 7],
      [4, 5, 6, 7],
      [4, 5, 6, 7, 8],
    ]);
  });

  it("cannot be bought from who sits on it among equals", () => {
    const current = chosen(ENGINE.equal, running(seven, electionOf(ENGINE.equal)), seven);
    const late = [...seven, shapeOf(8, 8, 1n << 60n)];
    expect(chosen(ENGINE.equal, current, late).map(idOf)).toEqual(current.map(idOf));
  });
});

it("the cap is the largest that leaves everybody below a third", () => {
  const fits = (powers: readonly bigint[], cap: bigint): boolean =>
    powers.reduce((sum, power) => sum + (power < cap ? power : cap), 0n) > 3n * cap;
  fc.assert(
    fc.property(fc.array(fc.bigInt(1n, 200n), { minLength: 4, maxLength: 9 }), (powers) => {
      const cap = entityCap(powers);
      const top = powers.reduce((most, power) => (power > most ? power : most), 0n);
      const allowed = Array.from({ length: Number(top) }, (_, index) => BigInt(index + 1)).filter(
        (each) => fits(powers, each),
      );
      expect(cap).toBe(allowed.at(-1));
    }),
  );
});
