import { positionRecordCodec, stateKey } from "@ropenet/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { relayer } from "../../kit/genesis.ts";
import { claimBooks } from "../../kit/observe.ts";
import { RandomWalk, type Step, step } from "../../kit/random-walk.ts";
import { plan } from "../../kit/rope-bench.ts";
import type { StrandBench } from "../../kit/strand-bench.ts";
import { cny, deed, metered, type World } from "../../kit/world.ts";

const RUNS = Number(process.env["RUNS"] ?? 20);
const ASSETS = [cny, metered, deed];

const FREE = { ordered: false, hurry: false } as const;
/** The liar gives what a hold lets go to it in the very block in which the lie comes. */
const EARLY_LIE: readonly Step[] = [
  { kind: "send", from: 1, to: 0, asset: 1, amount: 8, lie: false, ...FREE },
  { kind: "hold", subject: 1, onExpiry: 1 },
  { kind: "send", from: 0, to: 0, asset: 0, amount: 1, lie: false, ...FREE },
  { kind: "relay", strand: 0, count: 1 },
  { kind: "wait", seconds: 49 },
  { kind: "send", from: 0, to: 0, asset: 0, amount: 1, lie: false, ...FREE },
  { kind: "send", from: 2, to: 0, asset: 1, amount: 1, lie: true, ...FREE },
];

/** The rope's books of an honest strand are the strand's own: counted by hand, and by its own proof. */
function expectAgreement(world: World, strand: StrandBench): void {
  const { rope } = world;
  for (const of of ASSETS) {
    const { balance, isOrigin } = strand.books(of.assetId);
    if (!isOrigin) expect(world.outstanding(of, strand.gateway)).toBe(balance);
  }
  const update = world.update(strand);
  const claims = ASSETS.map(({ assetId }) =>
    plan(relayer, "transfers/observe-books", claimBooks(strand, assetId)),
  );
  rope.do(update, ...claims);
  for (const { assetId } of ASSETS) {
    const key = stateKey.position(assetId, strand.gateway);
    expect(rope.must(key, positionRecordCodec).flags).toBe(0);
  }
}

const walks: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 10, maxLength: 60 });

// I1 to I5 are recounted by the bench's audit after every block of the walk.
it("value is conserved, whatever two honest strands and a liar do", () => {
  fc.assert(
    fc.property(walks, (steps) => {
      const walk = new RandomWalk();
      for (const next of steps) walk.take(next);
      walk.finish();
      const { world } = walk;
      for (const of of ASSETS) expect(world.books(of)).toMatchObject({ inFlight: 0n, held: 0n });
      expectAgreement(world, world.a);
      expectAgreement(world, world.b);
    }),
    { numRuns: RUNS, examples: [[EARLY_LIE]] },
  );
});
