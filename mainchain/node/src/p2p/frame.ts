import { PeerError } from "./errors.ts";

/** One block with its envelope is the longest message. */
export const MAX_FRAME_BYTES: number = 4 * 1024 * 1024 + 128 * 1024;
export const LENGTH_BYTES = 4;

/** Cuts a byte stream into frames: length u32, body. */
export interface FrameReader {
  push(chunk: Uint8Array): void;
  /** @throws {PeerError} as soon as a length exceeds the limit, before its body is buffered */
  next(): Uint8Array | undefined;
  /** what is left behind the last frame; empties the reader */
  rest(): Uint8Array;
}

export function createFrameReader(limit: number): FrameReader {
  let chunks: Uint8Array[] = [];
  let buffered = 0;
  let bodyLength: number | undefined;

  function take(length: number): Uint8Array {
    const out = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const chunk = chunks[0];
      if (!chunk) throw new Error("frame reader took more than it holds");
      const part = chunk.subarray(0, length - at);
      out.set(part, at);
      at += part.length;
      if (part.length === chunk.length) chunks.shift();
      else chunks[0] = chunk.subarray(part.length);
    }
    buffered -= length;
    return out;
  }

  function readLength(): number | undefined {
    if (buffered < LENGTH_BYTES) return undefined;
    const length = new DataView(take(LENGTH_BYTES).buffer).getUint32(0);
    if (length > limit) throw new PeerError({ code: "p2p/frame-too-long", length, limit });
    return length;
  }

  return {
    push(chunk): void {
      chunks.push(chunk);
      buffered += chunk.length;
    },
    next(): Uint8Array | undefined {
      bodyLength ??= readLength();
      if (bodyLength === undefined || buffered < bodyLength) return undefined;
      const body = take(bodyLength);
      bodyLength = undefined;
      return body;
    },
    rest(): Uint8Array {
      const left = take(buffered);
      chunks = [];
      return left;
    },
  };
}

export function frameOf(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, LENGTH_BYTES);
  return frame;
}
