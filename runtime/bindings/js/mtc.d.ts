export type DType = "f32" | "f64" | "f16" | "bf16" | "i8" | "u8" | "i16" | "i32" | "i64" | "bool";
export type Data =
  | Float32Array | Float64Array | Uint16Array | Int8Array | Uint8Array | Int16Array | Int32Array | BigInt64Array;
export interface Tensor { data: Data; dims: number[]; dtype: DType }
export interface Signature { name: string; dtype: DType; dims: number[]; minDims: number[]; maxDims: number[] }
export interface Memory { arena: number; scratch: number; state: number; packed: number }
export interface Event { kernel: string; name: string; location: string; start: number; duration: number }
export type Input = Data | { data: Data; dims: number[] };

export class MtcError extends Error { readonly status: string }

export class Runtime {
  static load(
    source: string | URL | Response | ArrayBuffer | ArrayBufferView | WebAssembly.Module): Promise<Runtime>;
  readonly version: string;
  readonly kernels: string[];
  load(bytes: ArrayBuffer | ArrayBufferView, options?: { maxMemory?: number }): Program;
}

export interface Program {
  readonly functions: string[];
  metadata(key: string): string | null;
  inputs(name?: string): Signature[];
  outputs(name?: string): Signature[];
  samples(name?: string): Record<string, Tensor> | null;
  session(options?: { maxMemory?: number; profile?: boolean }): Session;
  destroy(): void;
}

export interface Session {
  run(inputs?: Record<string, Input> | Input[], name?: string): Record<string, Tensor>;
  reset(): void;
  readonly memory: Memory;
  readonly profile: Event[];
  destroy(): void;
}
