import {
  ACK_STATUS,
  type Acknowledgement,
  type AcknowledgePackets,
  type AssetPayload,
  type AttestedHeader,
  accountToB32,
  ackHash,
  assetPayloadCodec,
  attestationDigest,
  bytesToHex,
  CHAIN_KIND,
  CONTROL_ACTION,
  COUNTER,
  type CounterKind,
  commitmentSlot,
  controlPayloadCodec,
  counterSlot,
  decode,
  encode,
  gatewayUid,
  keccak256,
  LANE_DEFAULT,
  PACKET_KIND,
  type Packet,
  PROTOCOL_VERSION,
  packetHash,
  payloadHash,
  REPRESENTATION_MODE,
  type ReceivedPacket,
  type ReceivePackets,
  type RegisterChain,
  receiptSlot,
  SUITE_KECCAK,
  secp256k1,
  type UpdateClient,
  u256,
  ZERO_32,
} from "@ropenet/protocol";
import { type EthereumKey, ethereumKey, seed } from "./accounts.ts";
import { CHAIN_ID, GENESIS_MS, HOUR_MS, LATER_MS, ROPE } from "./genesis.ts";
import { StrandState } from "./strand-state.ts";

export type SendPlan = Pick<
  AssetPayload,
  "assetId" | "amount" | "finalGateway" | "finalRecipient"
> &
  Partial<AssetPayload> &
  Partial<Pick<Packet, "lane" | "timeoutMs" | "sender" | "kind">>;

export interface Sent {
  readonly packet: Packet;
  readonly payload: Uint8Array;
  /** hash of the packet */
  readonly transferId: Uint8Array;
}

export interface Verdict {
  readonly status: number;
  readonly code: number;
}

export const DELIVERED: Verdict = { status: ACK_STATUS.delivered, code: 0 };

interface Books {
  readonly isOrigin: boolean;
  readonly out: bigint;
  readonly in: bigint;
  readonly refunded: bigint;
  readonly balance: bigint;
}

export interface StrandOptions {
  readonly name: string;
  readonly deployment?: number;
  readonly ropeChainId?: Uint8Array;
}

/** A strand as the rope sees it: a gateway's storage under real tries, and four attestors who sign its headers. */
export class StrandBench {
  readonly registration: RegisterChain;
  readonly gateway: Uint8Array;
  readonly attestors: readonly EthereumKey[];
  readonly state: StrandState;
  /** hashes of every packet that was ever committed here */
  readonly committed = new Set<string>();
  /** terminal receipts by packet hash */
  readonly receipts = new Map<string, Acknowledgement>();
  readonly #books = new Map<string, Books>();
  readonly #sequences = new Map<number, bigint>();
  readonly #sent = new Map<string, Sent>();
  /** outbox entries of the rope that were fetched */
  cursor = 0n;

  constructor(options: StrandOptions, from?: StrandBench) {
    const { name, deployment = 0, ropeChainId = CHAIN_ID } = options;
    const address = seed(`${name}/gateway`).slice(12);
    this.attestors = [0, 1, 2, 3].map((index) => ethereumKey(`${name}/attestor/${index}`));
    this.registration = {
      name,
      kind: CHAIN_KIND.evm,
      suite: SUITE_KECCAK,
      genesisHash: seed(`${name}/genesis`),
      gatewayAddress: accountToB32(address),
      deployment,
      codeHash: keccak256(seed("gateway code")),
      attestors: this.attestors.map((key) => key.address),
      threshold: 3,
      trustingPeriodMs: 2n * HOUR_MS,
      description: "",
    };
    const { kind, genesisHash: strandGenesisHash, gatewayAddress, codeHash } = this.registration;
    this.gateway = gatewayUid({
      ...{ ropeChainId, kind, strandGenesisHash, gatewayAddress, deployment },
    });
    const { gateway } = this;
    this.state =
      from?.state.fork() ?? new StrandState(name, GENESIS_MS, { gateway, address, codeHash });
    if (!from) return;
    for (const hash of from.committed) this.committed.add(hash);
    for (const [hash, receipt] of from.receipts) this.receipts.set(hash, receipt);
    for (const [asset, books] of from.#books) this.#books.set(asset, books);
    for (const [lane, sequence] of from.#sequences) this.#sequences.set(lane, sequence);
    for (const [hash, sent] of from.#sent) this.#sent.set(hash, sent);
    this.cursor = from.cursor;
  }

  fork(): StrandBench {
    const { name, deployment } = this.registration;
    return new StrandBench({ name, deployment }, this);
  }

  /** A packet to the rope that this gateway could send; nothing is committed yet. */
  draft(plan: SendPlan): Sent {
    const { lane = LANE_DEFAULT, timeoutMs = LATER_MS, kind = PACKET_KIND.asset } = plan;
    const payload = encode(assetPayloadCodec, {
      tokenId: ZERO_32,
      finalTimeoutMs: LATER_MS,
      finalGasLimit: 200_000,
      obligationId: ZERO_32,
      memo: new Uint8Array(0),
      ...plan,
    });
    const packet: Packet = {
      version: PROTOCOL_VERSION,
      kind,
      lane,
      sequence: (this.#sequences.get(lane) ?? 0n) + 1n,
      sourceGateway: this.gateway,
      destinationGateway: ROPE,
      transferId: ZERO_32,
      sender: plan.sender ?? seed("sender"),
      recipient: plan.finalRecipient,
      timeoutMs,
      gasLimit: 0,
      payloadLength: payload.length,
      payloadHash: payloadHash(SUITE_KECCAK, payload),
    };
    return { packet, payload, transferId: packetHash(SUITE_KECCAK, packet) };
  }

  /** Writes the commitment of any packet at all; an honest gateway does so after it took the value. */
  commit(sent: Sent): Sent {
    const { packet, transferId } = sent;
    const { destinationGateway, lane, sequence } = packet;
    const known = this.#sequences.get(lane) ?? 0n;
    if (sequence > known) this.#sequences.set(lane, sequence);
    this.state.set(commitmentSlot(destinationGateway, lane, sequence), transferId);
    this.committed.add(bytesToHex(transferId));
    this.#sent.set(bytesToHex(transferId), sent);
    return sent;
  }

  /** An honest send: the value goes into escrow, or the voucher is burnt. */
  send(plan: SendPlan): Sent {
    this.#book(plan.assetId, (books) => ({
      ...books,
      out: books.out + plan.amount,
      balance: books.balance + (books.isOrigin ? plan.amount : -plan.amount),
    }));
    return this.commit(this.draft(plan));
  }

  /** What only a compromised strand does: a commitment without the value behind it. */
  lie(plan: SendPlan): Sent {
    return this.commit(this.draft(plan));
  }

  /** Writes the terminal receipt of a packet of the rope. */
  receive(packet: Packet, payload: Uint8Array, verdict: Verdict = DELIVERED): Acknowledgement {
    const { lane, sequence, sourceGateway, destinationGateway } = packet;
    const slot = receiptSlot(sourceGateway, lane, sequence);
    if (this.state.has(slot)) throw new Error(`second receipt for sequence ${sequence}`);
    const acknowledgement: Acknowledgement = {
      version: PROTOCOL_VERSION,
      ...verdict,
      ...{ lane, sequence, sourceGateway, destinationGateway },
      packetHash: packetHash(SUITE_KECCAK, packet),
      resultHash: ZERO_32,
      payee: seed("payee"),
      atMs: this.state.startMs,
    };
    this.writeReceipt(acknowledgement);
    if (verdict.status === ACK_STATUS.delivered) this.#take(packet.kind, payload);
    return acknowledgement;
  }

  writeReceipt(acknowledgement: Acknowledgement): void {
    const { sourceGateway, lane, sequence } = acknowledgement;
    const hash = ackHash(SUITE_KECCAK, acknowledgement);
    this.state.set(receiptSlot(sourceGateway, lane, sequence), hash);
    this.receipts.set(bytesToHex(acknowledgement.packetHash), acknowledgement);
  }

  #take(kind: number, payload: Uint8Array): void {
    if (kind === PACKET_KIND.asset) {
      const { assetId, amount } = decode(assetPayloadCodec, payload);
      this.#book(assetId, (books) => ({
        ...books,
        in: books.in + amount,
        balance: books.balance + (books.isOrigin ? -amount : amount),
      }));
    } else if (kind === PACKET_KIND.control) {
      const control = decode(controlPayloadCodec, payload);
      if (control.action !== CONTROL_ACTION.registerAsset) return;
      const isOrigin = control.mode === REPRESENTATION_MODE.origin;
      const empty = { isOrigin, out: 0n, in: 0n, refunded: 0n, balance: 0n };
      this.#books.set(bytesToHex(control.assetId), empty);
    }
  }

  /** The rope's answer to a packet of this strand: the commitment goes, and what was not delivered comes back. */
  acknowledge({ packetHash: hash, status }: Acknowledgement): void {
    const sent = this.#sent.get(bytesToHex(hash));
    if (!sent) throw new Error("an acknowledgement of a packet that was never sent");
    const { destinationGateway, lane, sequence } = sent.packet;
    this.state.set(commitmentSlot(destinationGateway, lane, sequence), ZERO_32);
    if (status === ACK_STATUS.delivered || sent.packet.kind !== PACKET_KIND.asset) return;
    const { assetId, amount } = decode(assetPayloadCodec, sent.payload);
    this.#book(assetId, (books) => ({
      ...books,
      refunded: books.refunded + amount,
      balance: books.balance + (books.isOrigin ? -amount : amount),
    }));
  }

  books(assetId: Uint8Array): Books {
    const books = this.#books.get(bytesToHex(assetId));
    if (!books) throw new Error("the asset is not registered on this strand");
    return books;
  }

  #book(assetId: Uint8Array, change: (books: Books) => Books): void {
    const next = change(this.books(assetId));
    this.#books.set(bytesToHex(assetId), next);
    for (const name of ["out", "in", "refunded", "balance"] as const) {
      this.setCounter(assetId, COUNTER[name], next[name]);
    }
  }

  setCounter(assetId: Uint8Array, which: CounterKind, value: bigint): void {
    this.state.set(counterSlot(assetId, which), encode(u256, value));
  }

  /** `header` as the attestors of `indexes` sign it. */
  attest(header: AttestedHeader, indexes: readonly number[] = [0, 1, 2]): UpdateClient {
    const { height, headerHash, stateRoot, timeMs } = header;
    const clientChainId = this.registration.genesisHash;
    const message = attestationDigest({ clientChainId, height, headerHash, stateRoot, timeMs });
    const signatures = indexes.map((index) => {
      const key = this.attestors[index];
      if (!key) throw new Error(`no attestor ${index}`);
      return { index, signature: secp256k1.sign(message, key.secretKey) };
    });
    return { gateway: this.gateway, height, headerHash, stateRoot, timeMs, signatures };
  }

  /** One item of a batch, proven at `height` (the newest block unless told). */
  proven(sent: Sent, height?: bigint): ReceivedPacket {
    const { packet, payload } = sent;
    const { destinationGateway, lane, sequence } = packet;
    const slot = commitmentSlot(destinationGateway, lane, sequence);
    return { packet, payload, proof: this.state.prove(slot, height) };
  }

  receiveBody(sents: readonly Sent[], height?: bigint): ReceivePackets {
    const items = sents.map((sent) => this.proven(sent, height));
    return { anchor: this.state.anchor(height), items };
  }

  acknowledgeBody(acks: readonly Acknowledgement[], height?: bigint): AcknowledgePackets {
    return {
      anchor: this.state.anchor(height),
      items: acks.map((acknowledgement) => {
        const { sourceGateway, lane, sequence } = acknowledgement;
        const slot = receiptSlot(sourceGateway, lane, sequence);
        return { acknowledgement, proof: this.state.prove(slot, height) };
      }),
    };
  }
}
