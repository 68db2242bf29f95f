import { type Acknowledgement, type AcknowledgePackets, type AssetPayload, type AttestedHeader, type CounterKind, type Packet, type ReceivedPacket, type ReceivePackets, type RegisterChain, type UpdateClient } from "@ropenet/protocol";
import { type EthereumKey } from "./accounts.ts";
import { StrandState } from "./strand-state.ts";
export type SendPlan = Pick<AssetPayload, "assetId" | "amount" | "finalGateway" | "finalRecipient"> & Partial<AssetPayload> & Partial<Pick<Packet, "lane" | "timeoutMs" | "sender" | "kind">>;
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
export declare const DELIVERED: Verdict;
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
export declare class StrandBench {
    #private;
    readonly registration: RegisterChain;
    readonly gateway: Uint8Array;
    readonly attestors: readonly EthereumKey[];
    readonly state: StrandState;
    /** hashes of every packet that was ever committed here */
    readonly committed: Set<string>;
    /** terminal receipts by packet hash */
    readonly receipts: Map<string, Acknowledgement>;
    /** outbox entries of the rope that were fetched */
    cursor: bigint;
    constructor(options: StrandOptions, from?: StrandBench);
    fork(): StrandBench;
    /** A packet to the rope that this gateway could send; nothing is committed yet. */
    draft(plan: SendPlan): Sent;
    /** Writes the commitment of any packet at all; an honest gateway does so after it took the value. */
    commit(sent: Sent): Sent;
    /** An honest send: the value goes into escrow, or the voucher is burnt. */
    send(plan: SendPlan): Sent;
    /** What only a compromised strand does: a commitment without the value behind it. */
    lie(plan: SendPlan): Sent;
    /** Writes the terminal receipt of a packet of the rope. */
    receive(packet: Packet, payload: Uint8Array, verdict?: Verdict): Acknowledgement;
    writeReceipt(acknowledgement: Acknowledgement): void;
    /** The rope's answer to a packet of this strand: the commitment goes, and what was not delivered comes back. */
    acknowledge({ packetHash: hash, status }: Acknowledgement): void;
    books(assetId: Uint8Array): Books;
    setCounter(assetId: Uint8Array, which: CounterKind, value: bigint): void;
    /** `header` as the attestors of `indexes` sign it. */
    attest(header: AttestedHeader, indexes?: readonly number[]): UpdateClient;
    /** One item of a batch, proven at `height` (the newest block unless told). */
    proven(sent: Sent, height?: bigint): ReceivedPacket;
    receiveBody(sents: readonly Sent[], height?: bigint): ReceivePackets;
    acknowledgeBody(acks: readonly Acknowledgement[], height?: bigint): AcknowledgePackets;
}
export {};
