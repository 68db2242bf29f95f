import {
  type AssetPayload,
  assetPayloadCodec,
  decode,
  encode,
  type Packet,
  packetHash,
  payloadHash,
  type ReceivePackets,
  ropeChainId,
  ropeGatewayUid,
  SUITE_KECCAK,
  TRANSFER_STATE,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { member, ROPE, relayer } from "../kit/genesis.ts";
import { expectRefused } from "../kit/refuse.ts";
import { type Plan, plan } from "../kit/rope-bench.ts";
import { type SendPlan, type Sent, StrandBench } from "../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../kit/world.ts";

const { assetId } = cny;
const finalRecipient = seed("recipient");

function route(to: Uint8Array, change: Partial<SendPlan> = {}): SendPlan {
  return { assetId, amount: 500n, finalGateway: to, finalRecipient, ...change };
}

interface Scene {
  readonly world: World;
  readonly sent: Sent;
  /** the honest message that brings the packet */
  readonly body: ReceivePackets;
}

/** A's packet is committed, and its header is known to the rope. */
function createScene(): Scene {
  const world = createWorld();
  const { rope, a, b } = world;
  const sent = a.send(route(b.gateway));
  rope.do(world.update(a));
  return { world, sent, body: a.receiveBody([sent]) };
}

const receive = (body: ReceivePackets): Plan => plan(relayer, "packets/receive", body);

/** The same message with another packet in it. */
function withPacket({ body }: Scene, change: Partial<Packet>, payload?: Uint8Array): Plan {
  const items = body.items.map((item) => ({
    ...item,
    packet: { ...item.packet, ...change },
    payload: payload ?? item.payload,
  }));
  return receive({ ...body, items });
}

/** The same message with another payload, under hash and length that match it. */
function withPayload(scene: Scene, change: Partial<AssetPayload>): Plan {
  const payload = encode(assetPayloadCodec, {
    ...decode(assetPayloadCodec, scene.sent.payload),
    ...change,
  });
  const hash = payloadHash(SUITE_KECCAK, payload);
  return withPacket(scene, { payloadHash: hash, payloadLength: payload.length }, payload);
}

it("is a message that would be taken as it is", () => {
  const { world, sent, body } = createScene();
  world.rope.do(receive(body));
  expect(world.transfer(sent).state).toBe(TRANSFER_STATE.forwarded);
});

const altered: readonly (readonly [string, string, (scene: Scene) => Plan])[] = [
  ["altered amount", "packet/not-committed", (scene) => withPayload(scene, { amount: 501n })],
  [
    "altered recipient, in the payload",
    "packet/not-committed",
    (scene) => withPayload(scene, { finalRecipient: seed("thief") }),
  ],
  [
    "altered recipient, in the packet",
    "packet/not-committed",
    (scene) => withPacket(scene, { recipient: seed("thief") }),
  ],
  [
    "altered timeout of the first leg",
    "packet/not-committed",
    (scene) => withPacket(scene, { timeoutMs: 1n }),
  ],
  [
    "altered timeout of the last leg",
    "packet/not-committed",
    (scene) => withPayload(scene, { finalTimeoutMs: 1n }),
  ],
  [
    "altered payload: another destination",
    "packet/not-committed",
    (scene) => withPayload(scene, { finalGateway: scene.world.c.gateway }),
  ],
  [
    "altered payload: a memo",
    "packet/not-committed",
    (scene) => withPayload(scene, { memo: Uint8Array.of(1) }),
  ],
  [
    "altered sender",
    "packet/not-committed",
    (scene) => withPacket(scene, { sender: seed("thief") }),
  ],
  ["altered gas", "packet/not-committed", (scene) => withPacket(scene, { gasLimit: 1 })],
  ["altered kind", "packet/not-committed", (scene) => withPacket(scene, { kind: 2 })],
  ["altered version", "packet/bad-version", (scene) => withPacket(scene, { version: 2 })],
  ["altered transfer id", "packet/not-leg-one", (s) => withPacket(s, { transferId: seed("x") })],
  ["altered lane", "proof/unused-node", (scene) => withPacket(scene, { lane: 1 })],
  ["altered sequence", "proof/wrong-node", (scene) => withPacket(scene, { sequence: 2n })],
  ["sequence zero", "packet/zero-sequence", (scene) => withPacket(scene, { sequence: 0n })],
  [
    "payload not matching its hash",
    "packet/payload-mismatch",
    (scene) => withPacket(scene, {}, scene.sent.payload.with(80, 1)),
  ],
  [
    "payload not matching its hash: longer by a byte",
    "packet/payload-mismatch",
    (scene) => withPacket(scene, {}, new Uint8Array([...scene.sent.payload, 0])),
  ],
  [
    "payload not matching its length",
    "packet/payload-mismatch",
    (scene) => withPacket(scene, { payloadLength: 1 }),
  ],
];

it.each(altered)("%s: %s", (_, code, forge) => {
  const scene = createScene();
  expectRefused(scene.world.rope, code, forge(scene));
});

describe("wrong chain", () => {
  it("a packet for another rope", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const drafted = a.draft(route(b.gateway));
    const destinationGateway = ropeGatewayUid(ropeChainId("another rope"));
    const packet = { ...drafted.packet, destinationGateway };
    const transferId = packetHash(SUITE_KECCAK, packet);
    const sent = a.commit({ ...drafted, packet, transferId });
    const [update, message] = world.receive(a, sent);
    expectRefused(rope, "packet/wrong-destination", message, [update]);
  });

  it("a packet committed for another rope, rewritten for this one", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const drafted = a.draft(route(b.gateway));
    const destinationGateway = ropeGatewayUid(ropeChainId("another rope"));
    const packet = { ...drafted.packet, destinationGateway };
    a.commit({ ...drafted, packet, transferId: packetHash(SUITE_KECCAK, packet) });
    const [update, message] = world.receive(a, drafted);
    expectRefused(rope, "packet/not-committed", message, [update]);
  });

  it("the state of another strand under a header of this one", () => {
    const { world, sent, body } = createScene();
    const { rope, a, b } = world;
    b.commit(sent);
    rope.do(world.update(b));
    const { accountProof } = b.state.anchor();
    const anchor = { ...body.anchor, accountProof };
    expectRefused(rope, "proof/wrong-node", receive({ ...body, anchor }));
    const items = b.receiveBody([sent]).items;
    expectRefused(rope, "proof/wrong-node", receive({ anchor: a.state.anchor(), items }));
  });
});

describe("wrong gateway", () => {
  it("a packet of another gateway, committed by this one", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const drafted = a.draft(route(b.gateway));
    const packet = { ...drafted.packet, sourceGateway: b.gateway };
    const transferId = packetHash(SUITE_KECCAK, packet);
    const sent = a.commit({ ...drafted, packet, transferId });
    const [update, message] = world.receive(a, sent);
    expectRefused(rope, "packet/wrong-source", message, [update]);
  });

  it("a packet of this gateway under the header of another", () => {
    const { world, sent } = createScene();
    const { rope, b } = world;
    b.commit(sent);
    const [update, message] = world.receive(b, sent);
    expectRefused(rope, "packet/wrong-source", message, [update]);
  });

  it("a packet that is not for the rope", () => {
    const scene = createScene();
    const change = { destinationGateway: scene.world.b.gateway };
    expectRefused(scene.world.rope, "packet/wrong-destination", withPacket(scene, change));
  });

  it("a gateway that nobody registered, and the rope's own", () => {
    const { world, body } = createScene();
    for (const gateway of [seed("nowhere"), ROPE]) {
      const anchor = { ...body.anchor, gateway };
      expectRefused(world.rope, "chain/unknown", receive({ ...body, anchor }));
    }
  });

  it("a contract beside the gateway, where the gateway itself is gone", () => {
    const { world, body } = createScene();
    const { rope, a } = world;
    const { address } = a.state.account;
    a.state.account = { ...a.state.account, address: seed("impostor").slice(12) };
    rope.do(world.update(a));
    const impostor = { ...body, anchor: a.state.anchor() };
    expectRefused(rope, "proof/unused-node", receive(impostor));
    const absent = { ...body, anchor: a.state.anchor(undefined, address) };
    expectRefused(rope, "proof/account-absent", receive(absent));
  });
});

describe("redeployed gateway", () => {
  /** A's gateway once more on the same chain, in its second deployment. */
  function redeployed(scene: Scene): StrandBench {
    const { name, deployment } = scene.world.a.registration;
    const again = new StrandBench({ name, deployment: deployment + 1 });
    again.commit(scene.sent);
    return again;
  }

  it("is another gateway: unknown until it is registered", () => {
    const scene = createScene();
    const again = redeployed(scene);
    again.state.seal();
    const message = receive(again.receiveBody([scene.sent]));
    expectRefused(scene.world.rope, "chain/unknown", message);
  });

  it("replays no packet of the old one, as it is or rewritten", () => {
    const scene = createScene();
    const { rope } = scene.world;
    const again = redeployed(scene);
    rope.do(plan(member, "chains/register", again.registration));
    rope.do(plan(relayer, "chains/update-client", again.attest(again.state.seal())));
    const body = again.receiveBody([scene.sent]);
    expectRefused(rope, "packet/wrong-source", receive(body));
    const rewritten = withPacket({ ...scene, body }, { sourceGateway: again.gateway });
    expectRefused(rope, "packet/not-committed", rewritten);
  });
});

describe("replay", () => {
  it("of a packet under the same header: packet/already-received", () => {
    const { world, body } = createScene();
    world.rope.do(receive(body));
    expectRefused(world.rope, "packet/already-received", receive(body));
  });

  it("of a packet under a newer header, and after the transfer has ended", () => {
    const { world, sent, body } = createScene();
    const { rope, a, b } = world;
    rope.do(receive(body));
    const [update, message] = world.receive(a, sent);
    expectRefused(rope, "packet/already-received", message, [update]);
    world.answer(b);
    expectRefused(rope, "packet/already-received", receive(body));
  });

  it("of another packet at a sequence that is taken: the first one stands", () => {
    const { world, sent, body } = createScene();
    const { rope, a, b } = world;
    rope.do(receive(body));
    const drafted = a.draft(route(b.gateway, { amount: 9_999n }));
    const packet = { ...drafted.packet, sequence: sent.packet.sequence };
    const other = a.commit({ ...drafted, packet, transferId: packetHash(SUITE_KECCAK, packet) });
    const [update, message] = world.receive(a, other);
    expectRefused(rope, "packet/already-received", message, [update]);
  });

  it("inside a batch is passed over, and what is new is taken", () => {
    const { world, sent, body } = createScene();
    const { rope, a, b } = world;
    rope.do(receive(body));
    const fresh = a.send(route(b.gateway, { amount: 7n }));
    world.relay(a, sent, fresh, sent, fresh);
    expect(world.transfer(fresh).state).toBe(TRANSFER_STATE.forwarded);
    expect(world.books(cny)).toMatchObject({ inFlight: 507n });
  });
});

it("one bad item undoes its whole batch", () => {
  const { world, sent, body } = createScene();
  const [item] = body.items;
  if (!item) throw new Error("unreachable");
  const bad = { ...item, packet: { ...item.packet, sequence: 2n } };
  expectRefused(world.rope, "proof/wrong-node", receive({ ...body, items: [item, bad] }));
  expect(() => world.transfer(sent)).toThrow("nothing at");
});

describe("zero everything", () => {
  const nothing: Packet = {
    ...{ version: 0, kind: 0, lane: 0, sequence: 0n, timeoutMs: 0n, gasLimit: 0 },
    ...{ sourceGateway: ZERO_32, destinationGateway: ZERO_32, transferId: ZERO_32 },
    ...{ sender: ZERO_32, recipient: ZERO_32, payloadLength: 0, payloadHash: ZERO_32 },
  };

  it("is refused field by field", () => {
    const scene = createScene();
    const { rope, a } = scene.world;
    const none = new Uint8Array(0);
    const tries: readonly (readonly [string, Partial<Packet>])[] = [
      ["packet/bad-version", {}],
      ["packet/wrong-source", { version: 1 }],
      ["packet/wrong-destination", { version: 1, sourceGateway: a.gateway }],
      ["packet/zero-sequence", { version: 1, sourceGateway: a.gateway, destinationGateway: ROPE }],
      [
        "packet/payload-mismatch",
        { version: 1, sourceGateway: a.gateway, destinationGateway: ROPE, sequence: 1n },
      ],
    ];
    for (const [code, change] of tries) {
      expectRefused(rope, code, withPacket(scene, { ...nothing, ...change }, none));
    }
  });

  it("an empty batch, an anchor of zeros", () => {
    const { world, body } = createScene();
    expectRefused(world.rope, "packet/empty-batch", receive({ ...body, items: [] }));
    const anchor = { gateway: ZERO_32, height: 0n, accountProof: [] };
    expectRefused(world.rope, "chain/unknown", receive({ ...body, anchor }));
  });

  it("a slot that holds nothing proves no packet", () => {
    const world = createWorld();
    const { rope, a, b } = world;
    const [update, message] = world.receive(a, a.draft(route(b.gateway)));
    expectRefused(rope, "packet/not-committed", message, [update]);
  });

  it("a payload of zeros names an asset that nobody registered", () => {
    const world = createWorld();
    const { a } = world;
    const zeros = { assetId: ZERO_32, amount: 0n, finalTimeoutMs: 0n, finalGasLimit: 0 };
    const sent = a.lie({ ...zeros, finalGateway: ZERO_32, finalRecipient: ZERO_32 });
    world.relay(a, sent);
    expect(world.answersTo(sent)).toMatchObject([{ status: 2, code: 2 }]);
  });
});
