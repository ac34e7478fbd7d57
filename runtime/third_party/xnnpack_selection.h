/* What XNNPACK's operators see in place of its tables of microkernels, and what our kernels read in place of them.

   XNNPACK fills a table with all microkernels of a kind that a processor may want, and an operator refers to the tables
   of all paths that it might take. Here it refers to functions of the selection instead, which give an empty table, or
   one without the microkernels of convolutions, where no selected kernel takes that path: mtc/build/xnnpack_tables.py.
   So nothing refers to these microkernels, and they are not linked. */

#ifndef MTC_THIRD_PARTY_XNNPACK_SELECTION_H_
#define MTC_THIRD_PARTY_XNNPACK_SELECTION_H_

#include <xnnpack.h>
/* After that one. */
#include <xnnpack/config.h>
#include <xnnpack/pack.h>

#ifdef __cplusplus
extern "C" {
#endif

const struct xnn_gemm_config* xnn_selected_f32_gemm_config(void);
const struct xnn_gemm_config* xnn_selected_f32_gemm_nr2_config(void);
const struct xnn_gemm_config* xnn_selected_f16_gemm_config(void);
const struct xnn_gemm_config* xnn_selected_qs8_qc8w_gemm_config(void);
const struct xnn_gemm_config* xnn_selected_qu8_gemm_config(void);
const struct xnn_gemm_config* xnn_selected_qd8_f32_qc8w_gemm_config(void);
const struct xnn_dwconv_config* xnn_selected_f32_dwconv_config(void);
const struct xnn_dwconv_config* xnn_selected_f16_dwconv_config(void);
const struct xnn_dwconv_config* xnn_selected_qs8_qc8w_dwconv_config(void);
const struct xnn_dwconv_config* xnn_selected_qu8_dwconv_config(void);
const struct xnn_vmulcaddc_config* xnn_selected_f32_vmulcaddc_config(void);
const struct xnn_vmulcaddc_config* xnn_selected_f16_vmulcaddc_config(void);
/* The functions that pack weights for them; null where no selected kernel takes that path. */
xnn_pack_dwconv_ghw_w_fn xnn_selected_f32_dwconv_packing(void);
xnn_pack_dwconv_ghw_w_fn xnn_selected_f16_dwconv_packing(void);
xnn_pack_dwconv_ghw_w_fn xnn_selected_qs8_qc8w_dwconv_packing(void);
xnn_pack_dwconv_ghw_w_fn xnn_selected_qu8_dwconv_packing(void);

#ifdef __cplusplus
}
#else
#define xnn_init_f32_gemm_config xnn_selected_f32_gemm_config
#define xnn_init_f32_gemm_nr2_config xnn_selected_f32_gemm_nr2_config
#define xnn_init_f16_gemm_config xnn_selected_f16_gemm_config
#define xnn_init_qs8_qc8w_gemm_config xnn_selected_qs8_qc8w_gemm_config
#define xnn_init_qu8_gemm_config xnn_selected_qu8_gemm_config
#define xnn_init_qd8_f32_qc8w_gemm_config xnn_selected_qd8_f32_qc8w_gemm_config
#define xnn_init_f32_dwconv_config xnn_selected_f32_dwconv_config
#define xnn_init_f16_dwconv_config xnn_selected_f16_dwconv_config
#define xnn_init_qs8_qc8w_dwconv_config xnn_selected_qs8_qc8w_dwconv_config
#define xnn_init_qu8_dwconv_config xnn_selected_qu8_dwconv_config
#define xnn_init_f32_vmulcaddc_config xnn_selected_f32_vmulcaddc_config
#define xnn_init_f16_vmulcaddc_config xnn_selected_f16_vmulcaddc_config
#define xnn_pack_f32_dwconv_ghw_w xnn_selected_f32_dwconv_packing()
#define xnn_pack_f16_dwconv_ghw_w xnn_selected_f16_dwconv_packing()
#define xnn_pack_qs8_dwconv_ghw_w xnn_selected_qs8_qc8w_dwconv_packing()
#define xnn_pack_qu8_dwconv_ghw_w xnn_selected_qu8_dwconv_packing()

/* Flags that no kernel of ours gives to any operator: without them, the compiler drops what they ask for. */
#undef XNN_FLAG_DEPTHWISE_CONVOLUTION
#define XNN_FLAG_DEPTHWISE_CONVOLUTION 0
#undef XNN_FLAG_FP32_STATIC_WEIGHTS
#define XNN_FLAG_FP32_STATIC_WEIGHTS 0
#undef XNN_FLAG_TENSORFLOW_SAME_PADDING
#define XNN_FLAG_TENSORFLOW_SAME_PADDING 0
#undef XNN_FLAG_TENSORFLOW_LEGACY_MODE
#define XNN_FLAG_TENSORFLOW_LEGACY_MODE 0
#undef XNN_FLAG_TRANSIENT_INDIRECTION_BUFFER
#define XNN_FLAG_TRANSIENT_INDIRECTION_BUFFER 0
#ifdef MTC_WEIGHTS_ARE_NOT_TRANSPOSED /* Where that flag is not the one of matrix products as well. */
#undef XNN_FLAG_TRANSPOSE_WEIGHTS
#define XNN_FLAG_TRANSPOSE_WEIGHTS 0
#endif
#endif

#endif /* MTC_THIRD_PARTY_XNNPACK_SELECTION_H_ */
