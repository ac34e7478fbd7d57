#include <algorithm>

#include "kernels/channels_last_product.h"
#include "kernels/depthwise_convolution.h"
#include "kernels/packed_product.h"
#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "kernels/widened_pixels.h"
#include "kernels/xnnpack/channel_blocks.h"
#include "kernels/xnnpack/half.h"
#include "selected_kernels.h"

namespace mtc::kernels::xnnpack {

// Runs XNNPACK's operators, whatever the level.
template <typename T>
Status RunConv2dBlocks(KernelContext& context, const Conv2dArgs& args);

}  // namespace mtc::kernels::xnnpack

namespace MTC_XNNPACK {
namespace {

template <typename T>
constexpr Densities kSelected = MTC_DENSITIES(xnnpack, Conv2d, T);
template <typename T>
constexpr bool kHasProduct = kSelected<T>.dense || kSelected<T>.single;
template <typename T>
constexpr bool kHasDepthwise = kSelected<T>.depthwise;

// What computes a convolution: XNNPACK, or one of mtc's own kernels, which are faster where vectors have eight elements
// and more.
enum class Way : uint8_t { kXnnpack, kProduct, kDepthwise };

struct ConvState : ChannelBlocks {
  Way way = Way::kXnnpack;
  const void* packed = nullptr;  // weights for mtc's own kernels
  size_t own_scratch = 0;        // bytes that these need beside the image
};

MTC_PORTABLE::ChannelsLastSizes SizesOf(const Conv2dArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const Span<const int64_t> kernel = weight.shape().subspan(1);
  const bool is_padded = std::any_of(args.padding.begin(), args.padding.end(), [](int64_t p) { return p != 0; });
  return {MTC_PORTABLE::SpatialOf(x, out, 1, kernel, args.stride, args.dilation, args.padding),
          x.dims[0],
          weight.dims[3],
          weight.dims[0],
          x.pitch,
          out.pitch,
          is_padded};
}

template <typename T>
MTC_PORTABLE::Pixels<T> PixelsOf(const Tensor& x) {
  return {x.as<const T>(), x.rows(), x.dims[3], x.pitch};
}

#if MTC_ISA_LEVEL == 0
// Makes the operators for the tensors' sizes and pitches, unless they are there already.
template <typename T>
Status Build(PrepareContext& context, const Conv2dArgs& args) {
  auto& state = *static_cast<ConvState*>(context.state.get());
  const Tensor& x = *args.x;
  const Tensor& weight = *args.weight;
  const int64_t kernel_height = weight.dims[1], kernel_width = weight.dims[2], depth = weight.dims[3];
  const int64_t out_channels = weight.dims[0];
  const BlockedSizes sizes{args.out->rows(), depth, kernel_height * kernel_width, out_channels, sizeof(T), sizeof(T)};
  const xnn_gemm_config& config = *GemmConfigOf<T>();
  const int64_t block_channels = args.groups == 1 ? BlockChannels(config, sizes) : out_channels;
  constexpr bool kIsHalf = MTC_PORTABLE::kIsHalf<T>;
  if (!state.Fits(block_channels, x.pitch, args.out->pitch)) {
    auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      const T* bias = args.bias == nullptr ? nullptr : args.bias->as<const T>() + first;
      const auto with = [&](auto* function) {
        return function(args.padding[0], args.padding[3], args.padding[1], args.padding[2], kernel_height, kernel_width,
                        args.stride[0], args.stride[1], args.dilation[0], args.dilation[1], args.groups, depth,
                        channels / args.groups, x.pitch, args.out->pitch,
                        weight.as<const T>() + first * sizes.taps * depth, bias, static_cast<float>(args.clamp[0]),
                        static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
      };
      if constexpr (kIsHalf) {
        return with(xnn_create_convolution2d_nhwc_f16);
      } else {
        return with(xnn_create_convolution2d_nhwc_f32);
      }
    };
    const PackedKey key = {
        Packing::kXnnpackConvolution,
        context.isa,
        weight.dtype,
        weight.data,
        args.bias == nullptr ? nullptr : args.bias->data,
        {{kernel_height, kernel_width, depth, out_channels, args.groups, args.stride[0], args.stride[1],
          args.dilation[0], args.dilation[1], args.padding[0], args.padding[1], args.padding[2], args.padding[3]}}};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count() * sizeof(T));
    state.in_pitch = x.pitch;
    state.out_pitch = args.out->pitch;
  }
  constexpr auto reshape = kIsHalf ? xnn_reshape_convolution2d_nhwc_f16 : xnn_reshape_convolution2d_nhwc_f32;
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

template <typename T>
Way ChooseWay(const KernelContext& context, const Conv2dArgs& args) {
  const bool is_depthwise = DensityOf(args) == Density::kDepthwise;
  if (IsByXnnpack<T>(context, args.clamp) || (args.groups > 1 && !is_depthwise)) return Way::kXnnpack;
  return is_depthwise ? Way::kDepthwise : Way::kProduct;
}

// Packs the weights for mtc's own kernel, unless they are packed already.
template <typename T>
Status Pack(PrepareContext& context, const Conv2dArgs& args) {
  using C = MTC_PORTABLE::Compute<T>;
  auto& state = *static_cast<ConvState*>(context.state.get());
  const Tensor& weight = *args.weight;
  const MTC_PORTABLE::ChannelsLastSizes sizes = SizesOf(args);
  if (kHasProduct<T> && state.way == Way::kProduct) {
    const MTC_PORTABLE::ProductSizes product = MTC_PORTABLE::ProductOf(sizes);
    state.own_scratch = MTC_PORTABLE::ChannelsLastScratch<T>(context.isa, context.threads, sizes);
    MTC_RETURN_IF_ERROR(MTC_PORTABLE::PackConstant<T>(context, weight, 1,
                                                      {product.columns, product.depth, 1, product.run}, &state.packed));
  } else if (kHasDepthwise<T>) {
    const T* bias = args.bias == nullptr ? nullptr : args.bias->as<const T>();
    const PackedSource source = {Packing::kDepthwise, weight, bias, {{sizes.channels, sizes.window()}}};
    const auto weight_of = [&](int64_t channel, int64_t tap) {
      return static_cast<float>(weight.as<const T>()[channel * sizes.window() + tap]);
    };
    const auto bias_of = [&](int64_t channel) { return bias == nullptr ? 0.0f : static_cast<float>(bias[channel]); };
    const auto pack = [&](float* block) {
      MTC_PORTABLE::PackDepthwiseWeights(context.isa, sizes, weight_of, bias_of, block);
    };
    const int64_t count = MTC_PORTABLE::DepthwiseWeightsSize(context.isa, sizes);
    MTC_RETURN_IF_ERROR(PackOnce<float>(context, source, count, pack, &state.packed));
  }
  context.RequireScratch(state.own_scratch);
  context.RequireScratch(1, MTC_PORTABLE::WidenedSize(PixelsOf<T>(*args.x)), sizeof(C));
  return Status::kOk;
}
#endif

// Runs mtc's own kernel.
template <typename T>
void RunOwn(KernelContext& context, const Conv2dArgs& args) {
  using C = MTC_PORTABLE::Compute<T>;
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  const C low = static_cast<C>(args.clamp[0]), high = static_cast<C>(args.clamp[1]);
  const auto* packed = static_cast<const C*>(state.packed);
  auto* room = reinterpret_cast<C*>(static_cast<char*>(context.scratch) + state.own_scratch);
  const MTC_PORTABLE::Pixels<C> x = MTC_PORTABLE::Widen(context.threads, PixelsOf<T>(*args.x), room);
  MTC_PORTABLE::ChannelsLastSizes sizes = SizesOf(args);
  sizes.in_pitch = x.pitch;
  if (kHasProduct<T> && state.way == Way::kProduct) {
    const T* bias = args.bias == nullptr ? nullptr : args.bias->as<const T>();
    MTC_PORTABLE::ConvolveChannelsLast<T>(context.threads, sizes, x.first, packed, args.out->as<T>(), {bias, low, high},
                                          context.scratch);
  } else if (kHasDepthwise<T>) {
    const MTC_PORTABLE::DepthwiseFloats<T> out = {args.out->as<T>(), low, high};
    MTC_PORTABLE::ConvolveDepthwise(context.threads, sizes, x.first, packed, out);
  }
}

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareConv2d(PrepareContext& context, const Conv2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConv2d(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto* state = StateOf<ConvState>(context);
  if (state == nullptr) return OutOfMemory(context);
  return MTC_XNNPACK_TYPES(Conv2d)::With(context, args.x->dtype, [&](auto element) {
    using T = decltype(element);
    MTC_RETURN_IF_ERROR(kSelected<T>.Check(context, args));
    if constexpr (kHasOwn<T>) {
      state->way = ChooseWay<T>(context, args);
      if (state->way != Way::kXnnpack) return Pack<T>(context, args);
    }
    return Build<T>(context, args);
  });
}
#endif

template <typename T>
Status RunConv2d(KernelContext& context, const Conv2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  if constexpr (MTC_ISA_LEVEL > 0 || MTC_PORTABLE::kIsHalf<T>) {  // of floats XNNPACK's is the one at the base level
    if (static_cast<const ConvState*>(context.state.get())->way != Way::kXnnpack) {
      RunOwn<T>(context, args);
      return Status::kOk;
    }
  }
  return RunConv2dBlocks<T>(context, args);
}

MTC_XNNPACK_KERNEL(Conv2d)

}  // namespace MTC_XNNPACK

#if MTC_ISA_LEVEL == 0
template <typename T>
mtc::Status mtc::kernels::xnnpack::RunConv2dBlocks(KernelContext& context, const Conv2dArgs& args) {
  using namespace MTC_XNNPACK;
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  return RunBlocks(context, state, [&](xnn_operator_t op, int64_t channel) {
    const T* x = args.x->as<const T>();
    T* out = args.out->as<T>() + channel;
    if constexpr (MTC_PORTABLE::kIsHalf<T>) {
      return xnn_setup_convolution2d_nhwc_f16(op, context.scratch, x, out);
    } else {
      return xnn_setup_convolution2d_nhwc_f32(op, context.scratch, x, out);
    }
  });
}

// The higher levels call what this file has at the base level.
namespace mtc::kernels::xnnpack {
#define MTC_INSTANTIATE_BLOCKS(Op, T, ...) template Status Run##Op##Blocks<T>(KernelContext&, const Conv2dArgs&);
MTC_SELECTED_xnnpack_Conv2d(MTC_INSTANTIATE_BLOCKS)
}  // namespace mtc::kernels::xnnpack
#endif
