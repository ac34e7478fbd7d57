#include "generated/args.h"
#include "kernels/channels_last_transposed.h"
#include "kernels/packed_constant.h"
#include "kernels/shape_rules.h"
#include "kernels/image_windows.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK's makes infinity of NaN, takes up to nine times as long, and writes beyond results that
// are smaller than the stride.
namespace MTC_XNNPACK {
namespace {

struct ConvTransposeState : KernelState {
  const void* packed = nullptr;
};

MTC_PORTABLE::ChannelsLastTransposedSizes SizesOf(const ConvTranspose2dArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const Span<const int64_t> kernel = weight.shape().subspan(1);
  return {MTC_PORTABLE::SpatialOf(x, out, 1, kernel, args.stride, args.dilation, args.padding),
          x.dims[0],
          args.groups,
          x.dims[3] / args.groups,
          weight.dims[3],
          x.pitch,
          out.pitch};
}

#if MTC_ISA_LEVEL == 0
// Packs the weights, unless they are packed already.
Status Pack(PrepareContext& context, const Tensor& weight, const MTC_PORTABLE::ChannelsLastTransposedSizes& sizes) {
  auto* state = StateOf<ConvTransposeState>(context);
  if (state == nullptr) return OutOfMemory(context);
  const PackedSource source = {
      Packing::kChannelsLastTransposed, weight, nullptr, {{sizes.groups, sizes.depth, sizes.window(), sizes.channels}}};
  const auto release = [&](const float* from, int64_t count) {
    context.packed->ReleaseSource(from, static_cast<size_t>(count) * sizeof(float));
  };
  const auto pack = [&](float* block) {
    MTC_PORTABLE::PackChannelsLastTransposedWeights(context.isa, sizes, weight.as<const float>(), block, release);
  };
  const int64_t count = MTC_PORTABLE::ChannelsLastTransposedWeightsSize(context.isa, sizes);
  return PackOnce<float>(context, source, count, pack, &state->packed);
}

Status CheckArgs(PrepareContext& context, const ConvTranspose2dArgs& args) {
  const Tensor& x = *args.x;
  const Tensor& weight = *args.weight;
  if (args.layout != Layout::kNhwc || x.rank != 4 || weight.rank != 4 || args.groups < 1 ||
      weight.dims[0] % args.groups != 0 || weight.dims[0] != x.dims[3] || weight.count() == 0) {
    return context.Fail(Status::kInvalidArgument, "conv_transpose2d: x and weight do not fit");
  }
  if (!weight.is_constant() || (args.bias != nullptr && !args.bias->is_constant())) {
    return context.Fail(Status::kInvalidProgram, "conv_transpose2d: the weights are not constant");
  }
  if (args.bias != nullptr && (args.bias->rank != 1 || args.bias->dims[0] != weight.dims[3] * args.groups)) {
    return context.Fail(Status::kInvalidArgument, "conv_transpose2d: the bias does not fit");
  }
  MTC_RETURN_IF_ERROR(CheckPixels(context, weight.dims[1], weight.dims[2]));
  return CheckClamp(context, args.clamp);
}
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareConvTranspose2d(PrepareContext& context, const ConvTranspose2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckArgs(context, args));
  int64_t dims[4] = {args.x->dims[0], 0, 0, args.weight->dims[3] * args.groups};
  for (int i = 0; i < 2; ++i) {
    // The convolution that it is the transpose of goes from `full` to the input's size.
    const Window window{
        0, args.weight->dims[1 + i], args.stride[i], args.padding[2 * i], args.padding[2 * i + 1], args.dilation[i]};
    MTC_RETURN_IF_ERROR(CheckWindow(context, window));
    const int64_t extra = args.output_padding[i];
    if (extra < 0 || (extra >= window.stride && extra >= window.dilation)) {
      return context.Fail(Status::kInvalidProgram, "conv_transpose2d: an output padding of %lld at stride %lld",
                          static_cast<long long>(extra), static_cast<long long>(window.stride));
    }
    int64_t reach;
    const bool overflows = __builtin_mul_overflow(args.x->dims[1 + i] - 1, window.stride, &reach) ||
                           reach > (int64_t{1} << 47);  // which no result has
    if (!overflows) {
      dims[1 + i] = reach + window.dilation * (window.kernel - 1) + 1 + extra - window.before - window.after;
    }
    if (overflows || args.x->dims[1 + i] < 1 || dims[1 + i] < 1) {
      return context.Fail(Status::kInvalidArgument, "conv_transpose2d: a result without a size");
    }
  }
  MTC_RETURN_IF_ERROR(context.Resize(args.out, dims));
  if (args.out->count() == 0) return Status::kOk;
  const MTC_PORTABLE::ChannelsLastTransposedSizes sizes = SizesOf(args);
  MTC_PORTABLE::TransposedPlan(context.isa, context.threads, sizes).RequireScratch(context);
  return Pack(context, *args.weight, sizes);
}
#endif

template <typename T>
Status RunConvTranspose2d(KernelContext& context, const ConvTranspose2dArgs& args) {
  static_assert(std::is_same_v<T, float>);
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const ConvTransposeState*>(context.state.get());
  const float low = static_cast<float>(args.clamp[0]), high = static_cast<float>(args.clamp[1]);
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  MTC_PORTABLE::ConvolveTransposed(
      context.threads, SizesOf(args),
      {args.x->as<const float>(), static_cast<const float*>(state.packed), bias, low, high, args.out->as<float>()},
      context.scratch);
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(ConvTranspose2d)

}  // namespace MTC_XNNPACK
