import { expectBytes } from "./crypto-error.ts";
import { BUFFER_BYTES, sharedKernel } from "./kernel/kernel.ts";
import { createSm3, type Sm3Hasher } from "./sm3-hasher.ts";

function digest(bytes: Uint8Array): Uint8Array {
  expectBytes(bytes, "bytes");
  if (bytes.length > BUFFER_BYTES) return createSm3().update(bytes).digest();
  const kernel = sharedKernel();
  const memory = kernel.bytes();
  memory.set(bytes, kernel.buffer);
  kernel.exports.sm3(bytes.length);
  return memory.slice(kernel.digests, kernel.digests + 32);
}

/**
 * SM3 digest, 32 bytes. One call takes the WebAssembly kernel and leaves the input in its memory: hash secrets
 * through `sm3.create()`, which does not. Source: GB/T 32905-2016, GM/T 0004.
 * @throws {CryptoError} `crypto/bad-type`
 */
export const sm3: { (bytes: Uint8Array): Uint8Array; readonly create: () => Sm3Hasher } =
  /* @__PURE__ */ Object.assign(digest, { create: createSm3 });
