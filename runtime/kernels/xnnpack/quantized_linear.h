// Linear layers of integers, which convolutions of few channels are as well.

#ifndef MTC_KERNELS_XNNPACK_QUANTIZED_LINEAR_H_
#define MTC_KERNELS_XNNPACK_QUANTIZED_LINEAR_H_

#include "generated/args.h"
#include "kernels/xnnpack/quantized_product.h"

namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
// Makes one operator.
template <typename Q>
xnn_status CreateQuantizedLinear(const LinearArgs& args, const QuantizedProduct& product, int64_t first,
                                 int64_t channels, xnn_weights_cache_t cache, xnn_operator_t* op) {
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
Status BuildQuantizedLinear(KernelContext& context, ChannelBlocks& state, const LinearArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const BlockedSizes sizes = QuantizedSizes<Q>(x.rows(), weight.dims[1], 1, weight.dims[0]);
  const xnn_gemm_config& config = GemmConfig<Q>();
  const int64_t block_channels = BlockChannels(config, sizes);
  if (!state.Fits(block_channels, x.pitch, out.pitch)) {
    QuantizedProduct product;
    MTC_RETURN_IF_ERROR(
        DeriveQuantizedProduct(context, x, weight, args.bias, out, args.clamp, sizes.channels, &product));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return CreateQuantizedLinear<Q>(args, product, first, channels, cache, op);
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

// Runs them for `x` and `out`, which need not be the tensors that they were made for.
template <typename Q, typename Step = decltype(Q::steps)>
Status RunQuantizedLinear(KernelContext& context, const ChannelBlocks& state, const Step* x, Step* out) {
  constexpr auto setup = [](auto... arguments) {
    if constexpr (std::is_same_v<Q, Qi8>) {
      return xnn_setup_fully_connected_nc_qs8_qc8w(arguments...);
    } else {
      return xnn_setup_fully_connected_nc_qu8(arguments...);
    }
  };
  return RunBlocks(context, state, [&](xnn_operator_t op, int64_t channel) { return setup(op, x, out + channel); });
}
#endif

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_QUANTIZED_LINEAR_H_
