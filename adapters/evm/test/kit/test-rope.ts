import type { OutboundEvent, ProvenBatch, SignedCheckpoint } from "@ropenet/adapter-sdk";
import {
  type Acknowledgement,
  accountToB32,
  ackHash,
  type Checkpoint,
  checkpointCodec,
  checkpointDigest,
  encode,
  LEAF_TYPE,
  outboxesTree,
  outboxLeaf,
  outboxTree,
  type Packet,
  packetHash,
  payloadHash,
  ropeChainId,
  ropeGatewayUid,
  type SignerSet,
  SUITE_KECCAK,
  secp256k1,
  signDigest,
  sortSigners,
  ZERO_32,
} from "@ropenet/protocol";

const CHAIN_ID = ropeChainId("evm-adapter-test");

function keyOf(index: number): Uint8Array {
  const key = new Uint8Array(32).fill(0x40);
  key[31] = index + 1;
  return key;
}

const signers = Array.from({ length: 4 }, (_, index) => {
  const secretKey = keyOf(index);
  return {
    secretKey,
    key: accountToB32(secp256k1.getAddress(secretKey)),
    power: [300_000n, 270_000n, 230_000n, 200_000n][index] ?? 1n,
  };
});
const secretKeys = new Map(signers.map(({ key, secretKey }) => [key.join(), secretKey]));

export const TEST_SET: SignerSet = {
  ropeChainId: CHAIN_ID,
  suite: SUITE_KECCAK,
  epoch: 0n,
  signers: sortSigners(signers.map(({ key, power }) => ({ key, power }))),
};

export interface PacketPlan {
  readonly kind: number;
  readonly lane: number;
  readonly payload: Uint8Array;
  readonly recipient?: Uint8Array;
  readonly timeoutMs?: bigint;
  readonly gasLimit?: number;
}

/** Stands for the rope towards one gateway: an outbox and four validators who sign whatever is in it. */
export class TestRope {
  readonly chainId: Uint8Array = CHAIN_ID;
  readonly gateway: Uint8Array = ropeGatewayUid(CHAIN_ID);
  readonly startMs: bigint = BigInt(Date.now());
  readonly #strand: Uint8Array;
  readonly #leaves: Uint8Array[] = [];
  readonly #sequences = new Map<number, bigint>();
  #height = 0n;

  constructor(strand: Uint8Array) {
    this.#strand = strand;
  }

  send(plan: PacketPlan): Extract<OutboundEvent, { kind: "packet" }> {
    const sequence = (this.#sequences.get(plan.lane) ?? 0n) + 1n;
    this.#sequences.set(plan.lane, sequence);
    const packet: Packet = {
      version: 1,
      kind: plan.kind,
      lane: plan.lane,
      sequence,
      sourceGateway: this.gateway,
      destinationGateway: this.#strand,
      transferId: ZERO_32,
      sender: ZERO_32,
      recipient: plan.recipient ?? ZERO_32,
      timeoutMs: plan.timeoutMs ?? this.startMs + 3_600_000n,
      gasLimit: plan.gasLimit ?? 1_000_000,
      payloadLength: plan.payload.length,
      payloadHash: payloadHash(SUITE_KECCAK, plan.payload),
    };
    const leafIndex = this.#commit(LEAF_TYPE.packet, packetHash(SUITE_KECCAK, packet));
    const common = { height: this.#height, transactionHash: "", leafIndex };
    return { kind: "packet", packet, payload: plan.payload, ...common };
  }

  acknowledge(
    packet: Packet,
    status: number,
    code = 0,
  ): Extract<OutboundEvent, { kind: "acknowledgement" }> {
    const acknowledgement: Acknowledgement = {
      version: 1,
      status,
      code,
      lane: packet.lane,
      sequence: packet.sequence,
      sourceGateway: packet.sourceGateway,
      destinationGateway: packet.destinationGateway,
      packetHash: packetHash(SUITE_KECCAK, packet),
      resultHash: ZERO_32,
      payee: ZERO_32,
      atMs: this.startMs,
    };
    const leafIndex = this.#commit(
      LEAF_TYPE.acknowledgement,
      ackHash(SUITE_KECCAK, acknowledgement),
    );
    const common = { height: this.#height, transactionHash: "", leafIndex };
    return { kind: "acknowledgement", acknowledgement, ...common };
  }

  #commit(type: number, bodyHash: Uint8Array): bigint {
    const index = BigInt(this.#leaves.length);
    this.#leaves.push(outboxLeaf(SUITE_KECCAK, index, type, bodyHash));
    return index;
  }

  /** The outbox proven under a fresh checkpoint of the whole set. */
  prove(
    events: readonly OutboundEvent[],
    change: Partial<Checkpoint> = {},
  ): Extract<ProvenBatch, { kind: "rope" }> {
    this.#height += 1n;
    const outbox = outboxTree(SUITE_KECCAK, this.#leaves);
    const count = BigInt(this.#leaves.length);
    const outboxes = outboxesTree(SUITE_KECCAK, [
      { gatewayUid: this.#strand, count, root: outbox.root },
      ...[1, 2].map((fill) => ({
        gatewayUid: new Uint8Array(32).fill(fill),
        count: 0n,
        root: outboxTree(SUITE_KECCAK, []).root,
      })),
    ]);
    const position = outboxes.sorted.findIndex(({ gatewayUid }) => gatewayUid === this.#strand);
    const checkpoint: Checkpoint = {
      version: 1,
      suite: SUITE_KECCAK,
      ropeChainId: this.chainId,
      epoch: 0n,
      height: this.#height,
      timeMs: BigInt(Date.now()),
      outboxesRoot: outboxes.root,
      stateRoot: new Uint8Array(32).fill(9),
      ...change,
    };
    return {
      kind: "rope",
      source: this.gateway,
      update: sign(checkpoint),
      items: events.map((event) => ({
        event,
        proof: {
          leafIndex: event.leafIndex ?? 0n,
          leafType: event.kind === "packet" ? LEAF_TYPE.packet : LEAF_TYPE.acknowledgement,
          siblings: outbox.path(Number(event.leafIndex)),
          outboxCount: count,
          outboxesIndex: position,
          outboxesCount: 3,
          outboxesSiblings: outboxes.path(position),
          checkpointHeight: checkpoint.height,
        },
      })),
    };
  }
}

function sign(checkpoint: Checkpoint): SignedCheckpoint {
  const digest = checkpointDigest(checkpoint);
  return {
    checkpoint: encode(checkpointCodec, checkpoint),
    height: checkpoint.height,
    set: TEST_SET,
    signatures: TEST_SET.signers.map(({ key }, index) => ({
      index,
      signature: signDigest(SUITE_KECCAK, digest, secretKeys.get(key.join()) ?? ZERO_32),
    })),
  };
}
