#include "kernels/channels_last_transposed.h"
#include "kernels/image_windows.h"
#include "kernels/packed_constant.h"
#include "kernels/product_args.h"
#include "kernels/shape_rules.h"
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
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareConvTranspose2d(PrepareContext& context, const ConvTranspose2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConvTranspose2d(context, args));
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
