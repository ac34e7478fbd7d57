#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "kernels/xnnpack/quantized_product.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

// Makes one operator.
template <typename Q>
xnn_status Create(const LinearArgs& args, const QuantizedProduct& product, int64_t first, int64_t channels,
                  xnn_weights_cache_t cache, xnn_operator_t* op) {
  const int64_t depth = args.weight->dims[1];
  const auto create = [&](auto* function, const auto&... weights) {
    return function(depth, channels, args.x->pitch, args.out->pitch, product.x_zero, product.x_scale, weights...,
                    product.BiasFrom(first), product.out_zero, product.out_scale, product.limits.low,
                    product.limits.high, /*flags=*/0, nullptr, cache, op);
  };
  const auto* weight = args.weight->as<decltype(Q::steps)>() + first * depth;
  if constexpr (std::is_same_v<Q, Qi8>) {
    return create(xnn_create_fully_connected_nc_qs8_qc8w, product.weight_scales.data() + first, weight);
  } else {
    return create(xnn_create_fully_connected_nc_qu8, product.weight_zero, product.weight_scales[0], weight);
  }
}

// Makes the operators for the tensors' sizes and pitches, unless they are there already.
template <typename Q>
Status Build(KernelContext& context, const LinearArgs& args) {
  auto& state = *static_cast<ChannelBlocks*>(context.state.get());
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const BlockedSizes sizes = QuantizedSizes<Q>(x.rows(), weight.dims[1], 1, weight.dims[0]);
  const xnn_gemm_config& config = GemmConfig<Q>();
  const int64_t block_channels = BlockChannels(config, sizes);
  if (!state.Fits(block_channels, x.pitch, out.pitch)) {
    QuantizedProduct product;
    MTC_RETURN_IF_ERROR(
        DeriveQuantizedProduct(context, x, weight, args.bias, out, args.clamp, sizes.channels, &product));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return Create<Q>(args, product, first, channels, cache, op);
    };
    const PackedKey key = {Packing::kXnnpackLinear,
                           context.isa,
                           weight.dtype,
                           weight.data,
                           args.bias == nullptr ? nullptr : args.bias->data,
                           {{sizes.depth, sizes.channels}},
                           QuantizationKey(x, weight, out)};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count());
    state.in_pitch = x.pitch;
    state.out_pitch = out.pitch;
  }
  constexpr auto reshape =
      std::is_same_v<Q, Qi8> ? xnn_reshape_fully_connected_nc_qs8_qc8w : xnn_reshape_fully_connected_nc_qu8;
  for (int64_t i = 0; i < state.count; ++i) {
    MTC_RETURN_IF_ERROR(Check(context, reshape(state.blocks[i].op.get(), sizes.rows, Threads(context))));
  }
  return Status::kOk;
}

}  // namespace

Status PrepareLinearQuantized(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  if (StateOf<ChannelBlocks>(context) == nullptr) return OutOfMemory(context);
  return MTC_XNNPACK_TYPES(LinearQuantized)::With(
      context, args.x->dtype, [&](auto element) { return Build<decltype(element)>(context, args); });
}

template <typename Q, typename W>
Status RunLinearQuantized(KernelContext& context, const LinearArgs& args) {
  static_assert(std::is_same_v<Q, W>);
  if (args.out->count() == 0) return Status::kOk;
  using Step = decltype(Q::steps);
  constexpr auto setup = [](auto... arguments) {
    if constexpr (std::is_same_v<Q, Qi8>) {
      return xnn_setup_fully_connected_nc_qs8_qc8w(arguments...);
    } else {
      return xnn_setup_fully_connected_nc_qu8(arguments...);
    }
  };
  const auto& state = *static_cast<const ChannelBlocks*>(context.state.get());
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    MTC_RETURN_IF_ERROR(
        Check(context, setup(block.op.get(), args.x->as<const Step>(), args.out->as<Step>() + block.channel)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(LinearQuantized)

}  // namespace MTC_XNNPACK
