#include "kernels/packed_product.h"
#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "kernels/xnnpack/channel_blocks.h"
#include "kernels/xnnpack/half.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

template <typename T, typename C = MTC_PORTABLE::Compute<T>>
using OwnProduct = MTC_PORTABLE::Product<T, MTC_PORTABLE::MatrixRows<C, T>, MTC_PORTABLE::PackedPanels<C>>;

struct LinearState : ChannelBlocks {
  bool is_by_xnnpack = false;
  const void* packed = nullptr;  // weights for mtc's own product
};

MTC_PORTABLE::ProductSizes SizesOf(const LinearArgs& args) {
  return {args.x->rows(), args.weight->dims[0], args.weight->dims[1]};
}

#if MTC_ISA_LEVEL == 0
// Makes the operators for the tensors' sizes and pitches, unless they are there already.
template <typename T>
Status Build(KernelContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto& state = *static_cast<LinearState*>(context.state.get());
  const BlockedSizes sizes{args.x->rows(), args.x->row_size(), 1, args.weight->dims[0], sizeof(T), sizeof(T)};
  const xnn_gemm_config& config = *GemmConfigOf<T>();
  constexpr bool kIsHalf = MTC_PORTABLE::kIsHalf<T>;
  const int64_t block_channels = BlockChannels(config, sizes);
  if (!state.Fits(block_channels, args.x->pitch, args.out->pitch)) {
    auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      const T* bias = args.bias == nullptr ? nullptr : args.bias->as<const T>() + first;
      const auto with = [&](auto* function) {
        return function(sizes.depth, channels, args.x->pitch, args.out->pitch,
                        args.weight->as<const T>() + first * sizes.depth, bias, static_cast<float>(args.clamp[0]),
                        static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
      };
      if constexpr (kIsHalf) {
        return with(xnn_create_fully_connected_nc_f16);
      } else {
        return with(xnn_create_fully_connected_nc_f32);
      }
    };
    const PackedKey key = {Packing::kXnnpackLinear,
                           context.isa,
                           args.weight->dtype,
                           args.weight->data,
                           args.bias == nullptr ? nullptr : args.bias->data,
                           {{sizes.depth, sizes.channels}}};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(args.weight->data, args.weight->count() * sizeof(T));
    state.in_pitch = args.x->pitch;
    state.out_pitch = args.out->pitch;
  }
  constexpr auto reshape = kIsHalf ? xnn_reshape_fully_connected_nc_f16 : xnn_reshape_fully_connected_nc_f32;
  for (int64_t i = 0; i < state.count; ++i) {
    MTC_RETURN_IF_ERROR(Check(context, reshape(state.blocks[i].op.get(), sizes.rows, Threads(context))));
  }
  return Status::kOk;
}

// Packs the weights for mtc's own product, unless they are packed already.
template <typename T>
Status Pack(PrepareContext& context, const LinearArgs& args) {
  auto& state = *static_cast<LinearState*>(context.state.get());
  context.RequireScratch(MTC_PORTABLE::MultiplyScratch<OwnProduct<T>>(context.isa, context.threads, SizesOf(args)));
  return MTC_PORTABLE::PackConstant<T>(context, *args.weight, 1, {args.weight->dims[0], args.weight->dims[1]},
                                       &state.packed);
}

// Runs XNNPACK's operators.
template <typename T>
Status RunByXnnpack(KernelContext& context, const LinearArgs& args) {
  const auto& state = *static_cast<const LinearState*>(context.state.get());
  return RunBlocks(context, state, [&](xnn_operator_t op, int64_t channel) {
    const T* x = args.x->as<const T>();
    T* out = args.out->as<T>() + channel;
    if constexpr (MTC_PORTABLE::kIsHalf<T>) {
      return xnn_setup_fully_connected_nc_f16(op, x, out);
    } else {
      return xnn_setup_fully_connected_nc_f32(op, x, out);
    }
  });
}
#endif

// Runs mtc's own product.
template <typename T>
void RunOwn(KernelContext& context, const LinearArgs& args) {
  using C = MTC_PORTABLE::Compute<T>;
  const auto& state = *static_cast<const LinearState*>(context.state.get());
  const OwnProduct<T> product = {{args.x->as<const T>(), args.x->pitch},
                                 {static_cast<const C*>(state.packed)},
                                 args.out->as<T>(),
                                 args.out->pitch,
                                 {args.bias == nullptr ? nullptr : args.bias->as<const T>(),
                                  static_cast<C>(args.clamp[0]), static_cast<C>(args.clamp[1])}};
  MTC_PORTABLE::Multiply(context.threads, 1, SizesOf(args), [&](int64_t) { return product; }, context.scratch);
}

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLinear(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (args.out->count() == 0) return Status::kOk;
  auto* state = StateOf<LinearState>(context);
  if (state == nullptr) return OutOfMemory(context);
  return MTC_XNNPACK_TYPES(Linear)::With(context, args.x->dtype, [&](auto element) {
    using T = decltype(element);
    if constexpr (kHasOwn<T>) {
      state->is_by_xnnpack = IsByXnnpack<T>(context, args.clamp);
      if (!state->is_by_xnnpack) return Pack<T>(context, args);
    }
    return Build<T>(context, args);
  });
}
#endif

template <typename T>
Status RunLinear(KernelContext& context, const LinearArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
#if MTC_ISA_LEVEL == 0
  const bool is_by_xnnpack = static_cast<const LinearState*>(context.state.get())->is_by_xnnpack;
  if (!MTC_PORTABLE::kIsHalf<T> || is_by_xnnpack) return RunByXnnpack<T>(context, args);
#endif
  if constexpr (MTC_ISA_LEVEL > 0 || MTC_PORTABLE::kIsHalf<T>) RunOwn<T>(context, args);
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Linear)

}  // namespace MTC_XNNPACK
