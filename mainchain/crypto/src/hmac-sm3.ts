import { expectBytes } from "./crypto-error.ts";
import { sm3OfSecret } from "./sm3-hasher.ts";

/** HMAC over SM3, 32 bytes; a key of any length. Source: RFC 2104, GB/T 15852.2. */
export function hmacSm3(key: Uint8Array, ...messageParts: readonly Uint8Array[]): Uint8Array {
  expectBytes(key, "key");
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? sm3OfSecret(key) : key);
  const inner = sm3OfSecret(
    block.map((byte) => byte ^ 0x36),
    ...messageParts,
  );
  return sm3OfSecret(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
}
