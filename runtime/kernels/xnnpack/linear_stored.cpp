#include "kernels/xnnpack/dynamic_product.h"
#include "kernels/xnnpack/product_args.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

#if MTC_ISA_LEVEL == 0
// Makes the operators for the tensors' sizes and pitch, unless they are there already.
Status Build(KernelContext& context, const LinearArgs& args) {
  auto& state = *static_cast<ChannelBlocks*>(context.state.get());
  const Tensor& weight = *args.weight;
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  const BlockedSizes sizes = DynamicSizes(args.x->rows(), weight.dims[1], 1, weight.dims[0]);
  const xnn_gemm_config& config = DynamicGemmConfig();
  const int64_t block_channels = BlockChannels(config, sizes);
  if (!state.Fits(block_channels, sizes.depth, args.out->pitch)) {
    std::vector<float> scales;
    MTC_RETURN_IF_ERROR(WeightScales(context, weight, &scales));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return xnn_create_fully_connected_nc_qd8_f32_qc8w(
          sizes.depth, channels, sizes.depth, args.out->pitch, scales.data() + first,
          weight.as<const int8_t>() + first * sizes.depth, bias == nullptr ? nullptr : bias + first,
          static_cast<float>(args.clamp[0]), static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
    };
    const PackedKey key = {Packing::kXnnpackDynamicLinear,  context.isa,      weight.dtype, weight.data, bias,
                           {{sizes.depth, sizes.channels}}, ScalesKey(weight)};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count());
    state.in_pitch = sizes.depth;
    state.out_pitch = args.out->pitch;
  }
  for (int64_t i = 0; i < state.count; ++i) {
    xnn_operator_t op = state.blocks[i].op.get();
    MTC_RETURN_IF_ERROR(Check(context, xnn_reshape_fully_connected_nc_qd8_f32_qc8w(op, sizes.rows, Threads(context))));
  }
  return Status::kOk;
}
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLinearStored(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (!args.dynamic) return context.Fail(Status::kInvalidProgram, "XNNPACK's rows are rounded as they come");
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  if (StateOf<ChannelBlocks>(context) == nullptr) return OutOfMemory(context);
  MTC_RETURN_IF_ERROR(Build(context, args));
  context.RequireScratch(RoundedOperand::Size(args.x->rows(), args.x->count()));
  return Status::kOk;
}
#endif

template <typename F, typename W>
Status RunLinearStored(KernelContext& context, const LinearArgs& args) {
  static_assert(std::is_same_v<F, float> && std::is_same_v<W, Qi8>);
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
    MTC_RETURN_IF_ERROR(
        Check(context, xnn_setup_fully_connected_nc_qd8_f32_qc8w(
                           block.op.get(), rounded.steps, args.out->as<float>() + block.channel, rounded.scales)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(LinearStored)

}  // namespace MTC_XNNPACK
