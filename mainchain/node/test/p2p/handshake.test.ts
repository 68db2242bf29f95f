import { hmacSm3, kdfSm3, sm4 } from "@ropenet/crypto";
import { concatBytes, digest, encode, SUITE_SM, sm2, u64, utf8ToBytes } from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { createFrameReader, frameOf } from "../../src/p2p/frame.ts";
import { createInitiator, createResponder, type NodeIdentity } from "../../src/p2p/handshake.ts";
import { createLaneQueue } from "../../src/p2p/lanes.ts";
import { createSessionCipher } from "../../src/p2p/session-cipher.ts";

const chainId = digest(SUITE_SM, "test");
function identityOf(change: Partial<NodeIdentity> = {}): NodeIdentity {
  const secretKey = sm2.randomSecretKey();
  return {
    secretKey,
    publicKey: sm2.getPublicKey(secretKey),
    chainId,
    genesisHash: chainId,
    protocolVersion: 1,
    isAllowed: () => true,
    ...change,
  };
}
const code = (name: string) => expect.objectContaining({ code: name });
const flip = (bytes: Uint8Array, at: number) => {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};

describe("the handshake", () => {
  it("gives both sides the same keys, crossed, and the other's identity", () => {
    const [alice, bob] = [identityOf(), identityOf()];
    const initiator = createInitiator(alice);
    const responder = createResponder(bob, initiator.hello);
    const { confirmation, session } = initiator.finish(responder.reply);
    const other = responder.finish(confirmation);
    expect(session.peerPublicKey).toEqual(bob.publicKey);
    expect(other.peerPublicKey).toEqual(alice.publicKey);
    expect(session.sendKey).toEqual(other.receiveKey);
    expect(session.receiveKey).toEqual(other.sendKey);
    expect(session.sendKey).not.toEqual(session.receiveKey);
  });

  it("uses fresh keys every time", () => {
    const [alice, bob] = [identityOf(), identityOf()];
    const keys = [1, 2].map(() => {
      const initiator = createInitiator(alice);
      return initiator.finish(createResponder(bob, initiator.hello).reply).session.sendKey;
    });
    expect(keys[0]).not.toEqual(keys[1]);
  });

  it.each([
    ["p2p/unknown-node", { isAllowed: () => false }],
    ["p2p/wrong-chain", { chainId: new Uint8Array(32) }],
    ["p2p/wrong-genesis", { genesisHash: new Uint8Array(32) }],
    ["p2p/wrong-version", { protocolVersion: 2 }],
  ] as const)("refuses with %s on either side", (expected, change) => {
    const [usual, strict] = [identityOf(), identityOf(change)];
    const initiator = createInitiator(usual);
    expect(() => createResponder(strict, initiator.hello)).toThrow(code(expected));
    const caller = createInitiator(strict);
    const lenient = { ...usual, ...change, isAllowed: () => true };
    const reply = createResponder(lenient, caller.hello).reply;
    if (expected !== "p2p/unknown-node") return;
    expect(() => caller.finish(reply)).toThrow(code(expected));
  });

  it("refuses itself", () => {
    const alice = identityOf();
    expect(() => createResponder(alice, createInitiator(alice).hello)).toThrow(code("p2p/self"));
  });

  it("refuses someone who names a key that is not theirs", () => {
    const [alice, bob, mallory] = [identityOf(), identityOf(), identityOf()];
    const pretended = { ...mallory, publicKey: alice.publicKey };
    const initiator = createInitiator(pretended);
    const responder = createResponder(bob, initiator.hello);
    expect(() => initiator.finish(responder.reply)).toThrow(code("p2p/not-authentic"));
    const honest = createInitiator(alice);
    const posing = createResponder({ ...mallory, publicKey: bob.publicKey }, honest.hello);
    expect(() => honest.finish(posing.reply)).toThrow(code("p2p/not-authentic"));
  });

  it("refuses a reply in which any one byte was changed", () => {
    const [alice, bob] = [identityOf(), identityOf()];
    const initiator = createInitiator(alice);
    const { reply } = createResponder(bob, initiator.hello);
    for (const at of [0, 5, 7, 20, 60, 80, 110, 150, 190, 210, reply.length - 1]) {
      expect(() => initiator.finish(flip(reply, at)), `byte ${at}`).toThrow(/p2p\//);
    }
    expect(() => initiator.finish(reply.subarray(1))).toThrow(code("p2p/malformed"));
  });

  it("refuses a replayed confirmation", () => {
    const [alice, bob] = [identityOf(), identityOf()];
    const initiator = createInitiator(alice);
    const { confirmation } = initiator.finish(createResponder(bob, initiator.hello).reply);
    const again = createResponder(bob, initiator.hello);
    expect(() => again.finish(confirmation)).toThrow(code("p2p/not-authentic"));
  });
});

describe("session frames", () => {
  const key = new Uint8Array(32).fill(9);
  const body = (sealed: Uint8Array) => sealed.subarray(4);

  it("are one SM4-CTR stream, each frame with an HMAC-SM3 over its number, length and bytes", () => {
    const cipher = createSessionCipher(key);
    const texts = ["zero", "", "a longer one that ends inside a block"].map(utf8ToBytes);
    const keys = kdfSm3(key, 48);
    const stream = sm4.ctr(keys.slice(0, 16), new Uint8Array(16), concatBytes(...texts));
    let at = 0;
    for (const [number, text] of texts.entries()) {
      const ciphertext = stream.subarray(at, at + text.length);
      at += text.length;
      const tag = hmacSm3(
        keys.slice(16),
        concatBytes(encode(u64, BigInt(number)), encode(u64, BigInt(text.length)), ciphertext),
      );
      const expected = concatBytes(ciphertext, tag);
      expect(Uint8Array.from(body(cipher.seal(text)))).toEqual(expected);
    }
  });

  it("open in order, once, and unaltered only", () => {
    const [sender, receiver] = [createSessionCipher(key), createSessionCipher(key)];
    const frames = ["a", "b", "c"].map((text) => body(sender.seal(utf8ToBytes(text))));
    const [first, second, third] = frames as [Uint8Array, Uint8Array, Uint8Array];
    expect(receiver.open(first)).toEqual(utf8ToBytes("a"));
    const replayed = createSessionCipher(key);
    replayed.open(first);
    expect(() => replayed.open(first)).toThrow(code("p2p/not-authentic"));
    const skipped = createSessionCipher(key);
    expect(() => skipped.open(second)).toThrow(code("p2p/not-authentic"));
    expect(receiver.open(second)).toEqual(utf8ToBytes("b"));
    expect(() => receiver.open(flip(third, 0))).toThrow(code("p2p/not-authentic"));
    expect(() => createSessionCipher(key).open(new Uint8Array(5))).toThrow(
      code("p2p/not-authentic"),
    );
  });
});

describe("the frame reader", () => {
  it("puts frames together from any cuts", () => {
    const bodies = [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(300).fill(5)];
    const stream = Buffer.concat(bodies.map((one) => frameOf(one)));
    for (const size of [1, 2, 3, 7, 1_000]) {
      const reader = createFrameReader(300);
      const seen: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) {
        reader.push(stream.subarray(at, at + size));
        for (let frame = reader.next(); frame; frame = reader.next()) seen.push(frame);
      }
      expect(seen).toEqual(bodies);
    }
  });

  it("refuses a length above the limit before its body comes", () => {
    const reader = createFrameReader(10);
    reader.push(Uint8Array.of(0, 0, 0, 11));
    expect(() => reader.next()).toThrow(code("p2p/frame-too-long"));
  });
});

describe("the lanes", () => {
  it("send votes before proposals before sync before transactions, each in order", () => {
    const queue = createLaneQueue();
    queue.push("transaction", Uint8Array.of(4));
    queue.push("sync", Uint8Array.of(3));
    queue.push("vote", Uint8Array.of(1));
    queue.push("proposal", Uint8Array.of(2));
    queue.push("vote", Uint8Array.of(11));
    const sent = Array.from({ length: 6 }, () => queue.shift()?.[0]);
    expect(sent).toEqual([1, 11, 2, 3, 4, undefined]);
  });

  it("refuse what exceeds a lane's bytes, without touching the others", () => {
    const queue = createLaneQueue({ vote: 10, proposal: 10, sync: 10, transaction: 10 });
    expect(queue.push("vote", new Uint8Array(8))).toBe(true);
    expect(queue.push("vote", new Uint8Array(8))).toBe(false);
    expect(queue.push("transaction", new Uint8Array(8))).toBe(true);
    queue.shift();
    expect(queue.push("vote", new Uint8Array(8))).toBe(true);
  });
});
