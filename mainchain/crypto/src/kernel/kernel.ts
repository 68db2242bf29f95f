import { KERNEL_BASE64 } from "../generated/kernel.ts";

/** What assembly/index.ts exports. Addresses and lengths in bytes of its memory. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** 65,536 bytes for messages, or 4 lanes of 16,384, or 1,024 nodes */
  bufferAddress(): number;
  digestsAddress(): number;
  sm3(length: number): void;
  sm3Four(length0: number, length1: number, length2: number, length3: number): void;
  sm3Nodes(count: number): void;
  /** r‖s (64), e (32), 04‖x‖y (65) */
  inputAddress(): number;
  verifyFresh(): number;
  verifyPrepared(table: number): number;
  prepareKey(table: number): number;
  keyTableBytes(): number;
  baseTableAddress(): number;
  heapBase(): number;
}

export interface Kernel {
  readonly exports: KernelExports;
  readonly buffer: number;
  readonly digests: number;
  readonly input: number;
  /** The memory as it is now: growing it detaches earlier views. */
  bytes(): Uint8Array;
  /** Address of `length` more bytes, kept for good. */
  allocate(length: number): number;
}

export const BUFFER_BYTES = 65_536;
export const LANE_BYTES = 16_384;
/** A message in a lane, with the padding that follows it. */
export const LONGEST_IN_LANE = 16_000;

const PAGE_BYTES = 65_536;

interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

// Neither the ECMAScript library nor @types/node declares it; every engine that runs this has it.
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyNamespace };

let compiled: object | undefined;

function kernelModule(): object {
  compiled ??= new WebAssembly.Module(
    Uint8Array.from(globalThis.atob(KERNEL_BASE64), (character) => character.charCodeAt(0)),
  );
  return compiled;
}

/** A kernel with memory of its own. It must see public data only: nothing in it is wiped. */
export function createKernel(): Kernel {
  const exports = new WebAssembly.Instance(kernelModule(), {}).exports as KernelExports;
  let view = new Uint8Array(exports.memory.buffer);
  let free = exports.heapBase();
  const bytes = (): Uint8Array => {
    if (view.length === 0) view = new Uint8Array(exports.memory.buffer);
    return view;
  };
  return {
    exports,
    buffer: exports.bufferAddress(),
    digests: exports.digestsAddress(),
    input: exports.inputAddress(),
    bytes,
    allocate(length): number {
      const address = free;
      const missing = address + length - bytes().length;
      if (missing > 0) exports.memory.grow(Math.ceil(missing / PAGE_BYTES));
      free += length;
      return address;
    },
  };
}

let shared: Kernel | undefined;

/** The kernel of hashing and of `sm2.verify`, made at first use. */
export function sharedKernel(): Kernel {
  shared ??= createKernel();
  return shared;
}
