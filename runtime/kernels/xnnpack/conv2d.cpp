#include <algorithm>

#include "kernels/channels_last_product.h"
#include "kernels/depthwise_convolution.h"
#include "kernels/packed_product.h"
#include "kernels/product_args.h"
#include "kernels/xnnpack/channel_blocks.h"
#include "selected_kernels.h"

namespace mtc::kernels::xnnpack {

// Runs XNNPACK's operators, whatever the level.
Status RunConv2dBlocks(KernelContext& context, const Conv2dArgs& args);

}  // namespace mtc::kernels::xnnpack

namespace MTC_XNNPACK {
namespace {

// What computes a convolution: XNNPACK, or one of mtc's own kernels, which are faster where vectors have eight elements
// and more.
enum class Way : uint8_t { kXnnpack, kProduct, kDepthwise };

struct ConvState : ChannelBlocks {
  Way way = Way::kXnnpack;
  const void* packed = nullptr;  // weights for mtc's own kernels
  size_t scratch = 0;
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

#if MTC_ISA_LEVEL == 0
// Makes the operators for the tensors' sizes and pitches, unless they are there already.
Status Build(KernelContext& context, const Conv2dArgs& args) {
  auto& state = *static_cast<ConvState*>(context.state.get());
  const Tensor& x = *args.x;
  const Tensor& weight = *args.weight;
  const int64_t kernel_height = weight.dims[1], kernel_width = weight.dims[2], depth = weight.dims[3];
  const int64_t out_channels = weight.dims[0];
  const BlockedSizes sizes{args.out->rows(), depth, kernel_height * kernel_width, out_channels};
  const xnn_gemm_config& config = *xnn_init_f32_gemm_config();
  const int64_t block_channels = args.groups == 1 ? BlockChannels(config, sizes) : out_channels;
  if (!state.Fits(block_channels, x.pitch, args.out->pitch)) {
    auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>() + first;
      return xnn_create_convolution2d_nhwc_f32(
          args.padding[0], args.padding[3], args.padding[1], args.padding[2], kernel_height, kernel_width,
          args.stride[0], args.stride[1], args.dilation[0], args.dilation[1], args.groups, depth,
          channels / args.groups, x.pitch, args.out->pitch, weight.as<const float>() + first * sizes.taps * depth, bias,
          static_cast<float>(args.clamp[0]), static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
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
    context.packed->ReleaseSource(weight.data, weight.count() * sizeof(float));
    state.in_pitch = x.pitch;
    state.out_pitch = args.out->pitch;
  }
  state.scratch = 0;
  for (int64_t i = 0; i < state.count; ++i) {
    size_t bytes = 0, alignment = 0;
    MTC_RETURN_IF_ERROR(
        Check(context, xnn_reshape_convolution2d_nhwc_f32(state.blocks[i].op.get(), x.dims[0], x.dims[1], x.dims[2],
                                                          &bytes, &alignment, nullptr, nullptr, Threads(context))));
    state.scratch = std::max(state.scratch, bytes);
  }
  return Status::kOk;
}

Way ChooseWay(const KernelContext& context, const Conv2dArgs& args) {
  if (context.isa == Isa::kBase) return Way::kXnnpack;
  if (args.groups == 1) return Way::kProduct;
  const bool is_depthwise = args.groups == args.x->dims[3] && args.groups == args.weight->dims[0];
  return is_depthwise ? Way::kDepthwise : Way::kXnnpack;
}

// Packs the weights for mtc's own kernel, unless they are packed already.
Status Pack(PrepareContext& context, const Conv2dArgs& args) {
  auto& state = *static_cast<ConvState*>(context.state.get());
  const Tensor& weight = *args.weight;
  const MTC_PORTABLE::ChannelsLastSizes sizes = SizesOf(args);
  if (state.way == Way::kProduct) {
    const MTC_PORTABLE::ProductSizes product = MTC_PORTABLE::ProductOf(sizes);
    context.RequireScratch(MTC_PORTABLE::ChannelsLastScratch(context.isa, context.threads, sizes));
    return MTC_PORTABLE::PackConstant<float>(context, weight, 1, {product.columns, product.depth, 1, product.run},
                                             &state.packed);
  }
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  const PackedSource source = {Packing::kDepthwise, weight, bias, {{sizes.channels, sizes.window()}}};
  const auto pack = [&](float* block) {
    MTC_PORTABLE::PackDepthwiseWeights(context.isa, sizes, weight.as<const float>(), bias, block);
  };
  return PackOnce<float>(context, source, MTC_PORTABLE::DepthwiseWeightsSize(context.isa, sizes), pack, &state.packed);
}
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareConv2d(PrepareContext& context, const Conv2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConv2d(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto* state = StateOf<ConvState>(context);
  if (state == nullptr) return OutOfMemory(context);
  state->way = ChooseWay(context, args);
  if (state->way != Way::kXnnpack) return Pack(context, args);
  MTC_RETURN_IF_ERROR(Build(context, args));
  context.RequireScratch(state->scratch);
  return Status::kOk;
}
#endif

template <typename T>
Status RunConv2d(KernelContext& context, const Conv2dArgs& args) {
  static_assert(std::is_same_v<T, float>);
  if (args.out->count() == 0) return Status::kOk;
#if MTC_ISA_LEVEL > 0
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  const float low = static_cast<float>(args.clamp[0]), high = static_cast<float>(args.clamp[1]);
  const float *x = args.x->as<const float>(), *packed = static_cast<const float*>(state.packed);
  if (state.way == Way::kProduct) {
    const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
    MTC_PORTABLE::ConvolveChannelsLast(context.threads, SizesOf(args), x, packed, args.out->as<float>(),
                                       {bias, low, high}, context.scratch);
    return Status::kOk;
  }
  if (state.way == Way::kDepthwise) {
    MTC_PORTABLE::ConvolveDepthwise(context.threads, SizesOf(args), x, packed, args.out->as<float>(), low, high);
    return Status::kOk;
  }
#endif
  return RunConv2dBlocks(context, args);
}

MTC_XNNPACK_KERNEL(Conv2d)

}  // namespace MTC_XNNPACK

#if MTC_ISA_LEVEL == 0
mtc::Status mtc::kernels::xnnpack::RunConv2dBlocks(KernelContext& context, const Conv2dArgs& args) {
  using namespace MTC_XNNPACK;
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    MTC_RETURN_IF_ERROR(
        Check(context, xnn_setup_convolution2d_nhwc_f32(block.op.get(), context.scratch, args.x->as<const float>(),
                                                        args.out->as<float>() + block.channel)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}
#endif
