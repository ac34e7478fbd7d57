// What Prepare checks of convolutions, channels last, and linear layers with constant weights, whatever their elements.

#ifndef MTC_KERNELS_PRODUCT_ARGS_H_
#define MTC_KERNELS_PRODUCT_ARGS_H_

#include <algorithm>

#include "generated/args.h"
#include "kernels/image_windows.h"
#include "kernels/shape_rules.h"

namespace mtc::kernels {

inline Status CheckBias(PrepareContext& context, const Tensor* bias, int64_t channels) {
  if (bias == nullptr || (bias->rank == 1 && bias->dims[0] == channels)) return Status::kOk;
  return context.Fail(Status::kInvalidArgument, "the bias has not one element for each output channel");
}

// Both are packed once.
inline Status CheckConstants(PrepareContext& context, const Tensor& weight, const Tensor* bias, int64_t channels) {
  if (!weight.is_constant() || (bias != nullptr && !bias->is_constant())) {
    return context.Fail(Status::kInvalidProgram, "the weights are not constant");
  }
  return CheckBias(context, bias, channels);
}

// The variants of a convolution (mtc/delegates/rules.py): groups of one input and one output channel are depthwise, or,
// where there is one group, a single channel. A kernel computes those that it is selected for.
enum class Density : uint8_t { kDense, kDepthwise, kSingle };

inline Density DensityOf(const Conv2dArgs& args) {
  if (args.weight->dims[3] != 1 || args.weight->dims[0] != args.groups) return Density::kDense;
  return args.groups > 1 ? Density::kDepthwise : Density::kSingle;
}

struct Densities {
  bool dense, depthwise, single;

  Status Check(PrepareContext& context, const Conv2dArgs& args) const {
    const Density density = DensityOf(args);
    const bool is_there = density == Density::kDense ? dense : density == Density::kDepthwise ? depthwise : single;
    if (is_there) return Status::kOk;
    constexpr const char* kNames[] = {"dense", "depthwise", "single"};
    return context.Fail(Status::kInvalidProgram, "this runtime was built without the variant `%s`",
                        kNames[static_cast<int>(density)]);
  }
};
// Those that are selected for elements T (kernels/selected_types.h).
#define MTC_DENSITIES(library, Op, T)                                                   \
  Densities {                                                                           \
    MTC_HAS_VARIANT(library, Op, dense, T), MTC_HAS_VARIANT(library, Op, depthwise, T), \
        MTC_HAS_VARIANT(library, Op, single, T)                                         \
  }

// Derives the result's shape, and checks all else that Run relies on.
inline Status CheckConv2d(PrepareContext& context, const Conv2dArgs& args) {
  const Tensor& x = *args.x;
  const Tensor& weight = *args.weight;
  if (args.layout != Layout::kNhwc || x.rank != 4 || weight.rank != 4 || weight.count() == 0 || args.groups < 1 ||
      weight.dims[0] % args.groups != 0 || x.dims[3] % args.groups != 0 || x.dims[3] / args.groups != weight.dims[3]) {
    return context.Fail(Status::kInvalidArgument, "conv2d: x and weight do not fit");
  }
  MTC_RETURN_IF_ERROR(CheckConstants(context, weight, args.bias, weight.dims[0]));
  MTC_RETURN_IF_ERROR(CheckPixels(context, weight.dims[1], weight.dims[2]));
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  int64_t dims[4] = {x.dims[0], 0, 0, weight.dims[0]};
  for (int i = 0; i < 2; ++i) {
    MTC_RETURN_IF_ERROR(WindowCount(context,
                                    {x.dims[1 + i], weight.dims[1 + i], args.stride[i], args.padding[2 * i],
                                     args.padding[2 * i + 1], args.dilation[i]},
                                    &dims[1 + i]));
  }
  return context.Resize(args.out, dims);
}

inline Status CheckConvTranspose2d(PrepareContext& context, const ConvTranspose2dArgs& args) {
  const Tensor& x = *args.x;
  const Tensor& weight = *args.weight;
  int64_t channels;
  if (args.layout != Layout::kNhwc || x.rank != 4 || weight.rank != 4 || args.groups < 1 ||
      weight.dims[0] % args.groups != 0 || weight.dims[0] != x.dims[3] || weight.count() == 0 ||
      __builtin_mul_overflow(weight.dims[3], args.groups, &channels)) {
    return context.Fail(Status::kInvalidArgument, "conv_transpose2d: x and weight do not fit");
  }
  MTC_RETURN_IF_ERROR(CheckConstants(context, weight, args.bias, channels));
  MTC_RETURN_IF_ERROR(CheckPixels(context, weight.dims[1], weight.dims[2]));
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  int64_t dims[4] = {x.dims[0], 0, 0, channels};
  for (int i = 0; i < 2; ++i) {
    const Window window{x.dims[1 + i],       weight.dims[1 + i],      args.stride[i],
                        args.padding[2 * i], args.padding[2 * i + 1], args.dilation[i]};
    MTC_RETURN_IF_ERROR(TransposedCount(context, window, args.output_padding[i], &dims[1 + i]));
  }
  return context.Resize(args.out, dims);
}

// The same of any weights.
inline Status LinearShape(PrepareContext& context, const LinearArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight;
  if (x.rank == 0 || weight.rank != 2 || weight.dims[1] != x.row_size()) {
    return context.Fail(Status::kInvalidArgument, "linear: x and weight do not fit");
  }
  MTC_RETURN_IF_ERROR(CheckBias(context, args.bias, weight.dims[0]));
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  dims[x.rank - 1] = weight.dims[0];
  return context.Resize(args.out, {dims, x.rank});
}

inline Status CheckLinear(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(LinearShape(context, args));
  if (args.weight->dims[1] == 0) return context.Fail(Status::kInvalidArgument, "linear: rows without elements");
  return CheckConstants(context, *args.weight, args.bias, args.weight->dims[0]);
}

inline LinearArgs AsLinear(const IntegerLinearArgs& args) {
  return {args.x, args.weight, args.bias, args.out, args.clamp, /*dynamic=*/false};
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_PRODUCT_ARGS_H_
