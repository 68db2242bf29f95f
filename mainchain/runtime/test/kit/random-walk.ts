import {
  ACK_STATUS,
  equalBytes,
  HOLD_DEFAULT,
  type HoldDefault,
  type HoldSubjectKind,
  LANE_DEFAULT,
  stateKey,
  titleRecordCodec,
  ZERO_32,
} from "@ropenet/protocol";
import fc from "fast-check";
import { seed } from "./accounts.ts";
import { alice, bob, LATER_MS, ROPE } from "./genesis.ts";
import { liftHold, placeHold } from "./holds.ts";
import { plan } from "./rope-bench.ts";
import {
  DELIVERED,
  type SendPlan,
  type Sent,
  type StrandBench,
  type Verdict,
} from "./strand-bench.ts";
import { cny, createWorld, deed, metered, type World } from "./world.ts";

/** One step of a walk. Numbers are free: what they mean is seen in the world as it is then. */
export type Step =
  | {
      readonly kind: "send";
      readonly from: number;
      /** how many places further, of the strands and the rope */
      readonly to: number;
      readonly asset: number;
      readonly amount: number;
      readonly ordered: boolean;
      readonly hurry: boolean;
      readonly lie: boolean;
    }
  | { readonly kind: "relay"; readonly strand: number; readonly count: number }
  | { readonly kind: "answer"; readonly strand: number; readonly verdict: number }
  | { readonly kind: "spend"; readonly to: number; readonly amount: number }
  | { readonly kind: "hold"; readonly subject: number; readonly onExpiry: HoldDefault }
  | { readonly kind: "lift"; readonly hold: number; readonly decision: 1 | 2 }
  | { readonly kind: "wait"; readonly seconds: number };

const strandIndex = fc.nat({ max: 2 });

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      from: strandIndex,
      to: fc.nat({ max: 2 }),
      asset: fc.nat({ max: 2 }),
      amount: fc.integer({ min: 1, max: 12 }),
      ordered: fc.boolean(),
      hurry: fc.boolean(),
      lie: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("relay" as const),
      strand: strandIndex,
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      strand: strandIndex,
      verdict: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("spend" as const),
      to: strandIndex,
      amount: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("hold" as const),
      subject: fc.nat({ max: 5 }),
      onExpiry: fc.constantFrom(HOLD_DEFAULT.forward, HOLD_DEFAULT.return),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("lift" as const),
      hold: fc.nat({ max: 5 }),
      decision: fc.constantFrom(1 as const, 2 as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.integer({ min: 1, max: 90 }),
    }),
  },
);

const TOKENS = [seed("token/0"), seed("token/1"), seed("token/2")] as const;
const SENDERS = [seed("sender/0"), seed("sender/1")] as const;
const ORDERED_LANE = 0x8002;
const HOLD_MS = 200_000n;
const FAILED: Verdict = { status: ACK_STATUS.failed, code: 5 };
const EXPIRED: Verdict = { status: ACK_STATUS.expired, code: 1 };

/** Strands A and B are honest; C sends what it does not have whenever a step says so. */
export class RandomWalk {
  readonly world: World = createWorld();
  /** committed on a strand and not yet brought to the rope, in order */
  readonly #waiting: readonly Sent[][] = [[], [], []];
  readonly #holds: Uint8Array[] = [];

  take(next: Step): void {
    switch (next.kind) {
      case "send":
        this.#send(next);
        break;
      case "relay":
        this.#relay(next.strand, next.count);
        break;
      case "answer":
        this.#answer(this.#strand(next.strand), next.verdict);
        break;
      case "spend":
        this.#spend(next);
        break;
      case "hold":
        this.#hold(next);
        break;
      case "lift":
        this.#lift(next);
        break;
      case "wait":
        this.world.rope.at(this.world.rope.timeMs + BigInt(next.seconds) * 1_000n);
        break;
    }
  }

  #strand(index: number): StrandBench {
    const { a, b, c } = this.world;
    return [a, b, c][index] ?? a;
  }

  #gateway(index: number): Uint8Array {
    return index === 3 ? ROPE : this.#strand(index).gateway;
  }

  #send(next: Extract<Step, { kind: "send" }>): void {
    const strand = this.#strand(next.from);
    const to = (next.from + 1 + next.to) % 4;
    const { rope } = this.world;
    const [of, unit] = (
      [
        [cny, 100n],
        [metered, 150n],
        [deed, 1n],
      ] as const
    )[next.asset] ?? [cny, 1n];
    const isTitle = of === deed;
    const tokenId = isTitle ? (TOKENS[next.amount % TOKENS.length] ?? ZERO_32) : ZERO_32;
    const amount = isTitle ? 1n : unit * BigInt(next.amount);
    const sendPlan: SendPlan = {
      ...{ assetId: of.assetId, tokenId, amount, finalGateway: this.#gateway(to) },
      finalRecipient: to === 3 ? bob.b32 : seed("recipient"),
      sender: SENDERS[next.amount % 2] ?? ZERO_32,
      // The liar has no order to keep: its own quarantined packets would block its lane until they are late.
      lane: next.ordered && next.from !== 2 ? ORDERED_LANE : LANE_DEFAULT,
      timeoutMs: next.hurry ? rope.timeMs + 30_000n : LATER_MS,
      finalTimeoutMs: next.hurry ? rope.timeMs + 60_000n : LATER_MS,
    };
    const covered = isTitle ? this.#hasTitle(strand, tokenId) : this.#canSpend(strand, sendPlan);
    if (covered) this.#waiting[next.from]?.push(strand.send(sendPlan));
    else if (next.lie && next.from === 2) this.#waiting[2]?.push(strand.lie(sendPlan));
  }

  #canSpend(strand: StrandBench, { assetId, amount }: SendPlan): boolean {
    const { isOrigin, balance } = strand.books(assetId);
    return isOrigin || balance >= amount;
  }

  /** The rope says that it is there, and no packet with it is waiting. */
  #hasTitle(strand: StrandBench, tokenId: Uint8Array): boolean {
    const key = stateKey.title(deed.assetId, tokenId);
    const location = this.world.rope.read(key, titleRecordCodec)?.location ?? deed.originGateway;
    const isWaiting = this.#waiting
      .flat()
      .some(({ payload }) => equalBytes(payload.slice(32, 64), tokenId));
    return equalBytes(location, strand.gateway) && !isWaiting;
  }

  #relay(index: number, count: number): void {
    const batch = this.#waiting[index]?.splice(0, count) ?? [];
    if (batch.length === 0) return;
    const { rope } = this.world;
    const { transactions } = rope.block(this.world.receive(this.#strand(index), ...batch));
    // The liar may give what is only on its way to it: that comes again after its receipts (ADR 0014).
    for (const { code, message } of transactions)
      if (code !== undefined && code !== "packet/early-return") throw new Error(message);
    const early = batch.filter(({ transferId }) => !rope.value(stateKey.transfer(transferId)));
    this.#waiting[index]?.unshift(...early);
  }

  /** The strand takes all its mail; each packet as `verdict` says, late ones as expired. */
  #answer(strand: StrandBench, verdict: number): boolean {
    const { packets, acknowledgements } = this.world.fetch(strand);
    for (const acknowledgement of acknowledgements) strand.acknowledge(acknowledgement);
    const { timeMs } = this.world.rope;
    const receipts = packets.map(({ packet, payload }, index) => {
      const chosen = (verdict + index) % 3 === 2 ? FAILED : DELIVERED;
      return strand.receive(packet, payload, packet.timeoutMs <= timeMs ? EXPIRED : chosen);
    });
    if (receipts.length > 0) this.world.rope.do(...this.world.acknowledge(strand, ...receipts));
    return packets.length + acknowledgements.length > 0;
  }

  /** The rope as the first strand: Bob sends of what he got. */
  #spend(next: Extract<Step, { kind: "spend" }>): void {
    const { rope } = this.world;
    const amount = 100n * BigInt(next.amount);
    if (this.world.holding(cny, bob) < amount) return;
    if (rope.account(bob).balance === 0n) {
      rope.do(plan(alice, "accounts/transfer", { to: bob.address, amount: 10n ** 12n }));
    }
    // It may be refused: C may be frozen by now.
    rope.block([
      plan(bob, "transfers/send-asset", {
        ...{ assetId: cny.assetId, tokenId: ZERO_32, amount, finalGateway: this.#gateway(next.to) },
        ...{ finalRecipient: seed("recipient"), finalTimeoutMs: LATER_MS, finalGasLimit: 0 },
        ...{ obligationId: ZERO_32, memo: new Uint8Array(0) },
      }),
    ]);
  }

  #hold({ subject, onExpiry }: Extract<Step, { kind: "hold" }>): void {
    const { rope, a, b } = this.world;
    const subjects: readonly (readonly [HoldSubjectKind, Uint8Array])[] = [
      [2, SENDERS[0]],
      [2, SENDERS[1]],
      [3, cny.assetId],
      [3, deed.assetId],
      [4, a.gateway],
      [4, b.gateway],
    ];
    const [kind, bytes] = subjects[subject] ?? [2, ZERO_32];
    if (rope.value(stateKey.holdBySubject(kind, bytes))) return;
    this.#holds.push(placeHold(rope, { kind, subject: bytes, forMs: HOLD_MS, onExpiry }));
  }

  #lift({ hold, decision }: Extract<Step, { kind: "lift" }>): void {
    const [holdId] = this.#holds.splice(hold, 1);
    if (holdId) liftHold(this.world.rope, holdId, decision);
  }

  /** Until nothing waits anywhere: holds end, windows pass, everything is carried and answered. */
  finish(): void {
    const { rope } = this.world;
    for (let round = 0; round < 200; round += 1) {
      let moved = false;
      for (const index of [0, 1, 2]) {
        moved ||= (this.#waiting[index]?.length ?? 0) > 0;
        this.#relay(index, 64);
      }
      for (const index of [0, 1, 2]) moved = this.#answer(this.#strand(index), 0) || moved;
      if (!moved && rope.records("transfers/release-queue/").length === 0) return;
      rope.at(rope.timeMs + 60_000n);
    }
    throw new Error("the walk does not come to rest");
  }
}
