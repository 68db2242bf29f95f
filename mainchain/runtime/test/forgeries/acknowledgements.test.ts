import {
  ACK_STATUS,
  type Acknowledgement,
  type AcknowledgePackets,
  ackHash,
  commitmentSlot,
  packetHash,
  type ReceivePackets,
  receiptSlot,
  SUITE_KECCAK,
  TRANSFER_STATE,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { ROPE, relayer } from "../kit/genesis.ts";
import { expectRefused } from "../kit/refuse.ts";
import { type Plan, plan } from "../kit/rope-bench.ts";
import { DELIVERED, type Sent, type Verdict } from "../kit/strand-bench.ts";
import { type Arrival, cny, createWorld, type World } from "../kit/world.ts";

const { assetId } = cny;
const { delivered, failed, expired } = ACK_STATUS;
const { forwarded, returned, settled } = TRANSFER_STATE;
const FAILED = { status: failed, code: 6 };

const acknowledge = (body: AcknowledgePackets): Plan => plan(relayer, "packets/acknowledge", body);
const receive = (body: ReceivePackets): Plan => plan(relayer, "packets/receive", body);

interface Scene {
  readonly world: World;
  readonly sents: readonly Sent[];
  /** the second legs, on their way to B */
  readonly legs: readonly Arrival[];
}

/** Two transfers from A are on their way to B; what B did with the first, `verdict` says. */
function createScene(): Scene {
  const world = createWorld();
  const { a, b } = world;
  const finalRecipient = seed("recipient");
  const sents = [500n, 700n].map((amount) =>
    a.send({ assetId, amount, finalGateway: b.gateway, finalRecipient }),
  );
  world.relay(a, ...sents);
  return { world, sents, legs: world.fetch(b).packets };
}

/** B takes the packet at `index`, and its header comes to the rope. */
function answered(scene: Scene, index: number, verdict: Verdict = DELIVERED) {
  const { world, legs } = scene;
  const leg = legs[index];
  if (!leg) throw new Error(`no leg ${index}`);
  const ack = world.b.receive(leg.packet, leg.payload, verdict);
  world.rope.do(world.update(world.b));
  return ack;
}

const statesOf = ({ world, sents }: Scene): readonly number[] =>
  sents.map((sent) => world.transfer(sent).state);

/** An acknowledgement under B's newest header, with the proof of its own receipt slot. */
const shown = ({ world }: Scene, ...acks: readonly Acknowledgement[]): Plan =>
  acknowledge(world.b.acknowledgeBody(acks));

describe("an acknowledgement", () => {
  it("is taken as it is", () => {
    const scene = createScene();
    scene.world.rope.do(shown(scene, answered(scene, 0)));
    expect(statesOf(scene)).toEqual([settled, forwarded]);
  });

  const changes: readonly (readonly [string, string, Partial<Acknowledgement>])[] = [
    ["as failed", "packet/not-received-there", { status: failed, code: 6 }],
    ["as expired", "packet/not-received-there", { status: expired, code: 1 }],
    ["with another code", "packet/not-received-there", { code: 9 }],
    ["with another payee", "packet/not-received-there", { payee: seed("thief") }],
    ["with another result", "packet/not-received-there", { resultHash: seed("result") }],
    ["with another time", "packet/not-received-there", { atMs: 1n }],
    ["with another version", "packet/not-received-there", { version: 2 }],
    ["of another packet", "packet/acknowledges-another", { packetHash: seed("packet") }],
    ["with no status", "packet/bad-status", { status: 0 }],
    ["with a status that nobody knows", "packet/bad-status", { status: 4 }],
    ["of a sequence that was never sent", "packet/unknown-sent", { sequence: 3n }],
    ["of sequence zero", "packet/unknown-sent", { sequence: 0n }],
    ["of another lane", "packet/unknown-sent", { lane: 1 }],
    ["of another source", "packet/wrong-source", { sourceGateway: seed("nowhere") }],
    ["of another strand", "packet/wrong-destination", { destinationGateway: ROPE }],
  ];

  it.each(changes)("told %s: %s", (_, code, change) => {
    const scene = createScene();
    const body = scene.world.b.acknowledgeBody([answered(scene, 0)]);
    const items = body.items.map((item) => ({
      ...item,
      acknowledgement: { ...item.acknowledgement, ...change },
    }));
    expectRefused(scene.world.rope, code, acknowledge({ ...body, items }));
  });

  it("from another strand that wrote the same receipt", () => {
    const scene = createScene();
    const { rope, c } = scene.world;
    const ack = answered(scene, 0);
    c.writeReceipt(ack);
    rope.do(scene.world.update(c));
    const body = acknowledge(c.acknowledgeBody([ack]));
    expectRefused(rope, "packet/wrong-destination", body);
  });

  it("under a header that nobody attested", () => {
    const scene = createScene();
    const { b, rope } = scene.world;
    const ack = answered(scene, 0);
    b.state.seal();
    expectRefused(rope, "client/unknown-height", shown(scene, ack));
  });
});

describe("refund without receipt", () => {
  const claims = [
    ["a failure", { status: failed, code: 6 }],
    ["an expiry", { status: expired, code: 1 }],
    ["a delivery", { status: delivered, code: 0 }],
  ] as const;

  it.each(claims)("%s that B never wrote: packet/not-received-there", (_, verdict) => {
    const scene = createScene();
    const { rope, b } = scene.world;
    const [leg] = scene.legs;
    if (!leg) throw new Error("unreachable");
    rope.do(scene.world.update(b));
    // Proven with an honest proof: of absence, which proves no receipt.
    const body = b.acknowledgeBody([b.fork().receive(leg.packet, leg.payload, verdict)]);
    expectRefused(rope, "packet/not-received-there", acknowledge(body));
    expect(statesOf(scene)).toEqual([forwarded, forwarded]);
  });
});

describe("expiry claimed early", () => {
  it("by a relayer: without B's receipt nothing comes back, however late it is", () => {
    const scene = createScene();
    const { rope, b } = scene.world;
    const [leg] = scene.legs;
    if (!leg) throw new Error("unreachable");
    const verdict = { status: expired, code: 1 };
    const claim = b.fork().receive(leg.packet, leg.payload, verdict);
    rope.at(leg.packet.timeoutMs - 1_000n);
    expect(statesOf(scene)).toEqual([forwarded, forwarded]);
    expectRefused(rope, "client/expired", shown(scene, claim));
  });

  it("of a first leg: one millisecond before its timeout it is in time, and never expires again", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const timeoutMs = rope.timeMs + 10_000n;
    const route = { assetId, amount: 1n, finalGateway: b.gateway, timeoutMs };
    const sent = a.send({ ...route, finalRecipient: seed("recipient") });
    rope.at(timeoutMs - 1n, ...world.receive(a, sent));
    expect(world.transfer(sent).state).toBe(forwarded);
    rope.at(timeoutMs + 1n);
    const [update, message] = world.receive(a, sent);
    expectRefused(rope, "packet/already-received", message, [update]);
  });
});

describe("ack twice", () => {
  it("under the same header, and under a newer one: packet/already-acknowledged", () => {
    const scene = createScene();
    const { rope, b } = scene.world;
    const ack = answered(scene, 0);
    rope.do(shown(scene, ack));
    expectRefused(rope, "packet/already-acknowledged", shown(scene, ack));
    rope.do(scene.world.update(b));
    expectRefused(rope, "packet/already-acknowledged", shown(scene, ack));
  });

  it("in one batch counts once", () => {
    const scene = createScene();
    const [first, second] = [answered(scene, 0), answered(scene, 1)];
    scene.world.rope.do(shown(scene, first, second, first));
    expect(statesOf(scene)).toEqual([settled, settled]);
    expect(scene.world.outstanding(cny, scene.world.b.gateway)).toBe(1_200n);
  });
});

describe("refund twice", () => {
  it("of a returned transfer: packet/already-acknowledged", () => {
    const scene = createScene();
    const { rope } = scene.world;
    const ack = answered(scene, 0, FAILED);
    rope.do(shown(scene, ack));
    expect(statesOf(scene)).toEqual([returned, forwarded]);
    expectRefused(rope, "packet/already-acknowledged", shown(scene, ack));
  });

  it("by a strand that rewrites its receipt: the first answer stands", () => {
    const scene = createScene();
    const { world } = scene;
    const { rope, b } = world;
    const ack = answered(scene, 0);
    rope.do(shown(scene, ack));
    const rewritten = b.fork();
    const lie: Acknowledgement = { ...ack, status: failed, code: 6 };
    rewritten.writeReceipt(lie);
    rope.do(plan(relayer, "chains/update-client", rewritten.attest(rewritten.state.seal())));
    const body = rewritten.acknowledgeBody([lie]);
    expectRefused(rope, "packet/already-acknowledged", acknowledge(body));
    expect(statesOf(scene)).toEqual([settled, forwarded]);
  });

  it("by the sender's strand: the packet that came back is taken no second time", () => {
    const scene = createScene();
    const { world, sents } = scene;
    const { rope, a } = world;
    rope.do(shown(scene, answered(scene, 0, FAILED)));
    const [sent] = sents;
    if (!sent) throw new Error("unreachable");
    world.answer(a);
    const again = a.commit(sent);
    const [update, message] = world.receive(a, again);
    expectRefused(rope, "packet/already-received", message, [update]);
  });
});

describe("ack for another packet", () => {
  it("the receipt of the first for the second: packet/acknowledges-another", () => {
    const scene = createScene();
    const { rope, b } = scene.world;
    const ack = answered(scene, 0);
    const other = { ...ack, sequence: 2n };
    const proof = b.state.prove(receiptSlot(ROPE, ack.lane, ack.sequence));
    const body = { anchor: b.state.anchor(), items: [{ acknowledgement: other, proof }] };
    expectRefused(rope, "packet/acknowledges-another", acknowledge(body));
  });

  it("the hash of the second in the receipt of the first, proven at the first's slot", () => {
    const scene = createScene();
    const { rope, b } = scene.world;
    const ack = answered(scene, 0);
    const [, second] = scene.legs;
    const hash = second ? packetHash(SUITE_KECCAK, second.packet) : ZERO_32;
    const other = { ...ack, sequence: 2n, packetHash: hash };
    const proof = b.state.prove(receiptSlot(ROPE, ack.lane, ack.sequence));
    const body = { anchor: b.state.anchor(), items: [{ acknowledgement: other, proof }] };
    expectRefused(rope, "proof/unused-node", acknowledge(body));
  });
});

describe("packet presented as ack", () => {
  it("a packet hash at the slot of a receipt", () => {
    const scene = createScene();
    const { rope, b } = scene.world;
    const [leg] = scene.legs;
    if (!leg) throw new Error("unreachable");
    const ack = b.fork().receive(leg.packet, leg.payload);
    const hash = packetHash(SUITE_KECCAK, leg.packet);
    b.state.set(receiptSlot(ROPE, ack.lane, ack.sequence), hash);
    rope.do(scene.world.update(b));
    expectRefused(rope, "packet/not-received-there", shown(scene, ack));
  });

  it("the proof of a commitment for that of a receipt", () => {
    const scene = createScene();
    const { rope, b } = scene.world;
    const [leg] = scene.legs;
    if (!leg) throw new Error("unreachable");
    const ack = b.fork().receive(leg.packet, leg.payload);
    const slot = commitmentSlot(ROPE, ack.lane, ack.sequence);
    b.state.set(slot, ackHash(SUITE_KECCAK, ack));
    rope.do(scene.world.update(b));
    const items = [{ acknowledgement: ack, proof: b.state.prove(slot) }];
    const body = { anchor: b.state.anchor(), items };
    expectRefused(rope, "packet/not-received-there", acknowledge(body));
  });
});

describe("ack presented as packet", () => {
  it("an acknowledgement's hash at the slot of a commitment", () => {
    const { world } = createScene();
    const { rope, b, a } = world;
    const finalRecipient = seed("recipient");
    const drafted = b.draft({ assetId, amount: 1n, finalGateway: a.gateway, finalRecipient });
    const { lane, sequence } = drafted.packet;
    const ack: Acknowledgement = {
      ...{ version: 1, status: delivered, code: 0, lane, sequence, atMs: 0n },
      ...{ sourceGateway: ROPE, destinationGateway: b.gateway },
      ...{ packetHash: drafted.transferId, resultHash: ZERO_32, payee: ZERO_32 },
    };
    b.state.set(commitmentSlot(ROPE, lane, sequence), ackHash(SUITE_KECCAK, ack));
    const [update, message] = world.receive(b, drafted);
    expectRefused(rope, "packet/not-committed", message, [update]);
  });

  it("a packet's hash at the slot of a receipt", () => {
    const { world } = createScene();
    const { rope, b, a } = world;
    const finalRecipient = seed("recipient");
    const drafted = b.draft({ assetId, amount: 1n, finalGateway: a.gateway, finalRecipient });
    const { lane, sequence } = drafted.packet;
    const slot = receiptSlot(ROPE, lane, sequence);
    b.state.set(slot, drafted.transferId);
    rope.do(world.update(b));
    const { packet, payload } = drafted;
    const items = [{ packet, payload, proof: b.state.prove(slot) }];
    const body = { anchor: b.state.anchor(), items };
    expectRefused(rope, "packet/not-committed", receive(body));
  });
});

it("zero everything: an acknowledgement of zeros, and an empty batch", () => {
  const scene = createScene();
  const { rope, b } = scene.world;
  rope.do(scene.world.update(b));
  const zeros: Acknowledgement = {
    ...{ version: 0, status: 0, code: 0, lane: 0, sequence: 0n, atMs: 0n },
    ...{ sourceGateway: ZERO_32, destinationGateway: ZERO_32 },
    ...{ packetHash: ZERO_32, resultHash: ZERO_32, payee: ZERO_32 },
  };
  expectRefused(rope, "packet/wrong-source", shown(scene, zeros));
  const fromRope = { ...zeros, sourceGateway: ROPE };
  expectRefused(rope, "packet/wrong-destination", shown(scene, fromRope));
  const toB = { ...fromRope, destinationGateway: b.gateway };
  expectRefused(rope, "packet/bad-status", shown(scene, toB));
  expectRefused(rope, "packet/unknown-sent", shown(scene, { ...toB, status: delivered }));
  expectRefused(rope, "packet/empty-batch", shown(scene));
});
