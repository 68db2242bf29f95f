import {
  type Acknowledgement,
  CREDENTIAL_ACTION,
  credentialPayloadCodec,
  decode,
} from "@ropenet/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type CredentialBench,
  createCredentialBench,
  GRANTED,
  type Site,
} from "../../kit/credential-bench.ts";
import type { RopeBlock } from "../../kit/rope-bench.ts";
import type { Arrival } from "../../kit/world.ts";

/** Receipts under old headers, in any order, broke the books of an earlier state of the module within 60 to 150 runs. */
const RUNS = 60;
const MINUTE_MS = 60_000n;
/** Past every lease, as long as a gateway may not have heard of it. */
const LAG_MS = 10n * MINUTE_MS;

type Step =
  | {
      readonly step: "delegate";
      readonly at: number;
      readonly quota: bigint;
      readonly leaseMs: bigint;
      readonly timeoutMs: bigint;
    }
  | {
      readonly step: "deliver";
      readonly at: number;
      readonly which: number;
      readonly fresh: boolean;
    }
  | { readonly step: "checkpoint" | "use"; readonly at: number }
  | {
      readonly step: "answer";
      readonly at: number;
      readonly which: number;
      readonly back: bigint;
    }
  | { readonly step: "observe"; readonly at: number; readonly back: bigint }
  | { readonly step: "wait"; readonly ms: bigint }
  | { readonly step: "revoke" };

/** mostly at one strand: what goes wrong goes wrong between the packets of one position */
const at = fc.constantFrom(0, 0, 0, 0, 1);
const which = fc.nat({ max: 2 });
/** 0 = a fresh header, otherwise so many before the newest */
const back = fc.constantFrom(0n, 1n, 2n, 3n);
const term = fc.constantFrom(MINUTE_MS, 30n * MINUTE_MS, 50n * MINUTE_MS);
const wait = fc.constantFrom(1_000n, 30n * MINUTE_MS, 55n * MINUTE_MS);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({
      step: fc.constant("delegate" as const),
      ...{ at, quota: fc.constantFrom(1n, 2n, 5n), leaseMs: term, timeoutMs: term },
    }),
    {
      weight: 2,
      arbitrary: fc.record({
        step: fc.constant("deliver" as const),
        ...{ at, which, fresh: fc.boolean() },
      }),
    },
    fc.record({ step: fc.constantFrom("checkpoint" as const, "use" as const), at }),
    { weight: 2, arbitrary: fc.record({ step: fc.constant("answer" as const), at, which, back }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant("observe" as const), at, back }) },
    fc.record({ step: fc.constant("wait" as const), ms: wait }),
    fc.record({ step: fc.constant("revoke" as const) }),
  ),
  { minLength: 10, maxLength: 30, size: "max" },
);

interface Receipt {
  readonly acknowledgement: Acknowledgement;
  /** the first block of the strand that has it */
  readonly height: bigint;
}

interface Waiting extends Arrival {
  readonly sentMs: bigint;
}

interface Place extends Site {
  readonly waiting: Waiting[];
  readonly receipts: Receipt[];
}

/** One credential between two honest strands, with relayers who bring what they like, in any order. */
class Course {
  readonly #bench: CredentialBench;
  readonly #places: readonly [Place, Place];
  readonly #credentialId: Uint8Array;

  constructor(from: CredentialBench, credentialId: Uint8Array) {
    this.#bench = from.fork();
    this.#credentialId = credentialId;
    const place = (at: Site): Place => ({ ...at, waiting: [], receipts: [] });
    this.#places = [place(this.#bench.a), place(this.#bench.b)];
  }

  #place(index: number): Place {
    return this.#places[index === 0 ? 0 : 1];
  }

  /** Both strands are honest. */
  #expectNoAlert(block: RopeBlock): void {
    for (const { events } of block.transactions) {
      expect(events.map(({ kind }) => kind)).not.toContain("data-credential.alert");
    }
  }

  take(what: Step): void {
    const bench = this.#bench;
    switch (what.step) {
      case "delegate": {
        const to = this.#place(what.at);
        const now = bench.rope.timeMs;
        const plan = bench.delegation(this.#credentialId, to, {
          quota: what.quota,
          leaseUntilMs: now + what.leaseMs,
          timeoutMs: now + what.timeoutMs,
        });
        const [result] = bench.rope.block([plan]).transactions;
        expect(result?.code ?? "credential/none").toMatch(/^credential\//);
        this.#fetch(to);
        break;
      }
      case "deliver":
        this.#deliver(this.#place(what.at), what);
        break;
      case "checkpoint":
        this.#place(what.at).registry.nowMs = bench.rope.timeMs;
        break;
      case "use":
        this.#place(what.at).registry.use(this.#credentialId, bench.rope.timeMs);
        break;
      case "answer":
        this.#answer(this.#place(what.at), what.which, what.back);
        break;
      case "observe":
        this.#observe(this.#place(what.at), what.back);
        break;
      case "wait":
        this.#wait(what.ms);
        break;
      case "revoke":
        this.#revoke();
        break;
    }
    this.#expectNothingTwice();
  }

  #fetch(place: Place): void {
    const sentMs = this.#bench.rope.timeMs;
    place.waiting.push(...this.#bench.mail(place).map((arrival) => ({ ...arrival, sentMs })));
  }

  /** Under the newest checkpoint, or under the oldest that can prove the packet. */
  #deliver(
    { waiting, receipts, registry, strand }: Place,
    { which, fresh }: { readonly which: number; readonly fresh: boolean },
  ): void {
    const [arrival] = waiting.splice(which % Math.max(waiting.length, 1), 1);
    if (!arrival) return;
    const checkpointMs = fresh ? this.#bench.rope.timeMs : arrival.sentMs;
    const acknowledgement = registry.receive(arrival, checkpointMs);
    receipts.push({ acknowledgement, height: strand.state.height + 1n });
  }

  /** The header of the height that is asked for, as far as there is one that is not before `from`. */
  #height(place: Place, back: bigint, from: bigint): bigint {
    const newest = place.strand.state.height;
    if (back > 0n && newest - back >= from) return newest - back;
    this.#bench.rope.do(this.#bench.seal(place, this.#bench.rope.timeMs));
    return place.strand.state.height;
  }

  #answer(place: Place, which: number, back: bigint): void {
    const { receipts } = place;
    const [receipt] = receipts.splice(which % Math.max(receipts.length, 1), 1);
    if (!receipt) return;
    const height = this.#height(place, back, receipt.height);
    const plan = this.#bench.acknowledgement(place, [receipt.acknowledgement], height);
    this.#expectNoAlert(this.#bench.rope.do(plan));
  }

  #observe(place: Place, back: bigint): void {
    const height = this.#height(place, back, 1n);
    const plan = this.#bench.observation(this.#credentialId, place, { height });
    const block = this.#bench.rope.block([plan]);
    this.#expectNoAlert(block);
    const code = block.transactions[0]?.code;
    expect([undefined, "credential/older-than-known", "credential/no-position"]).toContain(code);
  }

  #wait(ms: bigint): void {
    const { rope } = this.#bench;
    const to = rope.timeMs + ms;
    rope.at(to, ...this.#places.map((place) => this.#bench.seal(place, to)));
  }

  #revoke(): void {
    if (this.#bench.record(this.#credentialId).revokedAtMs !== 0n) return;
    this.#expectNoAlert(this.#bench.revoke(this.#credentialId));
    for (const place of this.#places) this.#fetch(place);
  }

  /** Whatever can still be used anywhere, with what has been used, is never more than was granted. */
  #expectNothingTwice(): void {
    const id = this.#credentialId;
    const out = this.#places.map(({ registry, waiting }) => {
      const underWay = waiting
        .map(({ payload }) => decode(credentialPayloadCodec, payload))
        .filter(({ action }) => action === CREDENTIAL_ACTION.delegate)
        .reduce((sum, { quota }) => sum + quota, 0n);
      return registry.grant(id).used + registry.live(id, this.#bench.rope.timeMs) + underWay;
    });
    const sum = out.reduce((all, units) => all + units, this.#bench.units(id).home);
    expect(sum).toBeLessThanOrEqual(GRANTED);
  }

  /** Everything is brought and every lease over: what was not used is home again. */
  finish(): void {
    const id = this.#credentialId;
    for (const place of this.#places) {
      while (place.waiting.length > 0) this.#deliver(place, { which: 0, fresh: true });
      while (place.receipts.length > 0) this.#answer(place, 0, 0n);
    }
    this.#wait(50n * MINUTE_MS + LAG_MS);
    let used = 0n;
    for (const place of this.#places) {
      this.#observe(place, 0n);
      used += place.registry.grant(id).used;
      const { remaining, used: known } = this.#bench.position(id, place);
      expect({ remaining, used: known }).toEqual({
        remaining: 0n,
        used: place.registry.grant(id).used,
      });
    }
    expect(this.#bench.units(id)).toMatchObject({ home: GRANTED - used, inFlight: 0n });
  }
}

it("whatever order things come in, no unit is at two places, and all that is not used comes home", () => {
  const bench = createCredentialBench();
  const credentialId = bench.issue();
  fc.assert(
    fc.property(steps, (taken) => {
      const course = new Course(bench, credentialId);
      for (const one of taken) course.take(one);
      course.finish();
    }),
    { numRuns: RUNS },
  );
}, 300_000);
