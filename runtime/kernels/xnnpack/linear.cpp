#include "kernels/packed_product.h"
#include "kernels/product_args.h"
#include "kernels/xnnpack/channel_blocks.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

using OwnProduct =
    MTC_PORTABLE::Product<float, MTC_PORTABLE::MatrixRows<float, float>, MTC_PORTABLE::PackedPanels<float>>;

struct LinearState : ChannelBlocks {
  const void* packed = nullptr;  // weights for mtc's own product
};

MTC_PORTABLE::ProductSizes SizesOf(const LinearArgs& args) {
  return {args.x->rows(), args.weight->dims[0], args.weight->dims[1]};
}

#if MTC_ISA_LEVEL == 0
// Makes the operators for the tensors' sizes and pitches, unless they are there already.
Status Build(KernelContext& context, const LinearArgs& args) {
  auto& state = *static_cast<LinearState*>(context.state.get());
  const BlockedSizes sizes{args.x->rows(), args.x->row_size(), 1, args.weight->dims[0]};
  const xnn_gemm_config& config = *xnn_init_f32_gemm_config();
  const int64_t block_channels = BlockChannels(config, sizes);
  if (!state.Fits(block_channels, args.x->pitch, args.out->pitch)) {
    auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>() + first;
      return xnn_create_fully_connected_nc_f32(
          sizes.depth, channels, args.x->pitch, args.out->pitch, args.weight->as<const float>() + first * sizes.depth,
          bias, static_cast<float>(args.clamp[0]), static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
    };
    const PackedKey key = {Packing::kXnnpackLinear,
                           context.isa,
                           args.weight->dtype,
                           args.weight->data,
                           args.bias == nullptr ? nullptr : args.bias->data,
                           {{sizes.depth, sizes.channels}}};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
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
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLinear(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (args.out->count() == 0) return Status::kOk;
  auto* state = StateOf<LinearState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (context.isa != Isa::kBase) {  // mtc's own product is faster where vectors have eight elements and more
    context.RequireScratch(MTC_PORTABLE::MultiplyScratch<OwnProduct>(context.isa, context.threads, SizesOf(args)));
    return MTC_PORTABLE::PackConstant<float>(context, *args.weight, 1, {args.weight->dims[0], args.weight->dims[1]},
                                             &state->packed);
  }
  MTC_RETURN_IF_ERROR(Initialize(context));
  return Build(context, args);
}
#endif

template <typename T>
Status RunLinear(KernelContext& context, const LinearArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const LinearState*>(context.state.get());
#if MTC_ISA_LEVEL == 0
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    MTC_RETURN_IF_ERROR(Check(context, xnn_setup_fully_connected_nc_f32(block.op.get(), args.x->as<const T>(),
                                                                        args.out->as<T>() + block.channel)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
#else
  static_assert(std::is_same_v<T, float>);
  const OwnProduct product = {{args.x->as<const T>(), args.x->pitch},
                              {static_cast<const T*>(state.packed)},
                              args.out->as<T>(),
                              args.out->pitch,
                              {args.bias == nullptr ? nullptr : args.bias->as<const T>(), static_cast<T>(args.clamp[0]),
                               static_cast<T>(args.clamp[1])}};
  MTC_PORTABLE::Multiply(context.threads, 1, SizesOf(args), [&](int64_t) { return product; }, context.scratch);
#endif
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Linear)

}  // namespace MTC_XNNPACK
