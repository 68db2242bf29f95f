import {
  COUNTER,
  commitmentSlot,
  counterSlot,
  encode,
  keccak256,
  type ReceivePackets,
  type TrieNodes,
  u256,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { relayer } from "../kit/genesis.ts";
import { claimBooks } from "../kit/observe.ts";
import { EMPTY_TRIE_ROOT, rlp } from "../kit/patricia.ts";
import { expectRefused } from "../kit/refuse.ts";
import { type Plan, plan } from "../kit/rope-bench.ts";
import type { Sent, StrandBench } from "../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../kit/world.ts";

const { assetId } = cny;

const receive = (body: ReceivePackets): Plan => plan(relayer, "packets/receive", body);

function send({ a, b }: World): Sent {
  const finalRecipient = seed("recipient");
  return a.send({ assetId, amount: 500n, finalGateway: b.gateway, finalRecipient });
}

interface Scene {
  readonly world: World;
  readonly sent: Sent;
  readonly body: ReceivePackets;
}

/** A packet of A whose proof goes through branches: others are committed beside it. */
function createScene(): Scene {
  const world = createWorld();
  const { rope, a } = world;
  const [sent] = Array.from({ length: 12 }, () => send(world));
  if (!sent) throw new Error("unreachable");
  rope.do(world.update(a));
  return { world, sent, body: a.receiveBody([sent]) };
}

const EXTRA = rlp([Uint8Array.of(0x20), seed("extra")]);

/** How a proof of several nodes is spoilt. */
const spoils: readonly (readonly [string, string, (nodes: TrieNodes) => TrieNodes])[] = [
  ["proof with an extra node at its end", "proof/unused-node", (nodes) => [...nodes, EXTRA]],
  ["proof with an extra node at its start", "proof/wrong-node", (nodes) => [EXTRA, ...nodes]],
  ["proof with a missing last node", "proof/missing-node", (nodes) => nodes.slice(0, -1)],
  ["proof with a missing first node", "proof/wrong-node", (nodes) => nodes.slice(1)],
  ["proof without any node", "proof/missing-node", () => []],
  [
    "proof with a duplicated first node",
    "proof/wrong-node",
    (nodes) => [...nodes.slice(0, 1), ...nodes],
  ],
  [
    "proof with a duplicated last node",
    "proof/unused-node",
    (nodes) => [...nodes, ...nodes.slice(-1)],
  ],
  ["proof in another order", "proof/wrong-node", (nodes) => nodes.toReversed()],
  [
    "proof with a changed bit",
    "proof/wrong-node",
    (nodes) => nodes.map((node) => node.with(40, (node[40] ?? 0) ^ 1)),
  ],
];

describe("a proof", () => {
  it("starts from several nodes that would be taken", () => {
    const { world, body } = createScene();
    expect(body.anchor.accountProof.length).toBeGreaterThan(1);
    expect(body.items[0]?.proof.length).toBeGreaterThan(1);
    world.rope.do(receive(body));
  });

  it.each(spoils)("%s, in the storage: %s", (_, code, spoil) => {
    const { world, body } = createScene();
    const items = body.items.map((item) => ({ ...item, proof: spoil(item.proof) }));
    expectRefused(world.rope, code, receive({ ...body, items }));
  });

  it.each(spoils)("%s, in the account: %s", (_, code, spoil) => {
    const { world, body } = createScene();
    const anchor = { ...body.anchor, accountProof: spoil(body.anchor.accountProof) };
    expectRefused(world.rope, code, receive({ ...body, anchor }));
  });

  it("of the account does not stand for one of the storage", () => {
    const { world, body } = createScene();
    const { accountProof } = body.anchor;
    const items = body.items.map((item) => ({ ...item, proof: accountProof }));
    expectRefused(world.rope, "proof/wrong-node", receive({ ...body, items }));
  });

  it("of another slot does not stand for this one", () => {
    const { world, body } = createScene();
    const { a } = world;
    const other = a.state.prove(counterSlot(assetId, COUNTER.out));
    const items = body.items.map((item) => ({ ...item, proof: other }));
    expectRefused(world.rope, "proof/wrong-node", receive({ ...body, items }));
  });
});

describe("proof from an older code hash", () => {
  it("a gateway with other code is another gateway: proof/code-hash-mismatch", () => {
    const { world, sent } = createScene();
    const { rope, a } = world;
    a.state.account = { ...a.state.account, codeHash: keccak256(seed("upgraded code")) };
    const [update, message] = world.receive(a, sent);
    expectRefused(rope, "proof/code-hash-mismatch", message, [update]);
  });

  it("an account without code, and one whose code hash is nothing", () => {
    for (const codeHash of [keccak256(new Uint8Array(0)), ZERO_32]) {
      const { world, sent } = createScene();
      const { rope, a } = world;
      a.state.account = { ...a.state.account, codeHash };
      const [update, message] = world.receive(a, sent);
      expectRefused(rope, "proof/code-hash-mismatch", message, [update]);
    }
  });
});

/** The books of A as they are, proven at its newest height. */
const observation = (strand: StrandBench): Plan =>
  plan(relayer, "transfers/observe-books", claimBooks(strand, assetId));

describe("storage value with leading zeros", () => {
  const words: readonly (readonly [string, string, Uint8Array])[] = [
    ["a number padded to a word", "proof/bad-value", rlp(encode(u256, 6_000n))],
    ["a number with one zero before it", "proof/bad-value", rlp(Uint8Array.of(0, 0x17, 0x70))],
    ["a zero that is stored", "proof/bad-value", rlp(new Uint8Array(0))],
    ["a list in place of a number", "proof/bad-value", rlp([Uint8Array.of(0x17, 0x70)])],
    ["more than a word", "proof/bad-value", rlp(new Uint8Array(33).fill(1))],
    ["a byte in a longer form than its own", "proof/bad-rlp", Uint8Array.of(0x81, 0x05)],
    ["bytes after the number", "proof/bad-rlp", Uint8Array.of(0x82, 0x17, 0x70, 0x00)],
    ["nothing at all", "proof/bad-node", new Uint8Array(0)],
  ];

  it.each(words)("%s: %s", (_, code, raw) => {
    const { world } = createScene();
    const { rope, a } = world;
    a.state.setRaw(counterSlot(assetId, COUNTER.out), raw);
    const update = world.update(a);
    expectRefused(rope, code, observation(a), [update]);
  });

  it("a packet hash with a zero before it is no packet hash", () => {
    const world = createWorld();
    const { rope, a } = world;
    const sent = send(world);
    const { destinationGateway, lane, sequence } = sent.packet;
    const padded = rlp(new Uint8Array([0, ...sent.transferId]));
    a.state.setRaw(commitmentSlot(destinationGateway, lane, sequence), padded);
    const [update, message] = world.receive(a, sent);
    expectRefused(rope, "proof/bad-value", message, [update]);
  });
});

describe("empty-root proof", () => {
  it("a header whose state is empty", () => {
    const { world, body } = createScene();
    const { rope, a } = world;
    const header = { ...a.state.seal(), stateRoot: EMPTY_TRIE_ROOT };
    rope.do(plan(relayer, "chains/update-client", a.attest(header)));
    for (const accountProof of [[], [Uint8Array.of(0x80)], body.anchor.accountProof]) {
      const anchor = { gateway: a.gateway, height: header.height, accountProof };
      expectRefused(rope, "proof/empty-root", receive({ ...body, anchor }));
    }
  });

  it("a gateway whose storage is empty: it has committed to nothing", () => {
    const { world, sent } = createScene();
    const { rope, a } = world;
    a.state.clear();
    const [update, message] = world.receive(a, sent);
    expectRefused(rope, "packet/not-committed", message, [update]);
    const body = a.receiveBody([sent]);
    const items = body.items.map((item) => ({ ...item, proof: [Uint8Array.of(0x80)] }));
    expectRefused(rope, "proof/unused-node", receive({ ...body, items }));
  });

  it("a proof of absence is no proof of a packet", () => {
    const { world } = createScene();
    const { rope, a, b } = world;
    const finalRecipient = seed("recipient");
    const drafted = a.draft({ assetId, amount: 1n, finalGateway: b.gateway, finalRecipient });
    expectRefused(rope, "packet/not-committed", receive(a.receiveBody([drafted])));
  });
});
