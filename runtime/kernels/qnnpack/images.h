// Operators whose windows move over images, channels last.

#ifndef MTC_KERNELS_QNNPACK_IMAGES_H_
#define MTC_KERNELS_QNNPACK_IMAGES_H_

#include <qnnpack/indirection.h>

#include <cstdlib>
#include <initializer_list>

#include "kernels/qnnpack/operator.h"

namespace MTC_QNNPACK {

// Sizes of an axis of images are below 2^47, and of windows 2^20 (kernels/image_windows.h), but not their products.
inline bool Multiply(std::initializer_list<size_t> factors, size_t* product) {
  *product = 1;
  for (const size_t factor : factors) {
    if (__builtin_mul_overflow(*product, factor, product)) return false;
  }
  return true;
}

// Pixels of the result, rounded up to the microkernel's tiles.
inline size_t TiledPixels(const pytorch_qnnp_operator& op) {
  const size_t tile = pytorch_qnnp_params.q8conv.mr;
  return (op.output_height * op.output_width + tile - 1) / tile * tile;
}

// The operator reads its input through a table with a pointer for each pixel of each window. QNNPACK's own setup takes
// padding that is the same on both sides, and gets memory for the table at each run.
inline Status AllocateTable(PrepareContext& context, pytorch_qnnp_operator* op) {
  const size_t window = size_t{op->kernel_height} * op->kernel_width;
  size_t bytes = 0;
  bool fits = true;
  switch (op->ukernel_type) {
    case pytorch_qnnp_ukernel_type_conv:
      fits = Multiply({op->batch_size, op->groups, TiledPixels(*op), window, sizeof(void*)}, &bytes);
      break;
    case pytorch_qnnp_ukernel_type_dwconv:
    case pytorch_qnnp_ukernel_type_average_pooling:
    case pytorch_qnnp_ukernel_type_max_pooling: {  // windows of a row that overlap share pointers
      constexpr size_t kReadBeyond = 8;
      pytorch_qnnp_indirection_set_step_dimensions(op);
      size_t row = 0;
      fits = Multiply({op->output_width, op->step_width, op->kernel_height}, &row) &&
             Multiply({op->batch_size, op->output_height, op->step_height, sizeof(void*)}, &bytes) &&
             !__builtin_add_overflow(bytes, kReadBeyond * sizeof(void*), &bytes);
      break;
    }
    default:  // a product, which needs none
      return Status::kOk;
  }
  if (!fits || bytes > PTRDIFF_MAX) return context.Fail(Status::kOutOfMemory, "QNNPACK: windows larger than memory");
  void* table = std::realloc(op->indirection_buffer, bytes);
  if (table == nullptr) return context.Fail(Status::kOutOfMemory, "QNNPACK: no memory for %zu windows", bytes);
  op->indirection_buffer = static_cast<const void**>(table);
  return Status::kOk;
}

inline void FillTable(pytorch_qnnp_operator* op) {
  switch (op->ukernel_type) {
    case pytorch_qnnp_ukernel_type_conv:
      (op->transpose ? pytorch_qnnp_indirection_init_deconv2d : pytorch_qnnp_indirection_init_conv3d)(
          op, pytorch_qnnp_params.q8conv.mr, TiledPixels(*op));
      break;
    case pytorch_qnnp_ukernel_type_dwconv:
    case pytorch_qnnp_ukernel_type_average_pooling:
      pytorch_qnnp_indirection_init_dwconv(op, 0);
      break;
    case pytorch_qnnp_ukernel_type_max_pooling:
      pytorch_qnnp_indirection_init_maxpool2d(op, 0);
      break;
    default:
      break;
  }
}

// Windows of an operator, which its attributes give.
template <typename Args>
void SetWindows(pytorch_qnnp_operator* op, const Args& args, int64_t height, int64_t width,
                Span<const int64_t> dilation) {
  op->kernel_depth = op->stride_depth = op->dilation_depth = 1;
  op->kernel_height = static_cast<uint32_t>(height);
  op->kernel_width = static_cast<uint32_t>(width);
  op->stride_height = static_cast<uint32_t>(args.stride[0]);
  op->stride_width = static_cast<uint32_t>(args.stride[1]);
  op->dilation_height = static_cast<uint32_t>(dilation[0]);
  op->dilation_width = static_cast<uint32_t>(dilation[1]);
  op->input_padding_height = static_cast<uint32_t>(args.padding[0]);
  op->input_padding_width = static_cast<uint32_t>(args.padding[2]);
}

// The sizes of this run's images.
inline Status SetImages(PrepareContext& context, pytorch_qnnp_operator* op, const Tensor& x, const Tensor& out) {
  op->batch_size = static_cast<size_t>(x.dims[0]);
  op->input_depth = op->output_depth = 1;
  op->input_height = static_cast<size_t>(x.dims[1]);
  op->input_width = static_cast<size_t>(x.dims[2]);
  op->input_pixel_stride = static_cast<size_t>(x.pitch);
  op->output_height = static_cast<size_t>(out.dims[1]);
  op->output_width = static_cast<size_t>(out.dims[2]);
  op->output_pixel_stride = static_cast<size_t>(out.pitch);
  op->input = nullptr;  // the table is filled at the next run
  return AllocateTable(context, op);
}

inline Status RunImages(KernelContext& context, const Operator& op, const Tensor& x, const Tensor& out) {
  op->output = out.data;
  if (op->input != x.data) {
    op->input = x.data;
    FillTable(op.get());
  }
  return RunOperator(context, op);
}

}  // namespace MTC_QNNPACK

#endif  // MTC_KERNELS_QNNPACK_IMAGES_H_
