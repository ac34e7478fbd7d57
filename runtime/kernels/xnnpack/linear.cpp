#include "generated/args.h"
#include "kernels/xnnpack/channel_blocks.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

// Makes the operators for the tensors' sizes and pitches, unless they are there already.
Status Build(KernelContext& context, const LinearArgs& args) {
  auto& state = *static_cast<ChannelBlocks*>(context.state.get());
  const ProductSizes sizes{args.x->rows(), args.x->row_size(), 1, args.weight->dims[0]};
  const int64_t block_channels = BlockChannels(*xnn_init_f32_gemm_config(), sizes);
  if (!state.Fits(block_channels, args.x->pitch, args.out->pitch)) {
    const int64_t packing[] = {'L', sizes.depth, sizes.channels};
    auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>() + first;
      return xnn_create_fully_connected_nc_f32(
          sizes.depth, channels, args.x->pitch, args.out->pitch, args.weight->as<const float>() + first * sizes.depth,
          bias, static_cast<float>(args.clamp[0]), static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
    };
    MTC_RETURN_IF_ERROR(
        CreateBlocks(context, state, sizes, block_channels, HashSizes(packing), args.weight->data, create));
    context.packed->ReleaseSource(args.weight->data, args.weight->count() * sizeof(float));
    state.in_pitch = args.x->pitch;
    state.out_pitch = args.out->pitch;
  }
  for (int64_t i = 0; i < state.count; ++i) {
    xnn_operator_t op = state.blocks[i].op.get();
    MTC_RETURN_IF_ERROR(Check(context, xnn_reshape_fully_connected_nc_f32(op, sizes.rows, Threads(context))));
  }
  return Status::kOk;
}

}  // namespace

Status PrepareLinear(PrepareContext& context, const LinearArgs& args) {
  const Tensor& x = *args.x;
  const int64_t depth = x.row_size();
  if (x.rank == 0 || args.weight->rank != 2 || args.weight->dims[1] != depth || depth == 0) {
    return context.Fail(Status::kInvalidArgument, "linear: x and weight do not fit");
  }
  if (!args.weight->is_constant() || (args.bias != nullptr && !args.bias->is_constant())) {
    return context.Fail(Status::kInvalidProgram, "linear: the weights are not constant");
  }
  if (args.bias != nullptr && (args.bias->rank != 1 || args.bias->dims[0] != args.weight->dims[0])) {
    return context.Fail(Status::kInvalidArgument, "linear: the bias does not fit");
  }
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  dims[x.rank - 1] = args.weight->dims[0];
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, x.rank}));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  if (StateOf<ChannelBlocks>(context) == nullptr) return OutOfMemory(context);
  return Build(context, args);
}

template <typename T>
Status RunLinear(KernelContext& context, const LinearArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  auto& state = *static_cast<ChannelBlocks*>(context.state.get());
  // Where a result lies inside another one is settled after Prepare.
  if (state.in_pitch != args.x->pitch || state.out_pitch != args.out->pitch) MTC_RETURN_IF_ERROR(Build(context, args));
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    MTC_RETURN_IF_ERROR(Check(context, xnn_setup_fully_connected_nc_f32(block.op.get(), args.x->as<const T>(),
                                                                        args.out->as<T>() + block.channel)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Linear)

}  // namespace MTC_XNNPACK
