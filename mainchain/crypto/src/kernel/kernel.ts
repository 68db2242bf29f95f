import { KERNEL_BASE64 } from "../generated/kernel.ts";
import { instanceMaker, PAGE_BYTES, type WasmMemory } from "./instantiate.ts";

/** What assembly/index.ts exports. Addresses and lengths in bytes of its memory. */
export interface KernelExports {
  readonly memory: WasmMemory;
  /** 65,536 bytes for messages, or 4 lanes of 16,384, or 1,024 nodes */
  bufferAddress(): number;
  digestsAddress(): number;
  sm3(length: number): void;
  sm3Four(length0: number, length1: number, length2: number, length3: number): void;
  sm3Nodes(count: number): void;
  /** r‖s (64), e (32), 04‖x‖y (65) */
  inputAddress(): number;
  /** 32 times as much */
  itemsAddress(): number;
  /** 32 addresses of tables, or 0 */
  keyTablesAddress(): number;
  /** 32 bytes */
  answersAddress(): number;
  verifyItems(count: number): void;
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

const instantiate: () => KernelExports =
  /* @__PURE__ */ instanceMaker<KernelExports>(KERNEL_BASE64);

/** A kernel with memory of its own. It must see public data only: nothing in it is wiped. */
export function createKernel(): Kernel {
  const exports = instantiate();
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
