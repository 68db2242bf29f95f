import { SECRET_KERNEL_BASE64 } from "../generated/secret-kernel.ts";
import { instanceMaker, type WasmMemory } from "./instantiate.ts";

/** What assembly/secret-index.ts exports. Addresses and lengths in bytes of its memory. */
interface SecretKernelExports {
  readonly memory: WasmMemory;
  /** d (32), k (32), e or another public scalar (32), a point 04‖x‖y (65), entropy (1,024) */
  secretAddress(): number;
  /** 65 bytes */
  secretOutputAddress(): number;
  isSecretKey(): number;
  secretPublicKey(): number;
  secretMultiply(): number;
  secretCombine(): number;
  secretSign(entropyBytes: number): void;
  secretSignWithNonce(): number;
  wipe(): void;
  cipherKeyAddress(): number;
  cipherBlockAddress(): number;
  cipherBufferAddress(): number;
  cipherBufferBytes(): number;
  cipherSetKey(backwards: number): void;
  cipherOneBlock(): void;
  cipherSetCounter(): void;
  cipherCounterMode(length: number, short: number): void;
  cipherBeginTag(): void;
  cipherAbsorb(length: number): void;
  cipherEndTag(): void;
  cipherWipe(used: number): void;
}

export const LONGEST_ENTROPY = 1024;

interface SecretKernel {
  readonly exports: SecretKernelExports;
  readonly memory: Uint8Array;
  readonly secret: number;
  readonly nonce: number;
  readonly digest: number;
  readonly point: number;
  readonly entropy: number;
  readonly output: number;
  readonly key: number;
  readonly block: number;
  readonly buffer: number;
  readonly bufferBytes: number;
}

const instantiate: () => SecretKernelExports =
  /* @__PURE__ */ instanceMaker<SecretKernelExports>(SECRET_KERNEL_BASE64);

function createSecretKernel(): SecretKernel {
  const exports = instantiate();
  const secret = exports.secretAddress();
  return {
    exports,
    // It never grows, so one view lasts.
    memory: new Uint8Array(exports.memory.buffer),
    secret,
    nonce: secret + 32,
    digest: secret + 64,
    point: secret + 96,
    entropy: secret + 161,
    output: exports.secretOutputAddress(),
    key: exports.cipherKeyAddress(),
    block: exports.cipherBlockAddress(),
    buffer: exports.cipherBufferAddress(),
    bufferBytes: exports.cipherBufferBytes(),
  };
}

let shared: SecretKernel | undefined;

/**
 * Runs `act` on the constant-time kernel, and wipes afterwards what SM2 left in its memory, whether `act`
 * returned or threw. Results must be copied out inside.
 */
export function withSecrets<T>(act: (kernel: SecretKernel) => T): T {
  shared ??= createSecretKernel();
  try {
    return act(shared);
  } finally {
    shared.exports.wipe();
  }
}

/** As `withSecrets`, for SM4. `bytes` is how long the message is at most. */
export function withCipher<T>(bytes: number, act: (kernel: SecretKernel) => T): T {
  shared ??= createSecretKernel();
  try {
    return act(shared);
  } finally {
    // Padding may lie up to 15 bytes behind the message.
    shared.exports.cipherWipe(Math.min(bytes + 16, shared.bufferBytes));
  }
}

export type { SecretKernel };
