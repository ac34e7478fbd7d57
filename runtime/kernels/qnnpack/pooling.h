// What Prepare checks of pooling, channels last.

#ifndef MTC_KERNELS_QNNPACK_POOLING_H_
#define MTC_KERNELS_QNNPACK_POOLING_H_

#include "core/quantized.h"
#include "kernels/image_windows.h"
#include "kernels/pooling.h"
#include "kernels/qnnpack/images.h"

namespace MTC_QNNPACK {

template <typename Args>
Status CheckPooling(PrepareContext& context, const Args& args, Span<const int64_t> dilation) {
  if (args.layout != Layout::kNhwc) return context.Fail(Status::kInvalidProgram, "pooling: channels do not come last");
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  MTC_RETURN_IF_ERROR(MTC_PORTABLE::PreparePooling(context, args, 2, dilation, args.layout));
  const Tensor& x = *args.x;
  for (int i = 0; i < 2; ++i) {
    const Window window = {x.dims[1 + i],       args.kernel_size[i],     args.stride[i],
                           args.padding[2 * i], args.padding[2 * i + 1], dilation[i]};
    MTC_RETURN_IF_ERROR(CheckWindow(context, window));
  }
  MTC_RETURN_IF_ERROR(CheckPixels(context, args.kernel_size[0], args.kernel_size[1]));
  if (x.dims[3] <= kMostChannels && (x.dims[1] > 0 && x.dims[2] > 0)) return Status::kOk;
  return context.Fail(Status::kInvalidArgument, "QNNPACK: pooling of %lld channels or of no pixels",
                      static_cast<long long>(x.dims[3]));
}

// What a clamp leaves of the result's integers.
inline Steps Limits(const Tensor& out, Span<const double> clamp) {
  return {QuantizedAs(out, clamp[0]), QuantizedAs(out, clamp[1])};
}

}  // namespace MTC_QNNPACK

#endif  // MTC_KERNELS_QNNPACK_POOLING_H_
