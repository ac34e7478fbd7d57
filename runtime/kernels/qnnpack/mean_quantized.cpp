#include <algorithm>

#include "generated/args.h"
#include "kernels/axes.h"
#include "kernels/qnnpack/operator.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {
namespace {

// The axes as three: `pixels` are averaged, for each of `images` and each channel.
struct MeanSizes {
  int64_t images = 1, pixels = 1, channels = 1;
};

MeanSizes SizesOf(const Tensor& x, Span<const int64_t> axes) {
  MeanSizes sizes;
  bool is_behind = false;
  for (int axis = 0; axis < x.rank; ++axis) {
    const bool is_averaged = PlaceOfAxis(axes, axis, x.rank) >= 0;
    is_behind |= is_averaged;
    (is_averaged ? sizes.pixels : is_behind ? sizes.channels : sizes.images) *= x.dims[axis];
  }
  return sizes;
}

// The axes are neighbours, and the last one of all is none of them.
Status CheckMean(PrepareContext& context, const MeanArgs& args) {
  const Tensor& x = *args.x;
  MTC_RETURN_IF_ERROR(CheckAxes(context, args.axes, x.rank));
  int64_t dims[kMaxRank];
  size_t rank = 0;
  int first = x.rank, last = -1;
  for (int axis = 0; axis < x.rank; ++axis) {
    const bool is_averaged = PlaceOfAxis(args.axes, axis, x.rank) >= 0;
    if (is_averaged) {
      first = std::min(first, axis);
      last = axis;
    }
    if (!is_averaged || args.keepdim) dims[rank++] = is_averaged ? 1 : x.dims[axis];
  }
  if (last < 0 || last == x.rank - 1 || last - first + 1 != static_cast<int>(args.axes.size())) {
    return context.Fail(Status::kInvalidProgram, "mean: not over axes before the last one");
  }
  return context.Resize(args.out, {dims, rank});
}

}  // namespace

// QNNPACK's "global average pooling".
Status PrepareMeanQuantized(PrepareContext& context, const MeanArgs& args) {
  MTC_RETURN_IF_ERROR(CheckMean(context, args));
  const Tensor &x = *args.x, &out = *args.out;
  const MeanSizes sizes = SizesOf(x, args.axes);
  constexpr int64_t kMostPixels = 1 << 22;  // whose sum is held in 32 bits
  if (sizes.pixels > kMostPixels || sizes.channels > kMostChannels) {
    return context.Fail(Status::kInvalidArgument, "QNNPACK: the mean of %lld pixels of %lld channels",
                        static_cast<long long>(sizes.pixels), static_cast<long long>(sizes.channels));
  }
  if (x.count() == 0) return Status::kOk;
  Choose<ChooseGlobalAveragePooling>();
  return Recreate(context, [&](pytorch_qnnp_operator_t* op) {
    return pytorch_qnnp_create_global_average_pooling_nwc_q8(static_cast<size_t>(sizes.channels), ZeroPoint(x),
                                                             x.quantization->scale, ZeroPoint(out),
                                                             out.quantization->scale, 0, 255, /*flags=*/0, op);
  });
}

template <typename T>
Status RunMeanQuantized(KernelContext& context, const MeanArgs& args) {
  const Tensor &x = *args.x, &out = *args.out;
  if (x.count() == 0) {  // as 0 / 0 is quantized
    std::fill_n(out.as<uint8_t>(), out.count(), ZeroPoint(out));
    return Status::kOk;
  }
  const MeanSizes sizes = SizesOf(x, args.axes);
  const Operator& op = static_cast<const OperatorState*>(context.state.get())->op;
  const auto channels = static_cast<size_t>(sizes.channels);
  MTC_RETURN_IF_ERROR(Check(context, pytorch_qnnp_setup_global_average_pooling_nwc_q8(
                                         op.get(), static_cast<size_t>(sizes.images), static_cast<size_t>(sizes.pixels),
                                         x.as<const uint8_t>(), channels, out.as<uint8_t>(), channels)));
  return RunOperator(context, op);
}

MTC_QNNPACK_KERNEL(MeanQuantized)

}  // namespace MTC_QNNPACK
