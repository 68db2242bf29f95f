import { bytesToHex } from "@ropenet/protocol";

/** docs/rope-net.md §7; `index` = what a regulator counts is complete. */
export type InvariantName = "I1" | "I2" | "I3" | "I4" | "I5" | "I7" | "index";

export interface Violation {
  readonly invariant: InvariantName;
  readonly height: bigint;
  readonly subject: string;
  readonly detail: string;
}

export type Report = (invariant: InvariantName, subject: string, detail: string) => void;

export const short = (bytes: Uint8Array): string => bytesToHex(bytes).slice(0, 12);

/** What a strand itself says of packets, by packet hash in hex: how often it sent one, how its receipts ended. */
export interface StrandEvidence {
  readonly gateway: Uint8Array;
  readonly sent: ReadonlyMap<string, number>;
  readonly receipts: ReadonlyMap<string, readonly number[]>;
}
