// Which of QNNPACK's microkernels its operators run. Its own initialization names all of them; here each kernel names
// those that it needs, so that a runtime links no others.

#ifndef MTC_KERNELS_QNNPACK_MICROKERNELS_H_
#define MTC_KERNELS_QNNPACK_MICROKERNELS_H_

#include <pthread.h>
#include <qnnpack/params.h>
#include <qnnpack/q8conv.h>
#include <qnnpack/q8dwconv.h>
#include <qnnpack/q8gemm.h>

#include "kernels/kernel.h"

#if defined(__x86_64__)
#define MTC_QNNPACK_FOR(x86, arm) x86
#elif defined(__aarch64__)
#define MTC_QNNPACK_FOR(x86, arm) arm
#endif

namespace MTC_QNNPACK {

// The sizes of all microkernels' tiles, as src/init.c has them.
constexpr pytorch_qnnp_parameters Tiles() {
  pytorch_qnnp_parameters p = {};
  p.initialized = true;
  p.q8conv.mr = MTC_QNNPACK_FOR(4, 8);
  p.q8conv.nr = MTC_QNNPACK_FOR(4, 8);
  p.q8conv.kr = MTC_QNNPACK_FOR(2, 1);
  p.q8dw9.cr = p.q8dw25.cr = 8;
  return p;
}

}  // namespace MTC_QNNPACK

// What QNNPACK reads, and declares: defined by src/init.c, which is not linked.
extern "C" {
inline pytorch_qnnp_parameters pytorch_qnnp_params = MTC_QNNPACK::Tiles();
}

namespace MTC_QNNPACK {

inline void ChooseGemm() {
  pytorch_qnnp_params.q8conv.gemm =
      MTC_QNNPACK_FOR(pytorch_q8gemm_ukernel_4x4c2__sse2, pytorch_q8gemm_ukernel_8x8__aarch64_neon);
}
inline void ChooseConvolution() {
  pytorch_qnnp_params.q8conv.conv =
      MTC_QNNPACK_FOR(pytorch_q8conv_ukernel_4x4c2__sse2, pytorch_q8conv_ukernel_8x8__aarch64_neon);
}
// Those with a scale for each channel also serve where all have one.
inline void ChooseDepthwise() {
  pytorch_qnnp_params.q8dw9.updw_per_channel = MTC_QNNPACK_FOR(pytorch_q8dwconv_ukernel_up8x9_per_channel__sse2,
                                                               pytorch_q8dwconv_ukernel_up8x9_per_channel__neon);
  pytorch_qnnp_params.q8dw25.mpdw_per_channel = MTC_QNNPACK_FOR(pytorch_q8dwconv_ukernel_mp8x25_per_channel__sse2,
                                                                pytorch_q8dwconv_ukernel_mp8x25_per_channel__neon);
}

// Calls it once for the process, whichever threads prepare kernels.
template <void (*kChoose)()>
void Choose() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, kChoose);
}

}  // namespace MTC_QNNPACK

#endif  // MTC_KERNELS_QNNPACK_MICROKERNELS_H_
