// mtc in JavaScript: loads the runtime's WebAssembly module and runs programs on it, in a page, a worker or Node.
//
//   import { Runtime } from "./mtc.mjs";
//   const runtime = await Runtime.load("mtc.wasm");
//   const program = runtime.load(new Uint8Array(await (await fetch("model.mtp")).arrayBuffer()));
//   const session = program.session();
//   const { logits } = session.run({ image: new Float32Array(3 * 224 * 224) });
//
// A tensor is { data, dims, dtype }: `data` a typed array in row-major order, `dims` an array of numbers. Where the
// program knows an input's dims, the typed array alone is enough. Half-precision numbers are their bits, in a
// Uint16Array; integers of 64 bits a BigInt64Array; booleans a Uint8Array of zeros and ones. Results are copies.

import { systemCalls } from "./wasi.mjs";

// In the order of mtc_dtype.
const DTYPES = [
  ["f32", Float32Array], ["f64", Float64Array], ["f16", Uint16Array], ["bf16", Uint16Array], ["i8", Int8Array],
  ["u8", Uint8Array], ["i16", Int16Array], ["i32", Int32Array], ["i64", BigInt64Array], ["bool", Uint8Array],
];
const INVALID = "invalid argument"; // what mtc_status_name calls what is found here
const MAX_RANK = 8; // MTC_MAX_RANK: a tensor's structure has room for no more dims
const UNBOUNDED = 2n ** 63n - 1n;
// Bytes of the C API's structures (mtc.h) where pointers have 32 bits, and where their members begin.
const ERROR_BYTES = 2048;
const TENSOR = { bytes: 80, data: 0, size: 4, dtype: 8, rank: 12, dims: 16 };
const SIGNATURE = { bytes: 208, name: 0, dtype: 4, rank: 8, dims: 16, minDims: 80, maxDims: 144 };
const SESSION_OPTIONS = { bytes: 24, threads: 0, maxMemory: 8, profile: 16 };
const LOAD_OPTIONS = { bytes: 16, maxMemory: 0 };
const MEMORY = { bytes: 32, names: ["arena", "scratch", "state", "packed"] };
const EVENT = { bytes: 40, kernel: 0, name: 4, location: 8, start: 16, duration: 24, function: 32, instruction: 36 };
const ALIGNMENT = 64; // of a program, so that its constants are used in place

/** Why the runtime refused. `status` is the name of its mtc_status. */
export class MtcError extends Error {
  constructor(message, status) {
    super(message);
    this.name = "MtcError";
    this.status = status;
  }
}

/** The runtime with the kernels that it was built with. Memory that it has taken stays taken while it lives. */
export class Runtime {
  #exports;

  /** From the module's address, its bytes, a Response, or a compiled WebAssembly.Module. */
  static async load(source) {
    const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(await bytesOf(source));
    const memory = {};
    const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: systemCalls(memory) });
    memory.buffer = () => instance.exports.memory.buffer;
    instance.exports._initialize();
    return new Runtime(instance.exports);
  }

  constructor(exports) {
    this.#exports = exports;
  }

  get version() {
    return this.text(this.#exports.mtc_version());
  }

  /** The keys of its kernels. */
  get kernels() {
    return this.#listed((index) => this.#exports.mtc_runtime_kernel(index));
  }

  /** A program from its bytes, in an ArrayBuffer or a view of one. MtcError if they are damaged, or need kernels that
   * the runtime lacks. */
  load(bytes, { maxMemory = 0 } = {}) {
    return new Program(this, this.#exports, bytes, maxMemory);
  }

  // What follows is for the classes below.

  view() {
    return new DataView(this.#exports.memory.buffer);
  }

  bytes(at, size) {
    return new Uint8Array(this.#exports.memory.buffer, at, size);
  }

  text(at) {
    if (at === 0) return null;
    const memory = new Uint8Array(this.#exports.memory.buffer);
    return new TextDecoder().decode(memory.subarray(at, memory.indexOf(0, at)));
  }

  allocate(size) {
    const at = this.#exports.malloc(size);
    if (at === 0) throw new MtcError(`no memory for ${size} bytes`, "out of memory");
    return at;
  }

  /** Calls `use` with the address of `size` zeroed bytes that live as long as the call. */
  withBytes(size, use) {
    const at = this.allocate(size);
    try {
      this.bytes(at, size).fill(0);
      return use(at);
    } finally {
      this.#exports.free(at);
    }
  }

  /** Calls `call` with the address of an error, and throws what it says if the status is not 0. */
  checked(call) {
    this.withBytes(ERROR_BYTES, (error) => {
      const status = call(error);
      if (status !== 0) throw new MtcError(this.text(error), this.text(this.#exports.mtc_status_name(status)));
    });
  }

  #listed(at) {
    const found = [];
    for (let next = at(0); next !== 0; next = at(found.length)) found.push(this.text(next));
    return found;
  }
}

/** A program: what it takes and gives. Sessions run it. */
class Program {
  #runtime;
  #exports;
  #memory;
  #handle;
  #sessions = 0;

  constructor(runtime, exports, bytes, maxMemory) {
    this.#runtime = runtime;
    this.#exports = exports;
    const given = asBytes(bytes);
    this.#memory = runtime.allocate(given.length + ALIGNMENT);
    const start = Math.ceil(this.#memory / ALIGNMENT) * ALIGNMENT;
    runtime.bytes(start, given.length).set(given);
    try {
      runtime.withBytes(LOAD_OPTIONS.bytes + 8, (options) => {
        runtime.view().setBigUint64(options + LOAD_OPTIONS.maxMemory, BigInt(maxMemory), true);
        const out = options + LOAD_OPTIONS.bytes;
        runtime.checked((error) => exports.mtc_program_load_memory(start, given.length, options, out, error));
        this.#handle = runtime.view().getUint32(out, true);
      });
    } catch (error) {
      exports.free(this.#memory);
      throw error;
    }
  }

  get functions() {
    const count = this.#exports.mtc_program_function_count(this.handle);
    return Array.from({ length: count }, (_, index) =>
      this.#runtime.text(this.#exports.mtc_program_function_name(this.handle, index)));
  }

  /** A text that the model's author gave it, such as its labels; null if there is none. */
  metadata(key) {
    const bytes = new TextEncoder().encode(`${key}\0`);
    return this.#runtime.withBytes(bytes.length, (at) => {
      this.#runtime.bytes(at, bytes.length).set(bytes);
      return this.#runtime.text(this.#exports.mtc_program_metadata(this.handle, at));
    });
  }

  /** Of each input: its name, dtype, and dims, with -1 where the caller decides within [minDims, maxDims]. */
  inputs(name = "forward") {
    return this.#signatures("input", this.indexOf(name));
  }

  outputs(name = "forward") {
    return this.#signatures("output", this.indexOf(name));
  }

  /** The example inputs that the program carries, by name; null if it carries none. */
  samples(name = "forward") {
    const index = this.indexOf(name);
    const found = {};
    return this.#runtime.withBytes(TENSOR.bytes, (tensor) => {
      for (const [i, input] of this.inputs(name).entries()) {
        if (this.#exports.mtc_program_sample(this.handle, index, 0, i, tensor) !== 0) return null;
        found[input.name] = readTensor(this.#runtime, tensor);
      }
      return found;
    });
  }

  /** A session, which has memory of its own; `profile` records the time of every instruction. */
  session({ maxMemory = 0, profile = false } = {}) {
    return this.#runtime.withBytes(SESSION_OPTIONS.bytes + 8, (options) => {
      const view = this.#runtime.view();
      view.setBigUint64(options + SESSION_OPTIONS.maxMemory, BigInt(maxMemory), true);
      view.setUint8(options + SESSION_OPTIONS.profile, profile ? 1 : 0);
      const out = options + SESSION_OPTIONS.bytes;
      this.#runtime.checked((error) => this.#exports.mtc_session_create(this.handle, options, out, error));
      return new Session(this.#runtime, this.#exports, this, this.#runtime.view().getUint32(out, true));
    });
  }

  /** Gives the memory back. Its sessions must be destroyed before. */
  destroy() {
    if (this.#sessions > 0) {
      throw new MtcError(`the program has sessions (${this.#sessions}): destroy them before it`, INVALID);
    }
    this.#exports.mtc_program_destroy(this.#handle);
    this.#exports.free(this.#memory);
    this.#handle = 0;
    this.#memory = 0;
  }

  // What follows is for the classes here.

  get handle() {
    if (this.#handle === 0) throw new MtcError("the program was destroyed", INVALID);
    return this.#handle;
  }

  /** One session more, or with -1 one less. */
  count(sessions) {
    this.#sessions += sessions;
  }

  indexOf(name) {
    const index = this.functions.indexOf(name);
    if (index < 0) throw new MtcError(`the program has no function \`${name}\``, INVALID);
    return index;
  }

  #signatures(kind, index) {
    const count = this.#exports[`mtc_program_${kind}_count`](this.handle, index);
    return this.#runtime.withBytes(SIGNATURE.bytes, (at) =>
      Array.from({ length: count }, (_, i) => {
        this.#exports[`mtc_program_${kind}`](this.handle, index, i, at);
        const view = this.#runtime.view();
        const rank = view.getUint32(at + SIGNATURE.rank, true);
        return {
          name: this.#runtime.text(view.getUint32(at + SIGNATURE.name, true)),
          dtype: DTYPES[view.getUint32(at + SIGNATURE.dtype, true)][0],
          dims: readDims(view, at + SIGNATURE.dims, rank),
          minDims: readDims(view, at + SIGNATURE.minDims, rank),
          maxDims: readDims(view, at + SIGNATURE.maxDims, rank),
        };
      }));
  }
}

/** Runs a program. It keeps the program's state from run to run. */
class Session {
  #runtime;
  #exports;
  #program;
  #handle;

  constructor(runtime, exports, program, handle) {
    this.#runtime = runtime;
    this.#exports = exports;
    this.#program = program;
    this.#handle = handle;
    program.count(1);
  }

  /** The outputs by name. `inputs` are tensors by name, or an array of them in the program's order. */
  run(inputs = {}, name = "forward") {
    const handle = this.#alive;
    const index = this.#program.indexOf(name);
    const signatures = this.#program.inputs(name);
    const tensors = ordered(inputs, signatures);
    const allocated = [];
    try {
      return this.#runtime.withBytes(TENSOR.bytes * (tensors.length + 1), (at) => {
        for (const [i, tensor] of tensors.entries()) {
          const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
          const data = this.#runtime.allocate(Math.max(bytes.length, 1));
          allocated.push(data);
          this.#runtime.bytes(data, bytes.length).set(bytes);
          writeTensor(this.#runtime.view(), at + i * TENSOR.bytes, data, bytes.length, tensor);
        }
        this.#runtime.checked((error) =>
          this.#exports.mtc_session_run(handle, index, at, tensors.length, error));
        const result = at + tensors.length * TENSOR.bytes;
        return Object.fromEntries(this.#program.outputs(name).map((output, i) => {
          this.#exports.mtc_session_output(handle, index, i, result);
          return [output.name, readTensor(this.#runtime, result)];
        }));
      });
    } finally {
      for (const data of allocated) this.#exports.free(data);
    }
  }

  /** Back to the state that the program begins with. */
  reset() {
    this.#runtime.checked((error) => this.#exports.mtc_session_reset_state(this.#alive, error));
  }

  /** Bytes of intermediate tensors, scratch memory, state and packed weights. */
  get memory() {
    return this.#runtime.withBytes(MEMORY.bytes, (at) => {
      this.#exports.mtc_session_memory(at, this.#alive);
      const view = this.#runtime.view();
      return Object.fromEntries(MEMORY.names.map((name, i) => [name, Number(view.getBigUint64(at + 8 * i, true))]));
    });
  }

  /** The last run's instructions, of a session that was made with `profile`: names, places, milliseconds. */
  get profile() {
    return this.#runtime.withBytes(EVENT.bytes, (at) =>
      Array.from({ length: this.#exports.mtc_session_event_count(this.#alive) }, (_, i) => {
        this.#exports.mtc_session_event(this.#alive, i, at);
        const view = this.#runtime.view();
        return {
          kernel: this.#runtime.text(view.getUint32(at + EVENT.kernel, true)),
          name: this.#runtime.text(view.getUint32(at + EVENT.name, true)),
          location: this.#runtime.text(view.getUint32(at + EVENT.location, true)),
          start: Number(view.getBigUint64(at + EVENT.start, true)) / 1e6,
          duration: Number(view.getBigUint64(at + EVENT.duration, true)) / 1e6,
        };
      }));
  }

  destroy() {
    if (this.#handle === 0) return;
    this.#exports.mtc_session_destroy(this.#handle);
    this.#handle = 0;
    this.#program.count(-1);
  }

  get #alive() {
    if (this.#handle === 0) throw new MtcError("the session was destroyed", INVALID);
    return this.#handle;
  }
}

async function bytesOf(source) {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return source;
  const response = source instanceof Response ? source : await fetch(source);
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

// The bytes of a program, in whatever holds them.
function asBytes(source) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  throw new MtcError("a program is loaded from its bytes: give a Uint8Array or an ArrayBuffer", INVALID);
}

// The tensors in the program's order, each with data, dims and dtype.
function ordered(inputs, signatures) {
  const given = Array.isArray(inputs) ? inputs : signatures.map(({ name }) => inputs[name]);
  const names = signatures.map(({ name }) => `\`${name}\``).join(", ") || "none";
  const unknown = Array.isArray(inputs) ? [] : Object.keys(inputs).filter((key) => !signatures.some((s) => s.name === key));
  if (given.length !== signatures.length || given.includes(undefined) || unknown.length > 0) {
    throw new MtcError(`the inputs are ${names}`, INVALID);
  }
  return given.map((value, i) => completed(value, signatures[i]));
}

function completed(value, { name, dtype, dims }) {
  const tensor = ArrayBuffer.isView(value) ? { data: value } : value;
  const expected = DTYPES.find(([known]) => known === dtype)[1];
  if (!(tensor?.data instanceof expected)) {
    throw new MtcError(`\`${name}\` is ${dtype}: give a ${expected.name}`, INVALID);
  }
  const given = tensor.dims ?? dims;
  if (given === dims && dims.includes(-1)) {
    throw new MtcError(`\`${name}\` has no fixed dims: give { data, dims }`, INVALID);
  }
  if (given.length > MAX_RANK) {
    throw new MtcError(`\`${name}\` has ${given.length} dims, and a tensor ${MAX_RANK} at most`, INVALID);
  }
  const count = given.reduce((product, dim) => product * dim, 1);
  if (count !== tensor.data.length) {
    const said = `\`${name}\` of dims [${given.join(", ")}] has ${count} elements, not ${tensor.data.length}`;
    throw new MtcError(said, INVALID);
  }
  return { data: tensor.data, dims: given, dtype };
}

function writeTensor(view, at, data, size, { dims, dtype }) {
  view.setUint32(at + TENSOR.data, data, true);
  view.setUint32(at + TENSOR.size, size, true);
  view.setUint32(at + TENSOR.dtype, DTYPES.findIndex(([known]) => known === dtype), true);
  view.setUint32(at + TENSOR.rank, dims.length, true);
  dims.forEach((dim, i) => view.setBigInt64(at + TENSOR.dims + 8 * i, BigInt(dim), true));
}

function readTensor(runtime, at) {
  const view = runtime.view();
  const [dtype, type] = DTYPES[view.getUint32(at + TENSOR.dtype, true)];
  const size = view.getUint32(at + TENSOR.size, true);
  const copy = runtime.bytes(view.getUint32(at + TENSOR.data, true), size).slice();
  const dims = readDims(view, at + TENSOR.dims, view.getUint32(at + TENSOR.rank, true));
  return { data: new type(copy.buffer), dims, dtype };
}

function readDims(view, at, rank) {
  return Array.from({ length: rank }, (_, i) => {
    const dim = view.getBigInt64(at + 8 * i, true);
    return dim === UNBOUNDED ? Infinity : Number(dim);
  });
}
