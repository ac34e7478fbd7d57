// XNNPACK takes every WebAssembly compiler for Emscripten. It asks JavaScript for the number of cores alone, and takes
// more than four for a sign of AVX; here it gets what it falls back to by itself.
#pragma once

#define EM_JS(type, name, parameters, ...) \
  static type name parameters { return 1; }
