// What the pooling kernels share.

#ifndef MTC_KERNELS_XNNPACK_POOLING_H_
#define MTC_KERNELS_XNNPACK_POOLING_H_

#include <algorithm>
#include <cstdint>

#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/xnnpack/operator.h"
#include "kernels/xnnpack/window.h"

namespace MTC_XNNPACK {

struct PoolingState : OperatorState {
  int64_t padding_bottom = 0;  // XNNPACK rounds down; these make it as many windows as ceil_mode wants
  int64_t padding_right = 0;
  int64_t in_pitch = 0;
  int64_t out_pitch = 0;
  size_t scratch = 0;

  void SetPitch(const Tensor* x, const Tensor* out) {
    in_pitch = x->pitch;
    out_pitch = out->pitch;
  }
  bool HasPitch(const Tensor* x, const Tensor* out) const { return in_pitch == x->pitch && out_pitch == out->pitch; }
};

// Derives the result's shape and the padding.
template <typename Args>
Status PreparePooling(PrepareContext& context, const Args& args, Span<const int64_t> dilation) {
  const Tensor& x = *args.x;
  if (args.layout != Layout::kNhwc || x.rank != 4) {
    return context.Fail(Status::kInvalidProgram, "pooling: not of a batch of images, channels last");
  }
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  MTC_RETURN_IF_ERROR(CheckPixels(context, args.kernel_size[0], args.kernel_size[1]));
  auto* state = StateOf<PoolingState>(context);
  if (state == nullptr) return OutOfMemory(context);
  int64_t dims[4] = {x.dims[0], 0, 0, x.dims[3]};
  for (int i = 0; i < 2; ++i) {
    Window window{x.dims[1 + i],       args.kernel_size[i],     args.stride[i],
                  args.padding[2 * i], args.padding[2 * i + 1], dilation[i]};
    MTC_RETURN_IF_ERROR(WindowCount(context, window, &dims[1 + i]));
    const int64_t extent = window.dilation * (window.kernel - 1) + 1;
    if (window.before >= extent || window.after >= extent) {
      return context.Fail(Status::kInvalidProgram, "pooling: windows that lie in the padding");
    }
    if (args.ceil_mode) {
      // One more that overhangs, if it begins in the image or in the padding before it.
      const int64_t start = dims[1 + i] * window.stride;
      const int64_t covered = start - window.stride + extent;
      if (covered < window.size + window.before + window.after && start < window.size + window.before) ++dims[1 + i];
    }
    const int64_t needed = (dims[1 + i] - 1) * window.stride + extent - window.size - window.before;
    (i == 0 ? state->padding_bottom : state->padding_right) = std::max<int64_t>(needed, 0);
  }
  return context.Resize(args.out, dims);
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_POOLING_H_
