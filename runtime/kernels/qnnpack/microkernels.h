// Which of QNNPACK's microkernels its operators run. Its own initialization names all of them; here each kernel names
// those that it needs, so that a runtime links no others.

#ifndef MTC_KERNELS_QNNPACK_MICROKERNELS_H_
#define MTC_KERNELS_QNNPACK_MICROKERNELS_H_

#include <pthread.h>
#include <qnnpack/params.h>
#include <qnnpack/q8avgpool.h>
#include <qnnpack/q8conv.h>
#include <qnnpack/q8dwconv.h>
#include <qnnpack/q8gavgpool.h>
#include <qnnpack/q8gemm.h>
#include <qnnpack/q8vadd.h>
#include <qnnpack/u8clamp.h>
#include <qnnpack/u8lut32norm.h>
#include <qnnpack/u8maxpool.h>
#include <qnnpack/u8rmax.h>
#include <qnnpack/x8lut.h>
#include <qnnpack/x8zip.h>

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
  p.q8avgpool.mr = p.u8maxpool.mr = 9;
  p.q8avgpool.qr = p.u8maxpool.qr = 8;
  p.q8avgpool.kr = 8;
  p.u8maxpool.kr = 16;
  p.q8gavgpool.mr = 7;
  p.q8gavgpool.nr = 8;
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
inline void ChooseDynamicGemm() {
  pytorch_qnnp_params.q8conv.gemm_dq =
      MTC_QNNPACK_FOR(pytorch_q8gemm_dq_ukernel_4x4c2__sse2, pytorch_q8gemm_dq_ukernel_8x8__aarch64_neon);
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

inline void ChooseAveragePooling() {
  pytorch_qnnp_params.q8avgpool.ltkr =
      MTC_QNNPACK_FOR(pytorch_q8avgpool_ukernel_up8xm__sse2, pytorch_q8avgpool_ukernel_up8xm__neon);
  pytorch_qnnp_params.q8avgpool.gekr_lemr =
      MTC_QNNPACK_FOR(pytorch_q8avgpool_ukernel_up8x9__sse2, pytorch_q8avgpool_ukernel_up8x9__neon);
  pytorch_qnnp_params.q8avgpool.gekr_gtmr =
      MTC_QNNPACK_FOR(pytorch_q8avgpool_ukernel_mp8x9p8q__sse2, pytorch_q8avgpool_ukernel_mp8x9p8q__neon);
}
inline void ChooseMaxPooling() {
  pytorch_qnnp_params.u8maxpool.ltkr =
      MTC_QNNPACK_FOR(pytorch_u8maxpool_ukernel_sub16__sse2, pytorch_u8maxpool_ukernel_sub16__neon);
  pytorch_qnnp_params.u8maxpool.gekr =
      MTC_QNNPACK_FOR(pytorch_u8maxpool_ukernel_16x9p8q__sse2, pytorch_u8maxpool_ukernel_16x9p8q__neon);
}
inline void ChooseGlobalAveragePooling() {
  pytorch_qnnp_params.q8gavgpool.ltnr =
      MTC_QNNPACK_FOR(pytorch_q8gavgpool_ukernel_up8xm__sse2, pytorch_q8gavgpool_ukernel_up8xm__neon);
  pytorch_qnnp_params.q8gavgpool.genr_lemr =
      MTC_QNNPACK_FOR(pytorch_q8gavgpool_ukernel_up8x7__sse2, pytorch_q8gavgpool_ukernel_up8x7__neon);
  pytorch_qnnp_params.q8gavgpool.genr_gtmr =
      MTC_QNNPACK_FOR(pytorch_q8gavgpool_ukernel_mp8x7p7q__sse2, pytorch_q8gavgpool_ukernel_mp8x7p7q__neon);
}
inline void ChooseAdd() {
  pytorch_qnnp_params.q8vadd = MTC_QNNPACK_FOR(pytorch_q8vadd_ukernel__sse2, pytorch_q8vadd_ukernel__neon);
}
inline void ChooseClamp() {
  pytorch_qnnp_params.u8clamp = MTC_QNNPACK_FOR(pytorch_u8clamp_ukernel__sse2, pytorch_u8clamp_ukernel__neon);
}
inline void ChooseTable() { pytorch_qnnp_params.x8lut = pytorch_x8lut_ukernel__scalar; }
inline void ChooseSoftmax() {
  pytorch_qnnp_params.u8rmax = MTC_QNNPACK_FOR(pytorch_u8rmax_ukernel__sse2, pytorch_u8rmax_ukernel__neon);
  pytorch_qnnp_params.u8lut32norm = pytorch_u8lut32norm_ukernel__scalar;
}
inline void ChooseShuffle() {
  pytorch_qnnp_params.x8zip.x2 = MTC_QNNPACK_FOR(pytorch_qnnp_x8zip_x2__sse2, pytorch_qnnp_x8zip_x2__neon);
  pytorch_qnnp_params.x8zip.x3 = MTC_QNNPACK_FOR(pytorch_qnnp_x8zip_x3__sse2, pytorch_qnnp_x8zip_x3__neon);
  pytorch_qnnp_params.x8zip.x4 = MTC_QNNPACK_FOR(pytorch_qnnp_x8zip_x4__sse2, pytorch_qnnp_x8zip_x4__neon);
  pytorch_qnnp_params.x8zip.xm = MTC_QNNPACK_FOR(pytorch_qnnp_x8zip_xm__sse2, pytorch_qnnp_x8zip_xm__neon);
}

// Calls it once for the process, whichever threads prepare kernels.
template <void (*kChoose)()>
void Choose() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, kChoose);
}

}  // namespace MTC_QNNPACK

#endif  // MTC_KERNELS_QNNPACK_MICROKERNELS_H_
