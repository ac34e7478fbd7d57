#include "kernels/selected_types.h"
#include "kernels/xnnpack/dynamic_product.h"
#include "kernels/xnnpack/product_args.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

#if MTC_ISA_LEVEL == 0
// The weights of an operator as XNNPACK takes them, and their scales.
struct LinearWeights {
  std::vector<float> scales;           // of each output channel
  std::vector<uint16_t> block_scales;  // of each block of each output channel, in bf16
  std::vector<uint8_t> pairs;          // of 4-bit integers, unsigned
};

// Weights of 4 bits are symmetric; blocks of them have scales that are bf16.
Status PairsOf(KernelContext& context, const Tensor& weight, LinearWeights* result) {
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
xnn_status Create(const LinearArgs& args, const LinearWeights& weights, int64_t first, int64_t channels,
                  xnn_weights_cache_t cache, xnn_operator_t* op) {
  const int64_t depth = args.weight->dims[1];
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>() + first;
  const auto create = [&](auto* function, const auto&... own) {
    return function(depth, channels, depth, args.out->pitch, own..., bias, static_cast<float>(args.clamp[0]),
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
xnn_status Reshape(const Quantization& q, Arguments... arguments) {
  if constexpr (std::is_same_v<W, Qi8>) return xnn_reshape_fully_connected_nc_qd8_f32_qc8w(arguments...);
  if (q.block != 0) return xnn_reshape_fully_connected_nc_qd8_f32_qb4w(arguments...);
  return xnn_reshape_fully_connected_nc_qd8_f32_qc4w(arguments...);
}

// Makes the operators for the tensors' sizes and pitch, unless they are there already.
template <typename W>
Status Build(KernelContext& context, const LinearArgs& args) {
  auto& state = *static_cast<ChannelBlocks*>(context.state.get());
  const Tensor& weight = *args.weight;
  const Quantization& q = *weight.quantization;
  const BlockedSizes sizes = DynamicSizes(args.x->rows(), weight.dims[1], 1, weight.dims[0]);
  const xnn_gemm_config& config = DynamicGemmConfig();
  // Weights of 4 bits are packed in other sizes, and small.
  const int64_t block_channels = std::is_same_v<W, Qi8> ? BlockChannels(config, sizes) : sizes.channels;
  if (!state.Fits(block_channels, sizes.depth, args.out->pitch)) {
    LinearWeights weights;
    MTC_RETURN_IF_ERROR(WeightsOf<W>(context, weight, &weights));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return Create<W>(args, weights, first, channels, cache, op);
    };
    const PackedKey key = {Packing::kXnnpackDynamicLinear,
                           context.isa,
                           weight.dtype,
                           weight.data,
                           args.bias == nullptr ? nullptr : args.bias->data,
                           {{sizes.depth, sizes.channels, q.block}},
                           ScalesKey(weight)};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count() / (std::is_same_v<W, Qi4> ? 2 : 1));
    state.in_pitch = sizes.depth;
    state.out_pitch = args.out->pitch;
  }
  for (int64_t i = 0; i < state.count; ++i) {
    xnn_operator_t op = state.blocks[i].op.get();
    MTC_RETURN_IF_ERROR(Check(context, Reshape<W>(q, op, static_cast<size_t>(sizes.rows), Threads(context))));
  }
  return Status::kOk;
}
#endif

template <typename W, typename... Arguments>
xnn_status Setup(const Quantization& q, Arguments... arguments) {
  if constexpr (std::is_same_v<W, Qi8>) return xnn_setup_fully_connected_nc_qd8_f32_qc8w(arguments...);
  if (q.block != 0) return xnn_setup_fully_connected_nc_qd8_f32_qb4w(arguments...);
  return xnn_setup_fully_connected_nc_qd8_f32_qc4w(arguments...);
}

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLinearStored(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (!args.dynamic) return context.Fail(Status::kInvalidProgram, "XNNPACK's rows are rounded as they come");
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  if (StateOf<ChannelBlocks>(context) == nullptr) return OutOfMemory(context);
  MTC_RETURN_IF_ERROR(MTC_XNNPACK_WEIGHT_TYPES(LinearStored)::With(
      context, args.weight->dtype, [&](auto weight) { return Build<decltype(weight)>(context, args); }));
  context.RequireScratch(RoundedOperand::Size(args.x->rows(), args.x->count()));
  return Status::kOk;
}
#endif

template <typename F, typename W>
Status RunLinearStored(KernelContext& context, const LinearArgs& args) {
  static_assert(std::is_same_v<F, float>);
  if (args.out->count() == 0) return Status::kOk;
  const Tensor& x = *args.x;
  const int64_t rows = x.rows(), depth = x.row_size();
  const RoundedOperand rounded = RoundedOperand::In(context.scratch, rows);
  ParallelFor(context.threads, rows, 1 + kElementGrain / depth, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* numbers = x.as<const float>() + row * x.pitch;
      MTC_PORTABLE::Range range;
      MTC_PORTABLE::Extend(range, numbers, depth);
      const MTC_PORTABLE::RowScale by = MTC_PORTABLE::ScaleFor(range);
      MTC_PORTABLE::RoundNumbers(numbers, depth, by, /*origin=*/0, rounded.steps + row * depth);
      rounded.SetScale(row, by);
    }
  });
  rounded.PadScales(rows);
  const auto& state = *static_cast<const ChannelBlocks*>(context.state.get());
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    const int8_t* steps = rounded.steps;
    const xnn_quantization_params* scales = rounded.scales;
    MTC_RETURN_IF_ERROR(Check(context, Setup<W>(*args.weight->quantization, block.op.get(), steps,
                                                args.out->as<float>() + block.channel, scales)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(LinearStored)

}  // namespace MTC_XNNPACK
