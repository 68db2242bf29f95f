import { type Codec, struct, u8, u16, u64, varBytes } from "../codec/codec.ts";

/** A validator's bridge signature over the canonical checkpoint of `height`. Free of fee. */
export interface SignCheckpoint {
  readonly height: bigint;
  readonly suite: number;
  readonly signature: Uint8Array;
}

export const signCheckpointCodec: Codec<SignCheckpoint> = struct<SignCheckpoint>({
  height: u64,
  suite: u8,
  signature: varBytes(65, u16),
});

/** Paid request for a checkpoint although no outbox has grown (expiry needs time to pass). */
export type RequestCheckpoint = Record<never, never>;

export const requestCheckpointCodec: Codec<RequestCheckpoint> = struct<RequestCheckpoint>({});

/** A validator's bridge signature over the handover that `fromEpoch` owes. Free of fee. */
export interface SignHandover {
  readonly fromEpoch: bigint;
  readonly suite: number;
  readonly signature: Uint8Array;
}

export const signHandoverCodec: Codec<SignHandover> = struct<SignHandover>({
  fromEpoch: u64,
  suite: u8,
  signature: varBytes(65, u16),
});
