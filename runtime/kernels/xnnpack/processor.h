// What cpuinfo knows of the processor that matters here. A WebAssembly module knows nothing of it.

#ifndef MTC_KERNELS_XNNPACK_PROCESSOR_H_
#define MTC_KERNELS_XNNPACK_PROCESSOR_H_

#include <cstdint>

#if !defined(__wasm__)
#include <cpuinfo.h>
#endif

namespace mtc::kernels {

// Bytes of the L2 cache; 0 if unknown.
inline int64_t L2Bytes() {
#if defined(__wasm__)
  return 0;
#else
  return cpuinfo_get_l2_caches_count() > 0 ? static_cast<int64_t>(cpuinfo_get_l2_cache(0)->size) : 0;
#endif
}

// Whether vectors of half precision are added and multiplied.
inline bool HasHalfArithmetic() {
#if defined(__wasm__)
  return false;
#else
  return cpuinfo_has_arm_neon_fp16_arith();
#endif
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_XNNPACK_PROCESSOR_H_
