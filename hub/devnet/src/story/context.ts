import { type RopeRecords, recordsOf } from "@ropenet/client";
import {
  CodedError,
  concatBytes,
  hexToBytes,
  TRANSFER_STATE,
  type TransferRecord,
} from "@ropenet/protocol";
import type { Network } from "../network/network.ts";

/** What the acts hand to each other. */
export interface StoryContext {
  readonly network: Network;
  readonly records: RopeRecords;
  /** 1, 2, 3 … over the life of the state folder */
  readonly run: number;
  readonly tokenId: bigint;
  credentialId: Uint8Array;
  readonly salt: Uint8Array;
  loanId: bigint;
  titleTransfer: TransferRecord | undefined;
}

export function createContext(network: Network, run: number): StoryContext {
  return {
    network,
    records: recordsOf(network.rope.peek),
    run,
    tokenId: 202_611_220_000n + BigInt(run),
    credentialId: new Uint8Array(32),
    salt: globalThis.crypto.getRandomValues(new Uint8Array(32)),
    loanId: 0n,
    titleTransfer: undefined,
  };
}

export const hex32 = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
export const toB32 = (value: bigint): Uint8Array =>
  hexToBytes(value.toString(16).padStart(64, "0"));
export const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
export const evmB32 = (address: Uint8Array): Uint8Array => concatBytes(new Uint8Array(12), address);

/** Polls until `probe` gives a value. @throws {CodedError} `story/waited-too-long` naming what for */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  timeoutMs = 40_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new CodedError({ code: "story/waited-too-long", what });
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
}

/** The transfer whose leg-1 packet has this hash, once it has ended. */
export function awaitEnd(context: StoryContext, transferId: Uint8Array): Promise<TransferRecord> {
  return waitFor("transfer to end", async () => {
    const record = await context.records.transfer(transferId);
    const ended =
      record?.state === TRANSFER_STATE.settled || record?.state === TRANSFER_STATE.returned;
    return ended ? record : undefined;
  });
}

export async function ropeHeight({ network }: StoryContext): Promise<string> {
  return (await network.rope.rpc.call("status", {})).height;
}
