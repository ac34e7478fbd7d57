#include <algorithm>

#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "kernels/xnnpack/quantized_product.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

struct ConvState : ChannelBlocks {
  size_t scratch = 0;
};

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
Status Build(KernelContext& context, const Conv2dArgs& args) {
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
  state.scratch = 0;
  for (int64_t i = 0; i < state.count; ++i) {
    size_t bytes = 0, alignment = 0;
    MTC_RETURN_IF_ERROR(Check(context, reshape(state.blocks[i].op.get(), x.dims[0], x.dims[1], x.dims[2], &bytes,
                                               &alignment, nullptr, nullptr, Threads(context))));
    state.scratch = std::max(state.scratch, bytes);
  }
  return Status::kOk;
}

}  // namespace

Status PrepareConv2dQuantized(PrepareContext& context, const Conv2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConv2d(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto* state = StateOf<ConvState>(context);
  if (state == nullptr) return OutOfMemory(context);
  MTC_RETURN_IF_ERROR(MTC_XNNPACK_TYPES(Conv2dQuantized)::With(
      context, args.x->dtype, [&](auto element) { return Build<decltype(element)>(context, args); }));
  context.RequireScratch(state->scratch);
  return Status::kOk;
}

template <typename Q, typename W>
Status RunConv2dQuantized(KernelContext& context, const Conv2dArgs& args) {
  static_assert(std::is_same_v<Q, W>);
  if (args.out->count() == 0) return Status::kOk;
  using Step = decltype(Q::steps);
  constexpr auto setup = [](auto... arguments) {
    if constexpr (std::is_same_v<Q, Qi8>) {
      return xnn_setup_convolution2d_nhwc_qs8_qc8w(arguments...);
    } else {
      return xnn_setup_convolution2d_nhwc_qu8(arguments...);
    }
  };
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    MTC_RETURN_IF_ERROR(Check(context, setup(block.op.get(), context.scratch, args.x->as<const Step>(),
                                             args.out->as<Step>() + block.channel)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Conv2dQuantized)

}  // namespace MTC_XNNPACK
