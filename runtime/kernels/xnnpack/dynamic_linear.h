// XNNPACK's fully connected operators from 8-bit integers to floats, wherever the scales of their rows come from.

#ifndef MTC_KERNELS_XNNPACK_DYNAMIC_LINEAR_H_
#define MTC_KERNELS_XNNPACK_DYNAMIC_LINEAR_H_

#include <cstring>

#include "kernels/product_args.h"
#include "kernels/xnnpack/dynamic_product.h"

namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
// The weights of an operator as XNNPACK takes them, and their scales.
struct LinearWeights {
  std::vector<float> scales;           // of each output channel
  std::vector<uint16_t> block_scales;  // of each block of each output channel, in bf16
  std::vector<uint8_t> pairs;          // of 4-bit integers, unsigned
};

// Weights of 4 bits are symmetric; blocks of them have scales that are bf16.
inline Status PairsOf(KernelContext& context, const Tensor& weight, LinearWeights* result) {
  const Quantization& q = *weight.quantization;
  const int64_t depth = weight.dims[1], count = weight.count() / 2;
  if (depth % 2 != 0) return context.Fail(Status::kInvalidProgram, "rows of an odd number of pairs");
  for (int64_t i = 0; i < count; ++i) result->pairs.push_back(weight.as<const uint8_t>()[i] ^ 0x88);
  if (q.block == 0) return WeightScales(context, weight, &result->scales);
  bool is_taken = q.axis == 1 && q.block % 32 == 0 && depth % q.block == 0;
  for (int64_t i = 0; i < q.count && is_taken; ++i) {
    const float scale = ScaleAt(q, i);
    uint32_t bits;
    std::memcpy(&bits, &scale, sizeof bits);
    is_taken = ZeroPointAt(q, i) == 0 && bits % (1 << 16) == 0;
    result->block_scales.push_back(static_cast<uint16_t>(bits >> 16));
  }
  return is_taken ? Status::kOk : context.Fail(Status::kInvalidProgram, "blocks of weights as XNNPACK has none");
}

template <typename W>
Status WeightsOf(KernelContext& context, const Tensor& weight, LinearWeights* result) {
  if constexpr (std::is_same_v<W, Qi4>) return PairsOf(context, weight, result);
  return WeightScales(context, weight, &result->scales);
}

// Makes one operator.
template <typename W>
xnn_status CreateLinear(const LinearArgs& args, int64_t pitch, const LinearWeights& weights, int64_t first,
                        int64_t channels, xnn_weights_cache_t cache, xnn_operator_t* op) {
  const int64_t depth = args.weight->dims[1];
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>() + first;
  const auto create = [&](auto* function, const auto&... own) {
    return function(depth, channels, pitch, args.out->pitch, own..., bias, static_cast<float>(args.clamp[0]),
                    static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
  };
  if constexpr (std::is_same_v<W, Qi8>) {
    return create(xnn_create_fully_connected_nc_qd8_f32_qc8w, weights.scales.data() + first,
                  args.weight->as<const int8_t>() + first * depth);
  } else if (const int64_t block = args.weight->quantization->block; block != 0) {
    return create(xnn_create_fully_connected_nc_qd8_f32_qb4w, block, uint8_t{8},
                  weights.block_scales.data() + first * (depth / block), weights.pairs.data() + first * depth / 2);
  } else {
    return create(xnn_create_fully_connected_nc_qd8_f32_qc4w, uint8_t{8}, weights.scales.data() + first,
                  weights.pairs.data() + first * depth / 2);
  }
}

// Calls one of the functions for operators of 8-bit weights, of 4-bit ones, and of blocks of these.
template <typename W, typename... Arguments>
xnn_status ReshapeLinear(const Quantization& q, Arguments... arguments) {
  if constexpr (std::is_same_v<W, Qi8>) return xnn_reshape_fully_connected_nc_qd8_f32_qc8w(arguments...);
  if (q.block != 0) return xnn_reshape_fully_connected_nc_qd8_f32_qb4w(arguments...);
  return xnn_reshape_fully_connected_nc_qd8_f32_qc4w(arguments...);
}

// Checks the arguments, and makes the operators for the tensors' sizes and pitches, unless they are there already. Rows
// of integers are `pitch` elements apart.
template <typename W>
Status PrepareDynamicLinear(PrepareContext& context, const LinearArgs& args, int64_t pitch) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto* state = StateOf<ChannelBlocks>(context);
  if (state == nullptr) return OutOfMemory(context);
  const Tensor& weight = *args.weight;
  const Quantization& q = *weight.quantization;
  const BlockedSizes sizes = DynamicSizes(args.x->rows(), weight.dims[1], 1, weight.dims[0]);
  const xnn_gemm_config& config = DynamicGemmConfig();
  // Weights of 4 bits are packed in other sizes, and small.
  const int64_t block_channels = std::is_same_v<W, Qi8> ? BlockChannels(config, sizes) : sizes.channels;
  if (!state->Fits(block_channels, pitch, args.out->pitch)) {
    LinearWeights weights;
    MTC_RETURN_IF_ERROR(WeightsOf<W>(context, weight, &weights));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return CreateLinear<W>(args, pitch, weights, first, channels, cache, op);
    };
    const PackedKey key = {Packing::kXnnpackDynamicLinear,
                           context.isa,
                           weight.dtype,
                           weight.data,
                           args.bias == nullptr ? nullptr : args.bias->data,
                           {{sizes.depth, sizes.channels, q.block}},
                           ScalesKey(weight)};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, *state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count() / (std::is_same_v<W, Qi4> ? 2 : 1));
    state->in_pitch = pitch;
    state->out_pitch = args.out->pitch;
  }
  for (int64_t i = 0; i < state->count; ++i) {
    xnn_operator_t op = state->blocks[i].op.get();
    MTC_RETURN_IF_ERROR(Check(context, ReshapeLinear<W>(q, op, static_cast<size_t>(sizes.rows), Threads(context))));
  }
  return Status::kOk;
}
#endif

template <typename W, typename... Arguments>
xnn_status SetupLinear(const Quantization& q, Arguments... arguments) {
  if constexpr (std::is_same_v<W, Qi8>) return xnn_setup_fully_connected_nc_qd8_f32_qc8w(arguments...);
  if (q.block != 0) return xnn_setup_fully_connected_nc_qd8_f32_qb4w(arguments...);
  return xnn_setup_fully_connected_nc_qd8_f32_qc4w(arguments...);
}

template <typename W>
Status RunDynamicLinear(KernelContext& context, const LinearArgs& args, const int8_t* steps,
                        const xnn_quantization_params* scales) {
  const auto& state = *static_cast<const ChannelBlocks*>(context.state.get());
  return RunBlocks(context, state, [&](xnn_operator_t op, int64_t channel) {
    return SetupLinear<W>(*args.weight->quantization, op, steps, args.out->as<float>() + channel, scales);
  });
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_DYNAMIC_LINEAR_H_
