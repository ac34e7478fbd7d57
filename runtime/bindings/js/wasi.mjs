// The few calls of WASI that the runtime makes: a clock, words on the error stream. There are no files.

const DONE = 0;
const BAD_FILE = 8; // EBADF
const NOT_SUPPORTED = 58; // ENOTSUP

/** The functions that the module imports. `memory.buffer()` gives its memory once it lives. */
export function systemCalls(memory) {
  const calls = {
    clock_time_get(clock, precision, out) {
      const now = BigInt(Math.round(performance.now() * 1e6));
      new DataView(memory.buffer()).setBigUint64(out, now, true);
      return DONE;
    },
    fd_write(file, vectors, count, out) {
      const view = new DataView(memory.buffer());
      let size = 0;
      let text = "";
      for (let i = 0; i < count; ++i) {
        const length = view.getUint32(vectors + 8 * i + 4, true);
        text += new TextDecoder().decode(new Uint8Array(memory.buffer(), view.getUint32(vectors + 8 * i, true), length));
        size += length;
      }
      if (text.trim() !== "") console.error(text.trimEnd());
      view.setUint32(out, size, true);
      return DONE;
    },
    fd_prestat_get: () => BAD_FILE, // no folder is open
    proc_exit(status) {
      throw new WebAssembly.RuntimeError(`the runtime ended with status ${status}`);
    },
  };
  return new Proxy(calls, { get: (known, name) => known[name] ?? (() => NOT_SUPPORTED) });
}
