// What Prepare checks of resized images, whatever their elements.

#ifndef MTC_KERNELS_XNNPACK_RESIZE_H_
#define MTC_KERNELS_XNNPACK_RESIZE_H_

#include "generated/args.h"
#include "kernels/xnnpack/operator.h"

namespace MTC_XNNPACK {

// Derives the result's shape, and checks all else that Run relies on.
inline Status CheckUpsampleBilinear2d(PrepareContext& context, const UpsampleBilinear2dArgs& args) {
  constexpr int64_t kLargest = (1 << 24) - 1;  // XNNPACK computes positions in f32
  const Tensor& x = *args.x;
  if (args.layout != Layout::kNhwc || x.rank != 4 || args.size.size() != 2) {
    return context.Fail(Status::kInvalidProgram, "upsample_bilinear2d: not of a batch of images, channels last");
  }
  for (int i = 0; i < 2; ++i) {
    const int64_t from = x.dims[1 + i], to = args.size[i];
    if (from < 1 || to < 1 || from > kLargest || to > kLargest) {
      return context.Fail(Status::kInvalidArgument, "upsample_bilinear2d: %lld to %lld pixels",
                          static_cast<long long>(from), static_cast<long long>(to));
    }
    // It takes the factor from the sizes, and divides by one less.
    const double scale = args.scales[i];
    if (!args.align_corners && scale > 0 && static_cast<double>(from) * scale != static_cast<double>(to)) {
      return context.Fail(Status::kInvalidProgram, "upsample_bilinear2d: the factor is not the ratio of the sizes");
    }
    if (args.align_corners && to == 1) {
      return context.Fail(Status::kInvalidProgram, "upsample_bilinear2d: corners of one pixel");
    }
  }
  const int64_t dims[] = {x.dims[0], args.size[0], args.size[1], x.dims[3]};
  return context.Resize(args.out, dims);
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_RESIZE_H_
