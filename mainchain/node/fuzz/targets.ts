import { setImmediate as nextTurn } from "node:timers/promises";
import {
  blockCodec,
  type Codec,
  CodedError,
  commitCodec,
  decode,
  decodeMessage,
  duplicateVoteCodec,
  encode,
  encodeMessage,
  equalBytes,
  headerCodec,
  MESSAGES,
  type MessageBodies,
  type MessageName,
  transactionCodec,
  VOTE_TYPE,
} from "@ropenet/protocol";
import { readBlock } from "../src/engine/block-body.ts";
import { rebuildBlock } from "../src/engine/block-outline.ts";
import { createFrameReader, frameOf, MAX_FRAME_BYTES } from "../src/p2p/frame.ts";
import { decodeMessageFrame, encodeMessageFrame } from "../src/p2p/message.ts";
import { createSessionCipher } from "../src/p2p/session-cipher.ts";
import { manifestCodec } from "../src/snapshot/manifest.ts";
import { entriesOf, piecesOf } from "../src/snapshot/pieces.ts";
import { mutate } from "./mutate.ts";
import { mutateJson } from "./mutate-json.ts";
import type { NodeUnderTest } from "./node-under-test.ts";
import { createPeer, type FuzzPeer } from "./peer.ts";
import type { Random } from "./random.ts";
import { type Seeds, signVote } from "./seeds.ts";

/** What became of one case: taken, or refused under a stable code. Anything else is a fault and thrown. */
export type Outcome = "taken" | (string & {});

export interface FuzzContext {
  readonly node: NodeUnderTest;
  readonly seeds: Seeds;
  readonly random: Random;
  readonly number: number;
}

export type Target = (context: FuzzContext) => Outcome | Promise<Outcome>;

/** Decoding refuses, or what comes out encodes to what went in: one value, one byte string. */
function oneEncoding<T>(codec: Codec<T>, bytes: Uint8Array): Outcome {
  let value: T;
  try {
    value = decode(codec, bytes);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return error.code;
  }
  if (!equalBytes(encode(codec, value), bytes)) throw new Error("two encodings of one value");
  return "taken";
}

function refusalOf(run: () => unknown): Outcome {
  try {
    run();
    return "taken";
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return error.code;
  }
}

const frameCodec: Codec<ReturnType<typeof decodeMessageFrame>> = {
  write: (writer, message) => writer.bytes(encodeMessageFrame(message)),
  read: (reader, field) => decodeMessageFrame(reader.bytes(reader.remaining, field)),
};

/** Through the reactor, as the network hands messages on. A message that does not decode costs the connection. */
async function hand({ node, number }: FuzzContext, bytes: Uint8Array): Promise<FuzzPeer> {
  const peer = createPeer(number);
  node.reactor.onConnect(peer);
  node.reactor.onMessage(peer, bytes);
  await nextTurn();
  node.reactor.onDisconnect(peer);
  return peer;
}

function verdictOn(peer: FuzzPeer): Outcome {
  if (peer.closedBy) return peer.closedBy.code;
  return peer.score > 0 ? "penalized" : "taken";
}

export const TARGETS: Readonly<Record<string, Target>> = {
  /** any stream, cut anywhere */
  stream({ random, seeds }): Outcome {
    const reader = createFrameReader(MAX_FRAME_BYTES);
    const stream = mutate(frameOf(random.pick(seeds.frames).slice(0, 4_000)), random);
    return refusalOf(() => {
      for (let at = 0; at < stream.length; ) {
        const length = 1 + random.int(200);
        reader.push(stream.subarray(at, at + length));
        while (reader.next());
        at += length;
      }
      reader.rest();
    });
  },
  /** what was not sealed by the other side is never opened */
  sealed({ random, seeds }): Outcome {
    const key = random.bytes(32);
    const sealed = createSessionCipher(key)
      .seal(random.pick(seeds.frames).slice(0, 500))
      .subarray(4);
    const changed = mutate(sealed, random);
    const outcome = refusalOf(() => createSessionCipher(key).open(changed));
    if (outcome === "taken" && !equalBytes(changed, sealed))
      throw new Error("a forged frame opened");
    return outcome;
  },
  frame: ({ random, seeds }) => oneEncoding(frameCodec, mutate(random.pick(seeds.frames), random)),
  transaction: ({ random, seeds }) =>
    oneEncoding(transactionCodec, mutate(random.pick(seeds.transactions), random)),
  message({ random }): Outcome {
    const { type } = random.pick(Object.values(MESSAGES));
    const bytes =
      random.int(4) === 0 ? new Uint8Array(random.int(400)) : random.bytes(random.int(400));
    return refusalOf(() => {
      const { name, body } = decodeMessage(type, bytes);
      const again = encodeMessage(name as MessageName, body as MessageBodies[MessageName]);
      if (!equalBytes(again.message, bytes)) throw new Error(`two encodings of one ${name}`);
    });
  },
  block: ({ random, seeds }) => oneEncoding(blockCodec, mutate(seeds.bound.bytes, random)),
  header: ({ random, seeds }) =>
    oneEncoding(headerCodec, mutate(encode(headerCodec, seeds.block.header), random)),
  commit: ({ random, seeds }) => oneEncoding(commitCodec, mutate(seeds.commit, random)),
  evidence: ({ random, seeds }) => oneEncoding(duplicateVoteCodec, mutate(seeds.evidence, random)),
  body: ({ random, seeds }) => refusalOf(() => readBlock(mutate(seeds.bound.bytes, random))),
  /** Names of transactions that lead to no block, or to another one. */
  outline: ({ random, seeds, node }) =>
    refusalOf(() => rebuildBlock(mutate(seeds.outline, random), (name) => node.mempool.find(name))),
  manifest: ({ random, seeds }) => oneEncoding(manifestCodec, mutate(seeds.manifest, random)),
  /** Whatever entries come out of a piece, they make that piece again. */
  piece({ random, seeds }): Outcome {
    const piece = mutate(seeds.piece, random);
    return refusalOf(() => {
      const again = [...piecesOf(entriesOf([piece]))];
      if (again.length !== 1 || !equalBytes(again[0] ?? piece, piece)) {
        throw new Error("two pieces of the same entries");
      }
    });
  },
  mempool({ random, seeds, node }): Outcome {
    const bytes = mutate(random.pick(seeds.transactions), random);
    return refusalOf(() => node.mempool.add(bytes));
  },
  /** Bytes of no kind, into the handlers: what does not decode ends the connection, and the key stays out. */
  async reactor(context): Promise<Outcome> {
    const bytes = mutate(context.random.pick(context.seeds.frames), context.random);
    const isFrame = refusalOf(() => decodeMessageFrame(bytes)) === "taken";
    const peer = await hand(context, bytes);
    if (!isFrame && peer.closedBy?.code !== "p2p/malformed") {
      throw new Error("a malformed message was not held against its sender");
    }
    return verdictOn(peer);
  },
  /** Votes by real validators, for anything: none is held against the peer that carries it. */
  async vote(context): Promise<Outcome> {
    const { random, node, seeds } = context;
    const keys = random.pick(node.validators);
    const height = random.pick([0n, 1n, 2n, 3n, (1n << 64n) - 1n]);
    // Two thirds for a block of another height would rightly halt the node.
    const proposed = height === 1n ? seeds.bound.blockId : random.bytes(32);
    const vote = signVote(node, keys, {
      type: random.pick([VOTE_TYPE.prevote, VOTE_TYPE.precommit]),
      height,
      round: random.pick([0, 1, 2, 3, 0x7fff_ffff, 0xffff_ffff]),
      blockId: random.pick([proposed, new Uint8Array(32), random.bytes(32)]),
      validator: keys.address,
    });
    const peer = await hand(context, encodeMessageFrame({ kind: "vote", vote }));
    if (peer.score > 0 || peer.closedBy) throw new Error("an honest carrier was punished");
    return "taken";
  },
  /** The same with a signature of nobody: always held against the peer, if it is looked at at all. */
  async forgedVote(context): Promise<Outcome> {
    const { random, node, seeds } = context;
    const vote = {
      type: VOTE_TYPE.prevote,
      height: 1n,
      round: random.int(4),
      blockId: random.pick([seeds.bound.blockId, random.bytes(32)]),
      validator: random.pick(node.validators).address,
      signature: random.bytes(64),
    } as const;
    const peer = await hand(context, encodeMessageFrame({ kind: "vote", vote }));
    return verdictOn(peer);
  },
  /** An answer to a question that this node asks: committed blocks that are none. */
  async sync(context): Promise<Outcome> {
    const { node, seeds, random, number } = context;
    const from = node.ledger.tip().height + 1n;
    const peer = createPeer(number);
    node.reactor.onConnect(peer);
    const status = { kind: "status", height: 99n, roundPlusOne: 0, committed: 99n } as const;
    node.reactor.onMessage(peer, encodeMessageFrame(status));
    const block = mutate(seeds.bound.bytes, random);
    const commit = random.int(2) === 0 ? seeds.commit : mutate(seeds.commit, random);
    const answer = { kind: "syncResponse", from, blocks: [{ block, commit }] } as const;
    if (refusalOf(() => encodeMessageFrame(answer)) === "taken") {
      node.reactor.onMessage(peer, encodeMessageFrame(answer));
    }
    await nextTurn();
    node.reactor.onDisconnect(peer);
    return verdictOn(peer);
  },
  async rpc({ random, seeds, node }): Promise<Outcome> {
    const text = mutateJson(seeds.rpc, random);
    const answer = await node.dispatcher.answer(text);
    if (answer === undefined) return "no answer";
    const parsed = JSON.parse(answer) as unknown;
    const [first] = Array.isArray(parsed) ? parsed : [parsed];
    const code = (first as { error?: { data: { code: string } } }).error?.data.code;
    if (answer.includes('"rpc/internal"'))
      throw new Error(`internal error for ${text.slice(0, 400)}`);
    return code ?? "taken";
  },
};
