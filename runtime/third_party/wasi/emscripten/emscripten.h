// XNNPACK takes every WebAssembly compiler for Emscripten; nothing of this header is used.
