// XNNPACK's fully connected operators from 8-bit integers to floats, whatever the scales of their rows come from.

#ifndef MTC_KERNELS_XNNPACK_DYNAMIC_LINEAR_H_
#define MTC_KERNELS_XNNPACK_DYNAMIC_LINEAR_H_

#include "kernels/product_args.h"
#include "kernels/xnnpack/dynamic_product.h"

namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
// Checks the arguments, and makes the operators for the tensors' sizes and pitches, unless they are there already.
// Rows of integers are `pitch` elements apart.
inline Status PrepareDynamicLinear(PrepareContext& context, const LinearArgs& args, int64_t pitch) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto* state = StateOf<ChannelBlocks>(context);
  if (state == nullptr) return OutOfMemory(context);
  const Tensor& weight = *args.weight;
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  const BlockedSizes sizes = DynamicSizes(args.x->rows(), weight.dims[1], 1, weight.dims[0]);
  const xnn_gemm_config& config = DynamicGemmConfig();
  const int64_t block_channels = BlockChannels(config, sizes);
  if (!state->Fits(block_channels, pitch, args.out->pitch)) {
    std::vector<float> scales;
    MTC_RETURN_IF_ERROR(WeightScales(context, weight, &scales));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return xnn_create_fully_connected_nc_qd8_f32_qc8w(
          sizes.depth, channels, pitch, args.out->pitch, scales.data() + first,
          weight.as<const int8_t>() + first * sizes.depth, bias == nullptr ? nullptr : bias + first,
          static_cast<float>(args.clamp[0]), static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
    };
    const PackedKey key = {Packing::kXnnpackDynamicLinear,  context.isa,      weight.dtype, weight.data, bias,
                           {{sizes.depth, sizes.channels}}, ScalesKey(weight)};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, *state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count());
    state->in_pitch = pitch;
    state->out_pitch = args.out->pitch;
  }
  for (int64_t i = 0; i < state->count; ++i) {
    xnn_operator_t op = state->blocks[i].op.get();
    MTC_RETURN_IF_ERROR(Check(context, xnn_reshape_fully_connected_nc_qd8_f32_qc8w(op, sizes.rows, Threads(context))));
  }
  return Status::kOk;
}
#endif

inline Status RunDynamicLinear(KernelContext& context, const LinearArgs& args, const int8_t* steps,
                               const xnn_quantization_params* scales) {
  const auto& state = *static_cast<const ChannelBlocks*>(context.state.get());
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    MTC_RETURN_IF_ERROR(Check(context, xnn_setup_fully_connected_nc_qd8_f32_qc8w(
                                           block.op.get(), steps, args.out->as<float>() + block.channel, scales)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_DYNAMIC_LINEAR_H_
