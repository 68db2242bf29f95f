import type { ApplicationKind } from "./chain.ts";
import type { FailPoint } from "./disk.ts";
import { Random } from "./random.ts";
import type { SignatureScheme } from "./signatures.ts";

/**
 * `silent`: says nothing, ever. `equivocator`: sees everything and tells each node what serves it worst.
 * `amnesiac`: forgets its lock before each step. `inventor`: its proposals are invalid or differ by peer.
 * `twins`: two honest nodes with one key, each with a disk of its own.
 */
export type ByzantineKind = "silent" | "equivocator" | "amnesiac" | "inventor" | "twins";

export const BYZANTINE_KINDS: readonly ByzantineKind[] = [
  "silent",
  "equivocator",
  "amnesiac",
  "inventor",
  "twins",
];

/** What happens to one direction between hosts; −1 = every host. Rates are per message. */
export interface LinkChaos {
  readonly from: number;
  readonly to: number;
  /** the connection breaks, and what is under way with it */
  readonly breakRate: number;
  readonly copyRate: number;
  /** a message overtakes others; TCP would not, the node must not care */
  readonly disorderRate: number;
  readonly corruptRate: number;
  readonly delayMs: number;
}

/** One thing that happens to the network. A schedule is a list of these; shrinking drops them one by one. */
export type FaultEvent =
  | {
      readonly kind: "partition";
      readonly atMs: number;
      readonly untilMs: number;
      readonly side: readonly number[];
      /** `cut`: connections break at once. `stall`: messages wait until it heals or the connection idles out */
      readonly style: "cut" | "stall";
    }
  | ({ readonly kind: "chaos"; readonly atMs: number; readonly untilMs: number } & LinkChaos)
  | {
      readonly kind: "crash";
      readonly atMs: number;
      readonly host: number;
      readonly downMs: number;
      readonly point: Readonly<FailPoint>;
      /** count disk operations from this moment, or from the next precommit that the host signs */
      readonly trigger: "now" | "precommit";
    }
  /** one read of its store fails, the `after`-th from now on: it must halt, and is started again */
  | {
      readonly kind: "badRead";
      readonly atMs: number;
      readonly host: number;
      readonly downMs: number;
      readonly after: number;
    }
  /** every honest host loses power at once, wherever it is */
  | { readonly kind: "blackout"; readonly atMs: number; readonly downMs: number }
  | {
      readonly kind: "clock";
      readonly atMs: number;
      readonly host: number;
      readonly jumpMs: number;
    }
  | {
      readonly kind: "slowDisk";
      readonly atMs: number;
      readonly untilMs: number;
      readonly host: number;
      readonly syncMs: number;
    }
  | {
      readonly kind: "transactions";
      readonly atMs: number;
      readonly host: number;
      readonly client: number;
      readonly count: number;
    };

export interface Scenario {
  readonly seed: number;
  readonly application: ApplicationKind;
  readonly signatures: SignatureScheme;
  /** of the validators, by number */
  readonly powers: readonly number[];
  readonly byzantine: readonly { readonly validator: number; readonly kind: ByzantineKind }[];
  /** `production`: the node's defaults. `short`: a fifth of them, for five times as many rounds */
  readonly timeouts: "production" | "short";
  /** whether they go on after the network has healed */
  readonly byzantineForEver: boolean;
  /** from then on the network, the disks and the clocks are well */
  readonly healAtMs: number;
  readonly schedule: readonly FaultEvent[];
}

export interface ScenarioOptions {
  readonly application?: ApplicationKind;
  readonly signatures?: SignatureScheme;
}

/** Everything about a run but what the code under test does: a function of the seed. */
export function scenarioOf(seed: number, options: ScenarioOptions = {}): Scenario {
  const random = new Random(seed, "scenario");
  const application = options.application ?? (seed % 25 === 0 ? "runtime" : "tally");
  const size = random.chance(0.08) ? 7 : 4;
  const byzantine = chooseByzantine(random, size);
  // The rope caps the power of one entity below a third; the tally takes any stakes.
  const unequal = application === "tally" && random.chance(0.3);
  const faulty = byzantine.map(({ validator }) => validator);
  const powers = unequal ? unequalPowers(random, size, faulty) : Array<number>(size).fill(1);
  const healAtMs = random.between(1_500, 5_000);
  return {
    seed,
    application,
    signatures: options.signatures ?? (seed % 20 === 0 ? "memoised" : "hashed"),
    powers,
    byzantine,
    timeouts: random.chance(0.6) ? "short" : "production",
    byzantineForEver: random.chance(0.5),
    healAtMs,
    schedule: chooseSchedule(random, size, byzantine, healAtMs, badReads(seed, healAtMs)),
  };
}

function chooseByzantine(random: Random, size: number): Scenario["byzantine"] {
  if (random.chance(0.15)) return [];
  const count = size === 7 && random.chance(0.5) ? 2 : 1;
  return random
    .shuffled(Array.from({ length: size }, (_, index) => index))
    .slice(0, count)
    .map((validator) => ({
      validator,
      kind: random.chance(0.4) ? "equivocator" : random.pick(BYZANTINE_KINDS),
    }));
}

/** The faulty as strong as stays below one third. */
function unequalPowers(random: Random, size: number, faulty: readonly number[]): readonly number[] {
  const powers = Array.from({ length: size }, () => 1 + random.below(40));
  if (faulty.length === 0) return powers;
  const honest = powers.reduce((sum, power, at) => (faulty.includes(at) ? sum : sum + power), 0);
  // f < (h + f) / 3  ⇔  2f < h
  const each = Math.max(1, Math.floor(Math.floor((honest - 1) / 2) / faulty.length));
  return powers.map((power, at) => (faulty.includes(at) ? each : power));
}

function chooseSchedule(
  random: Random,
  size: number,
  byzantine: Scenario["byzantine"],
  healAtMs: number,
  reads: (hosts: readonly number[]) => readonly FaultEvent[],
): readonly FaultEvent[] {
  const hosts = Array.from({ length: size }, (_, index) => index).filter(
    (index) => !byzantine.some(({ validator }) => validator === index),
  );
  const moment = (): number => random.below(healAtMs);
  const until = (atMs: number): number => Math.min(healAtMs, atMs + random.between(200, 2_500));
  const several = (most: number, make: () => FaultEvent): FaultEvent[] =>
    Array.from({ length: random.below(most + 1) }, make);
  const span = (): { atMs: number; untilMs: number } => {
    const atMs = moment();
    return { atMs, untilMs: until(atMs) };
  };
  // Beyond the drift that nodes allow a clock counts as faulty: then nobody else may be.
  const wild = byzantine.length === 0 && random.chance(0.3);
  const wildHost = random.pick(hosts);
  // What a node must not forget is what it has just precommitted: some seeds do little but crash there.
  const precommits = random.chance(0.3) ? 1 : 0.3;
  const events: FaultEvent[] = [
    ...several(3, () => partition(random, size, span())),
    ...several(3, () => chaos(random, size, span())),
    ...several(6, () => crash(random, hosts, moment(), precommits)),
    ...(random.chance(0.25) ? [blackout(random, moment())] : []),
    ...several(2, () => ({
      kind: "clock",
      atMs: moment(),
      host: random.pick(hosts),
      jumpMs: random.between(-4_000, 4_000),
    })),
    ...(wild ? [wildJump(random, wildHost, moment())] : []),
    ...several(1, () => ({
      kind: "slowDisk",
      ...span(),
      host: random.pick(hosts),
      syncMs: random.between(5, 120),
    })),
    ...reads(hosts),
    ...load(random, hosts, healAtMs),
  ];
  return events.sort((one, other) => one.atMs - other.atMs);
}

/** Chance of its own, so that a seed's other events are what they are without. */
function badReads(
  seed: number,
  healAtMs: number,
): (hosts: readonly number[]) => readonly FaultEvent[] {
  const random = new Random(seed, "reads");
  return (hosts) =>
    Array.from({ length: random.chance(0.3) ? 1 : 0 }, () => ({
      kind: "badRead",
      atMs: random.below(healAtMs),
      host: random.pick(hosts),
      downMs: random.between(20, 800),
      after: random.below(40),
    }));
}

function wildJump(random: Random, host: number, atMs: number): FaultEvent {
  const jumpMs = (random.chance(0.5) ? 1 : -1) * random.between(20_000, 86_400_000);
  return { kind: "clock", atMs, host, jumpMs };
}

function partition(
  random: Random,
  size: number,
  span: { readonly atMs: number; readonly untilMs: number },
): FaultEvent {
  // Host numbers from `size` on are twins: they fall on either side too.
  const all = Array.from({ length: size + 2 }, (_, index) => index);
  const side = random.shuffled(all).slice(0, random.between(1, all.length));
  return {
    kind: "partition",
    ...span,
    side: side.sort((one, other) => one - other),
    style: random.chance(0.5) ? "cut" : "stall",
  };
}

function chaos(
  random: Random,
  size: number,
  span: { readonly atMs: number; readonly untilMs: number },
): FaultEvent {
  const end = (): number => (random.chance(0.4) ? -1 : random.below(size));
  const rate = (most: number): number => (random.chance(0.5) ? 0 : random.next() * most);
  return {
    kind: "chaos",
    ...span,
    from: end(),
    to: end(),
    breakRate: rate(0.05),
    copyRate: rate(0.3),
    disorderRate: rate(0.5),
    corruptRate: random.chance(0.1) ? random.next() * 0.005 : 0,
    delayMs: random.chance(0.5) ? random.below(600) : 0,
  };
}

function crash(
  random: Random,
  hosts: readonly number[],
  atMs: number,
  precommits: number,
): FaultEvent {
  const onPrecommit = random.chance(precommits);
  return {
    kind: "crash",
    atMs,
    host: random.pick(hosts),
    downMs: random.chance(0.6) ? random.between(20, 400) : random.between(400, 3_000),
    point: {
      after: onPrecommit ? random.below(3) : random.below(40),
      moment: random.pick(["before", "during", "after"]),
      style: random.chance(0.6) ? "power" : "process",
    },
    trigger: onPrecommit ? "precommit" : "now",
  };
}

function blackout(random: Random, atMs: number): FaultEvent {
  return { kind: "blackout", atMs, downMs: random.between(20, 400) };
}

function load(random: Random, hosts: readonly number[], healAtMs: number): FaultEvent[] {
  const events: FaultEvent[] = [];
  let atMs = random.below(200);
  while (atMs < healAtMs) {
    events.push({
      kind: "transactions",
      atMs,
      host: random.pick(hosts),
      client: random.below(4),
      // From 16 on a proposal names its transactions instead of carrying them.
      count: random.chance(0.1) ? random.between(12, 30) : random.between(1, 4),
    });
    atMs += random.between(200, 1_200);
  }
  return events;
}
