interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

// Neither the ECMAScript library nor @types/node declares it; every engine that runs this has it.
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyNamespace };

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export const PAGE_BYTES = 65_536;

/** Makes instances of one module, which is compiled at the first. */
export function instanceMaker<E>(base64: string): () => E {
  let compiled: object | undefined;
  return () => {
    compiled ??= new WebAssembly.Module(
      Uint8Array.from(globalThis.atob(base64), (character) => character.charCodeAt(0)),
    );
    return new WebAssembly.Instance(compiled, {}).exports as E;
  };
}
