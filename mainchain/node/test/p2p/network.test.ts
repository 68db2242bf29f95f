import { connect, type Socket } from "node:net";
import { addressOf, bytesToHex, digest, SUITE_SM, sm2, utf8ToBytes } from "@ropenet/protocol";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createBanBook } from "../../src/p2p/ban-book.ts";
import type { Connection } from "../../src/p2p/connection.ts";
import type { PeerError } from "../../src/p2p/errors.ts";
import { frameOf } from "../../src/p2p/frame.ts";
import { createInitiator, type NodeIdentity } from "../../src/p2p/handshake.ts";
import { encodeMessageFrame } from "../../src/p2p/message.ts";
import { createNetwork, type Network, type NetworkOptions } from "../../src/p2p/network.ts";
import { createSessionCipher } from "../../src/p2p/session-cipher.ts";

const chainId = digest(SUITE_SM, "test");
const identityOf = (change: Partial<NodeIdentity> = {}): NodeIdentity => {
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
};

interface Watched {
  readonly network: Network;
  readonly publicKey: Uint8Array;
  readonly connected: Connection[];
  readonly lost: Connection[];
  readonly messages: string[];
  readonly refused: PeerError[];
}
const open: Network[] = [];
async function start(
  identity: NodeIdentity,
  change: Partial<NetworkOptions> = {},
  bans = createBanBook(),
): Promise<Watched> {
  const seen = { connected: [], lost: [], messages: [], refused: [] } as Omit<
    Watched,
    "network" | "publicKey"
  >;
  const network = createNetwork(
    { host: "127.0.0.1", port: 0, peers: [], identity, ...change },
    {
      logger: pino({ level: "silent" }),
      bans,
      events: {
        onConnect: (peer) => seen.connected.push(peer),
        onMessage: (_, message) => seen.messages.push(new TextDecoder().decode(message)),
        onDisconnect: (peer) => seen.lost.push(peer),
        onRefused: (reason) => seen.refused.push(reason),
      },
    },
  );
  open.push(network);
  await network.start();
  return { network, publicKey: identity.publicKey, ...seen };
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((network) => network.close()));
});

const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 10 }).toBe(true);
const at = ({ network }: Watched) => `127.0.0.1:${network.port()}`;

function dial(network: Watched): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(network.network.port(), "127.0.0.1", () => resolve(socket));
    socket.on("error", () => undefined);
  });
}
const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.resume();
  });

/** An authenticated socket under the test's own control. */
async function intruder(target: Watched, identity: NodeIdentity) {
  const socket = await dial(target);
  const initiator = createInitiator(identity);
  socket.write(frameOf(initiator.hello));
  const reply = await new Promise<Uint8Array>((resolve) => {
    socket.once("data", (chunk: Buffer) => resolve(Uint8Array.from(chunk.subarray(4))));
  });
  const { confirmation, session } = initiator.finish(reply);
  socket.write(frameOf(confirmation));
  return { socket, cipher: createSessionCipher(session.sendKey) };
}

describe("the mesh", () => {
  it("connects two nodes that dial each other by one connection and carries messages both ways", async () => {
    const [alice, bob] = [identityOf(), identityOf()];
    const first = await start(alice);
    const second = await start(bob, { peers: [at(first)] });
    await until(() => first.network.peers().length === 1 && second.network.peers().length === 1);
    first.network.peers()[0]?.send("vote", utf8ToBytes("to bob"));
    second.network.peers()[0]?.send("transaction", utf8ToBytes("to alice"));
    await until(() => first.messages.length === 1 && second.messages.length === 1);
    expect(first.messages).toEqual(["to alice"]);
    expect(second.messages).toEqual(["to bob"]);
    expect(first.network.peers()[0]?.publicKey).toEqual(bob.publicKey);
  });

  it("carries the longest block both ways at once and keeps votes ahead of it", async () => {
    const first = await start(identityOf());
    const second = await start(identityOf(), { peers: [at(first)] });
    await until(() => first.network.peers().length === 1 && second.network.peers().length === 1);
    const block = new Uint8Array(4 * 1024 * 1024).fill(65);
    const [there] = first.network.peers();
    for (let turn = 0; turn < 3; turn += 1) there?.send("proposal", block);
    there?.send("vote", utf8ToBytes("vote"));
    await until(() => second.messages.length === 4);
    expect(second.messages.indexOf("vote")).toBeLessThan(3);
  });

  it("drops a node whose key it does not know, before any session", async () => {
    const known = identityOf();
    const first = await start(
      identityOf({
        isAllowed: (key) => key.every((byte, index) => byte === known.publicKey[index]),
      }),
    );
    const stranger = await start(identityOf(), { peers: [at(first)] });
    await until(() => first.refused.length > 0);
    expect(first.refused[0]?.code).toBe("p2p/unknown-node");
    const friend = await start(known, { peers: [at(first)] });
    await until(() => friend.connected.length === 1);
    expect(stranger.connected).toEqual([]);
  });

  it("drops a node of another chain", async () => {
    const first = await start(identityOf());
    await start(identityOf({ chainId: new Uint8Array(32) }), { peers: [at(first)] });
    await until(() => first.refused.length > 0);
    expect(first.refused[0]?.code).toBe("p2p/wrong-chain");
    expect(first.connected).toEqual([]);
  });

  it("drops a peer at a frame that was tampered with, and keeps that key out for a while", async () => {
    const first = await start(identityOf());
    const identity = identityOf();
    const { socket, cipher } = await intruder(first, identity);
    socket.write(cipher.seal(utf8ToBytes("good")));
    await until(() => first.messages.length === 1);
    const bad = cipher.seal(utf8ToBytes("bad"));
    bad[6] = (bad[6] ?? 0) ^ 1;
    socket.write(bad);
    await closed(socket);
    expect(first.messages).toEqual(["good"]);
    expect(first.lost).toHaveLength(1);
    await start(identity, { peers: [at(first)] });
    await until(() => first.refused.some(({ code }) => code === "p2p/unknown-node"));
  });

  it("drops a peer that announces an endless frame", async () => {
    const first = await start(identityOf());
    const { socket } = await intruder(first, identityOf());
    await until(() => first.connected.length === 1);
    socket.write(Uint8Array.of(255, 255, 255, 255));
    await closed(socket);
    expect(first.lost).toHaveLength(1);
  });

  it("drops a peer that floods one lane and keeps its key out, while an honest one is heard", async () => {
    const bans = createBanBook();
    const first = await start(identityOf(), {}, bans);
    const honest = await start(identityOf(), { peers: [at(first)] });
    await until(() => honest.connected.length === 1);
    const { socket, cipher } = await intruder(first, identityOf());
    await until(() => first.connected.length === 2);
    const request = encodeMessageFrame({ kind: "syncRequest", from: 1n, limit: 64 });
    for (let turn = 0; turn < 1_000; turn += 1) socket.write(cipher.seal(request));
    const asked = Date.now();
    honest.connected[0]?.send("vote", utf8ToBytes("honest"));
    await until(() => first.messages.includes("honest"));
    expect(Date.now() - asked).toBeLessThan(2_000);
    await closed(socket);
    expect(first.lost).toHaveLength(1);
    expect(bans.size).toBe(1);
    expect(first.network.peers().map(({ id }) => id)).toEqual([
      honest.connected[0] && bytesToHex(addressOf(honest.publicKey)),
    ]);
  });

  it("gives up on a handshake that dawdles or is noise", async () => {
    const first = await start(identityOf(), { handshakeTimeoutMs: 150 });
    const slow = await dial(first);
    slow.write(Uint8Array.of(0, 0));
    await closed(slow);
    const noise = await dial(first);
    noise.write(new Uint8Array(4_096).fill(7));
    await closed(noise);
    const short = await dial(first);
    short.write(frameOf(new Uint8Array(10)));
    await closed(short);
    expect(first.refused.map(({ code }) => code).toSorted()).toEqual([
      "p2p/frame-too-long",
      "p2p/handshake-timeout",
      "p2p/malformed",
    ]);
  });

  it("lets idle strangers not keep others out", async () => {
    const first = await start(identityOf());
    const idle = await Promise.all(Array.from({ length: 80 }, () => dial(first)));
    const second = await start(identityOf(), { peers: [at(first)] });
    await until(() => second.connected.length === 1);
    for (const socket of idle) socket.destroy();
  });

  it("notices a silent peer and a peer that is no longer allowed", async () => {
    let allowed = true;
    const pace = { pingIntervalMs: 50, idleTimeoutMs: 200 };
    const first = await start(identityOf({ isAllowed: () => allowed }), { connection: pace });
    const { socket } = await intruder(first, identityOf());
    await closed(socket);
    expect(first.lost).toHaveLength(1);
    const second = await start(identityOf(), { peers: [at(first)], connection: pace });
    await until(() => second.connected.length === 1 && first.network.peers().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(first.network.peers()).toHaveLength(1);
    allowed = false;
    first.network.review();
    expect(first.network.peers()).toHaveLength(0);
  });

  it("finds a node again that was restarted", async () => {
    const first = await start(identityOf());
    const identity = identityOf();
    const second = await start(identity, { peers: [at(first)] });
    await until(() => first.connected.length === 1);
    await second.network.close();
    await until(() => first.lost.length === 1);
    await start(identity, { peers: [at(first)] });
    await until(() => first.network.peers().length === 1);
  });
});
