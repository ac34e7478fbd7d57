#include <algorithm>

#include "kernels/depthwise_integers.h"
#include "kernels/packed_constant.h"
#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "kernels/xnnpack/copied_windows.h"
#include "selected_kernels.h"

namespace mtc::kernels::xnnpack {

// Runs XNNPACK's operators, whatever the level.
template <typename Q>
Status RunConv2dQuantizedBlocks(KernelContext& context, const Conv2dArgs& args);

}  // namespace mtc::kernels::xnnpack

namespace MTC_XNNPACK {
namespace {

template <typename Q>
constexpr Densities kSelected = MTC_DENSITIES(xnnpack, Conv2dQuantized, Q);
template <typename Q>
constexpr bool kHasWindows = kSelected<Q>.dense || kSelected<Q>.single;
template <typename Q>
constexpr bool kHasDepthwise = kSelected<Q>.depthwise || kSelected<Q>.single;

// What computes a convolution: XNNPACK's operator, its linear layer of copied windows or, of depthwise ones where
// vectors have eight elements and more, mtc's own kernel, which takes a third of the time for 25 taps, and as long
// for 9.
enum class Way : uint8_t { kUnknown, kXnnpack, kWindows, kDepthwise };

struct ConvState : ChannelBlocks {
  Way way = Way::kUnknown;
  const void* packed = nullptr;  // weights for mtc's own kernel
};

#if MTC_ISA_LEVEL == 0
// Makes one operator.
template <typename Q>
xnn_status Create(const Conv2dArgs& args, const QuantizedProduct& product, int64_t first, int64_t channels,
                  xnn_weights_cache_t cache, xnn_operator_t* op) {
  const int64_t height = args.weight->dims[1], width = args.weight->dims[2], depth = args.weight->dims[3];
  const auto create = [&](auto* function, const auto&... weights) {
    return function(args.padding[0], args.padding[3], args.padding[1], args.padding[2], height, width, args.stride[0],
                    args.stride[1], args.dilation[0], args.dilation[1], args.groups, depth, channels / args.groups,
                    args.x->pitch, args.out->pitch, product.x_zero, product.x_scale, weights...,
                    product.BiasFrom(first), product.out_zero, product.out_scale, product.limits.low,
                    product.limits.high, /*flags=*/0, nullptr, cache, op);
  };
  const auto* weight = args.weight->as<decltype(Q::steps)>() + first * height * width * depth;
  if constexpr (std::is_same_v<Q, Qi8>) {
    return create(xnn_create_convolution2d_nhwc_qs8_qc8w, product.weight_scales.data() + first, weight);
  } else {
    return create(xnn_create_convolution2d_nhwc_qu8, product.weight_zero, product.weight_scales[0], weight);
  }
}

// Makes the operators for the tensors' sizes and pitches, unless they are there already.
template <typename Q>
Status Build(PrepareContext& context, const Conv2dArgs& args) {
  auto& state = *static_cast<ConvState*>(context.state.get());
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const int64_t height = weight.dims[1], width = weight.dims[2], depth = weight.dims[3];
  const BlockedSizes sizes = QuantizedSizes<Q>(out.rows(), depth, height * width, weight.dims[0]);
  const xnn_gemm_config& config = GemmConfig<Q>();
  const int64_t block_channels = args.groups == 1 ? BlockChannels(config, sizes) : sizes.channels;
  if (!state.Fits(block_channels, x.pitch, out.pitch)) {
    QuantizedProduct product;
    MTC_RETURN_IF_ERROR(
        DeriveQuantizedProduct(context, x, weight, args.bias, out, args.clamp, sizes.channels, &product));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return Create<Q>(args, product, first, channels, cache, op);
    };
    const PackedKey key = {
        Packing::kXnnpackConvolution,
        context.isa,
        weight.dtype,
        weight.data,
        args.bias == nullptr ? nullptr : args.bias->data,
        {{height, width, depth, sizes.channels, args.groups, args.stride[0], args.stride[1], args.dilation[0],
          args.dilation[1], args.padding[0], args.padding[1], args.padding[2], args.padding[3]}},
        QuantizationKey(x, weight, out)};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count());
    state.in_pitch = x.pitch;
    state.out_pitch = out.pitch;
  }
  constexpr auto reshape =
      std::is_same_v<Q, Qi8> ? xnn_reshape_convolution2d_nhwc_qs8_qc8w : xnn_reshape_convolution2d_nhwc_qu8;
  size_t scratch = 0;
  for (int64_t i = 0; i < state.count; ++i) {
    size_t bytes = 0, alignment = 0;
    MTC_RETURN_IF_ERROR(Check(context, reshape(state.blocks[i].op.get(), x.dims[0], x.dims[1], x.dims[2], &bytes,
                                               &alignment, nullptr, nullptr, Threads(context))));
    scratch = std::max(scratch, bytes);
  }
  context.RequireScratch(scratch);
  return Status::kOk;
}

#endif

MTC_PORTABLE::ChannelsLastSizes SizesOf(const Conv2dArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const Span<const int64_t> kernel = weight.shape().subspan(1);
  return {MTC_PORTABLE::SpatialOf(x, out, 1, kernel, args.stride, args.dilation, args.padding),
          x.dims[0],
          weight.dims[3],
          weight.dims[0],
          x.pitch,
          out.pitch,
          /*is_padded=*/true};
}

#if MTC_ISA_LEVEL == 0
// weight(channel, tap) of a depthwise convolution, less its zero point. `by` stays.
template <typename Q>
auto DepthwiseWeightOf(const Tensor& weight, const MTC_PORTABLE::Requantization& by) {
  const auto* steps = weight.as<const decltype(Q::steps)>();
  const int64_t window = weight.dims[1] * weight.dims[2];
  return [=, &by](int64_t channel, int64_t tap) {
    return static_cast<float>(steps[channel * window + tap] - by.weight_zero(channel));
  };
}

// Only levels above the base one have a kernel of mtc's own.
template <typename Q>
inline constexpr bool kHasOwn = MTC_ISA_LEVELS > 1 && kHasDepthwise<Q>;

template <typename Q>
Way ChooseWay(const KernelContext& context, const Conv2dArgs& args, const MTC_PORTABLE::Requantization& by) {
  const Tensor &x = *args.x, &weight = *args.weight;
  const MTC_PORTABLE::ChannelsLastSizes sizes = SizesOf(args);
  constexpr int64_t kFewTaps = 9;
  if (kHasOwn<Q> && DensityOf(args) != Density::kDense && context.isa != Isa::kBase && sizes.window() > kFewTaps &&
      MTC_PORTABLE::AreSumsExact(sizes, by, StepsOf(x.dtype), DepthwiseWeightOf<Q>(weight, by))) {
    return Way::kDepthwise;
  }
  const bool pays = kHasWindows<Q> && args.groups == 1 && CopiedWindows(sizes, x).Pays(GemmConfig<Q>(), weight.dims[0]);
  return pays ? Way::kWindows : Way::kXnnpack;
}

// Packs the weights for mtc's own kernel, unless they are packed already.
template <typename Q>
Status PackDepthwise(PrepareContext& context, const Conv2dArgs& args, const MTC_PORTABLE::Requantization& by) {
  auto& state = *static_cast<ConvState*>(context.state.get());
  const MTC_PORTABLE::ChannelsLastSizes sizes = SizesOf(args);
  const PackedSource source = {Packing::kDepthwise,
                               *args.weight,
                               args.bias == nullptr ? nullptr : args.bias->data,
                               {{sizes.channels, sizes.window()}},
                               QuantizationKey(*args.x, *args.weight, *args.out)};
  const auto pack = [&](float* block) {
    MTC_PORTABLE::PackDepthwiseSteps(context.isa, sizes, by, DepthwiseWeightOf<Q>(*args.weight, by), block);
  };
  context.RequireScratch(static_cast<int64_t>(WorkerCount(context.threads)),
                         MTC_PORTABLE::DepthwiseBand(context.threads, sizes).size(sizes), sizeof(float));
  return PackOnce<float>(context, source, MTC_PORTABLE::DepthwiseStepsSize(context.isa, sizes), pack, &state.packed);
}

template <typename Q>
Status PrepareWay(PrepareContext& context, const Conv2dArgs& args) {
  auto& state = *static_cast<ConvState*>(context.state.get());
  if (state.way == Way::kUnknown || state.way == Way::kDepthwise) {
    MTC_PORTABLE::Requantization by;
    MTC_RETURN_IF_ERROR(MTC_PORTABLE::DeriveRequantization(context, *args.x, *args.weight, args.bias, *args.out,
                                                           args.clamp, args.weight->dims[0], &by));
    if (state.way == Way::kUnknown) state.way = ChooseWay<Q>(context, args, by);
    if (kHasOwn<Q> && state.way == Way::kDepthwise) return PackDepthwise<Q>(context, args, by);
  }
  if (!kHasWindows<Q> || state.way == Way::kXnnpack) return Build<Q>(context, args);
  const CopiedWindows windows(SizesOf(args), *args.x);
  context.RequireScratch(1, windows.scratch(), 1);
  return windows.Build<Q>(context, state, args);
}
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareConv2dQuantized(PrepareContext& context, const Conv2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConv2d(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  if (StateOf<ConvState>(context) == nullptr) return OutOfMemory(context);
  return MTC_XNNPACK_TYPES(Conv2dQuantized)::With(context, args.x->dtype, [&](auto element) {
    using Q = decltype(element);
    MTC_RETURN_IF_ERROR(kSelected<Q>.Check(context, args));
    return PrepareWay<Q>(context, args);
  });
}
#endif

template <typename Q, typename W>
Status RunConv2dQuantized(KernelContext& context, const Conv2dArgs& args) {
  static_assert(std::is_same_v<Q, W>);
  if (args.out->count() == 0) return Status::kOk;
#if MTC_ISA_LEVEL > 0
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  if (kHasDepthwise<Q> && state.way == Way::kDepthwise) {
    using Step = decltype(Q::steps);
    MTC_PORTABLE::ConvolveDepthwiseSteps(context.threads, SizesOf(args), args.x->as<const Step>(),
                                         args.x->quantization->zero_point, static_cast<const float*>(state.packed),
                                         args.out->as<Step>(), MTC_PORTABLE::LimitsOf(*args.out, args.clamp),
                                         static_cast<float*>(context.scratch));
    return Status::kOk;
  }
#endif
  return RunConv2dQuantizedBlocks<Q>(context, args);
}

MTC_XNNPACK_KERNEL(Conv2dQuantized)

}  // namespace MTC_XNNPACK

#if MTC_ISA_LEVEL == 0
template <typename Q>
mtc::Status mtc::kernels::xnnpack::RunConv2dQuantizedBlocks(KernelContext& context, const Conv2dArgs& args) {
  using namespace MTC_XNNPACK;
  using Step = decltype(Q::steps);
  constexpr auto setup = [](auto... arguments) {
    if constexpr (std::is_same_v<Q, Qi8>) {
      return xnn_setup_convolution2d_nhwc_qs8_qc8w(arguments...);
    } else {
      return xnn_setup_convolution2d_nhwc_qu8(arguments...);
    }
  };
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  if (kHasWindows<Q> && state.way == Way::kWindows)
    return CopiedWindows(SizesOf(args), *args.x).Run<Q>(context, state, args);
  return RunBlocks(context, state, [&](xnn_operator_t op, int64_t channel) {
    return setup(op, context.scratch, args.x->as<const Step>(), args.out->as<Step>() + channel);
  });
}

// The higher levels call what this file has at the base level.
namespace mtc::kernels::xnnpack {
#define MTC_INSTANTIATE_BLOCKS(Op, T, ...) template Status Run##Op##Blocks<T>(KernelContext&, const Conv2dArgs&);
MTC_SELECTED_xnnpack_Conv2dQuantized(MTC_INSTANTIATE_BLOCKS)
}  // namespace mtc::kernels::xnnpack
#endif
