// Some of XNNPACK's files for 128-bit vectors of WebAssembly name this header and mean the one they need.
#include <wasm_simd128.h>
