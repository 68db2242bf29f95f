import {
  type AttestedHeader,
  attestationDigest,
  type ReceivePackets,
  secp256k1,
  TRANSFER_STATE,
  type UpdateClient,
  ZERO_32,
} from "@ropenet/protocol";
import { describe, expect, it } from "vitest";
import { ethereumKey, seed } from "../kit/accounts.ts";
import { relayer } from "../kit/genesis.ts";
import { expectRefused } from "../kit/refuse.ts";
import { type Plan, plan } from "../kit/rope-bench.ts";
import type { Sent, StrandBench } from "../kit/strand-bench.ts";
import { cny, createWorld, type World } from "../kit/world.ts";

const { assetId } = cny;

const update = (body: UpdateClient): Plan => plan(relayer, "chains/update-client", body);
const receive = (body: ReceivePackets): Plan => plan(relayer, "packets/receive", body);

interface Scene {
  readonly world: World;
  readonly sent: Sent;
  readonly header: AttestedHeader;
  readonly a: StrandBench;
}

/** A has sealed a block with a packet in it; the rope does not know its header. */
function createScene(): Scene {
  const world = createWorld();
  const { a, b } = world;
  const finalRecipient = seed("recipient");
  const sent = a.send({ assetId, amount: 500n, finalGateway: b.gateway, finalRecipient });
  return { world, sent, header: a.state.seal(), a };
}

/** A signature over `header` as one of A's, by whoever holds `secretKey`. */
function signatureOf(
  { a, header }: Scene,
  secretKey: Uint8Array,
  clientChainId = a.registration.genesisHash,
): Uint8Array {
  const { height, headerHash, stateRoot, timeMs } = header;
  const attestation = { clientChainId, height, headerHash, stateRoot, timeMs };
  return secp256k1.sign(attestationDigest(attestation), secretKey);
}

/** How an update of A is forged, from the honest one that attestors 0, 1 and 2 signed. */
const forgeries: readonly (readonly [string, string, (scene: Scene) => UpdateClient])[] = [
  ["with no signature", "client/too-few-attestations", ({ a, header }) => a.attest(header, [])],
  [
    "with one signature too few",
    "client/too-few-attestations",
    ({ a, header }) => a.attest(header, [1, 3]),
  ],
  [
    "with one attestor twice",
    "client/unordered-attestations",
    ({ a, header }) => a.attest(header, [0, 1, 1]),
  ],
  [
    "with attestors out of order",
    "client/unordered-attestations",
    ({ a, header }) => a.attest(header, [0, 2, 1]),
  ],
  [
    "with a stranger in an attestor's place",
    "client/bad-attestation",
    (scene) => {
      const honest = scene.a.attest(scene.header);
      const signature = signatureOf(scene, ethereumKey("stranger").secretKey);
      return { ...honest, signatures: honest.signatures.with(2, { index: 2, signature }) };
    },
  ],
  [
    "with an attestor that the strand does not have",
    "client/unknown-attestor",
    (scene) => {
      const honest = scene.a.attest(scene.header);
      const signature = signatureOf(scene, ethereumKey("stranger").secretKey);
      return { ...honest, signatures: honest.signatures.with(2, { index: 4, signature }) };
    },
  ],
  [
    "with one attestor's signature in another's place",
    "client/bad-attestation",
    ({ a, header }) => {
      const honest = a.attest(header);
      const [first] = honest.signatures;
      const signature = first?.signature ?? new Uint8Array(65);
      return { ...honest, signatures: honest.signatures.with(1, { index: 1, signature }) };
    },
  ],
  [
    "with one bad signature beside enough good ones",
    "client/bad-attestation",
    ({ a, header }) => {
      const honest = a.attest(header, [0, 1, 2, 3]);
      const signature = new Uint8Array(65);
      return { ...honest, signatures: honest.signatures.with(3, { index: 3, signature }) };
    },
  ],
  [
    "signed for another chain",
    "client/bad-attestation",
    (scene) => ({
      ...scene.a.attest(scene.header),
      signatures: scene.a.attestors.slice(0, 3).map(({ secretKey }, index) => ({
        index,
        signature: signatureOf(scene, secretKey, seed("another genesis")),
      })),
    }),
  ],
  [
    "with another height than was signed",
    "client/bad-attestation",
    ({ a, header }) => ({ ...a.attest(header), height: header.height + 1n }),
  ],
  [
    "with another state than was signed",
    "client/bad-attestation",
    ({ a, header }) => ({ ...a.attest(header), stateRoot: seed("root") }),
  ],
  [
    "with another hash than was signed",
    "client/bad-attestation",
    ({ a, header }) => ({ ...a.attest(header), headerHash: seed("hash") }),
  ],
  [
    "with another time than was signed",
    "client/bad-attestation",
    ({ a, header }) => ({ ...a.attest(header), timeMs: header.timeMs + 1n }),
  ],
  [
    "of another strand",
    "client/bad-attestation",
    ({ a, header, world }) => ({ ...world.b.attest(header), gateway: a.gateway }),
  ],
  [
    "with a root of zeros",
    "client/zero-root",
    ({ a, header }) => a.attest({ ...header, stateRoot: ZERO_32 }),
  ],
  [
    "with a hash of zeros",
    "client/zero-root",
    ({ a, header }) => a.attest({ ...header, headerHash: ZERO_32 }),
  ],
  [
    "of a strand that nobody registered",
    "chain/unknown",
    ({ a, header }) => ({ ...a.attest(header), gateway: seed("nowhere") }),
  ],
  [
    "zero everything",
    "chain/unknown",
    () => ({
      ...{ gateway: ZERO_32, height: 0n, headerHash: ZERO_32, stateRoot: ZERO_32, timeMs: 0n },
      signatures: [],
    }),
  ],
];

describe("proof under an unfinalised header", () => {
  it("is taken once three of four attestors have signed it", () => {
    const { world, sent, header, a } = createScene();
    world.rope.do(update(a.attest(header, [0, 2, 3])), receive(a.receiveBody([sent])));
    expect(world.transfer(sent).state).toBe(TRANSFER_STATE.forwarded);
  });

  it("a header that nobody signed: client/unknown-height", () => {
    const { world, sent, a } = createScene();
    expectRefused(world.rope, "client/unknown-height", receive(a.receiveBody([sent])));
  });

  it.each(forgeries)("a header %s: %s", (_, code, forge) => {
    const scene = createScene();
    const { world, sent, a } = scene;
    expectRefused(world.rope, code, update(forge(scene)));
    expectRefused(world.rope, "client/unknown-height", receive(a.receiveBody([sent])));
  });

  it("a fork of the strand: the header of its own, under the height of the attested one", () => {
    const { world, header, a } = createScene();
    const { rope, b } = world;
    rope.do(update(a.attest(header)));
    const fork = a.fork();
    const finalRecipient = seed("thief");
    const stolen = fork.lie({ assetId, amount: 9n, finalGateway: b.gateway, finalRecipient });
    fork.state.resealed(header.height);
    expectRefused(rope, "proof/wrong-node", receive(fork.receiveBody([stolen])));
  });
});
