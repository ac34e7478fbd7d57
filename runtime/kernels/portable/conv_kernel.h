// Prepare and Run of the portable convolutions.

#ifndef MTC_KERNELS_PORTABLE_CONV_KERNEL_H_
#define MTC_KERNELS_PORTABLE_CONV_KERNEL_H_

#include "kernels/convolution.h"
#include "kernels/packed_product.h"
#include "kernels/selected_types.h"

namespace MTC_PORTABLE {

// Where packed constants stand.
class ConvState : public KernelState {
 public:
  const void* packed = nullptr;
};

#if MTC_ISA_LEVEL == 0
inline Status CheckConvAttrs(PrepareContext& context, Span<const int64_t> values, size_t count, int64_t least) {
  if (values.size() != count) {
    return context.Fail(Status::kInvalidProgram, "a convolution with %zu numbers for its axes", values.size());
  }
  for (const int64_t value : values) {
    if (value < least || value > (int64_t{1} << 30)) {
      return context.Fail(Status::kInvalidProgram, "a convolution's stride, padding or dilation is %lld",
                          static_cast<long long>(value));
    }
  }
  return Status::kOk;
}

// What convolutions and their transposes have in common.
template <typename Args>
Status CheckConvArgs(PrepareContext& context, const Args& args, int spatial) {
  const size_t axes = static_cast<size_t>(spatial);
  if (args.x->rank != spatial + 2 || args.weight->rank != spatial + 2) {
    return context.Fail(Status::kInvalidProgram, "a convolution over %d axes of tensors with %d and %d", spatial,
                        args.x->rank, args.weight->rank);
  }
  MTC_RETURN_IF_ERROR(CheckConvAttrs(context, args.stride, axes, 1));
  MTC_RETURN_IF_ERROR(CheckConvAttrs(context, args.dilation, axes, 1));
  MTC_RETURN_IF_ERROR(CheckConvAttrs(context, args.padding, 2 * axes, 0));
  return CheckClamp(context, args.clamp);
}

inline Status CheckBias(PrepareContext& context, const Tensor* bias, int64_t out_channels) {
  if (bias == nullptr || (bias->rank == 1 && bias->dims[0] == out_channels)) return Status::kOk;
  return context.Fail(Status::kInvalidProgram, "bias has not one element for each output channel");
}

template <typename T>
Status PrepareProduct(PrepareContext& context, const Tensor& weight, const ConvSizes& s) {
  using C = Compute<T>;
  if (!HasManyChannels(context.isa, weight.dtype, s)) {
    context.RequireScratch(MultiplyScratch<FewChannelsProduct<T>>(context.isa, context.threads, FewChannelsSizes(s)));
    return Status::kOk;
  }
  const bool is_constant = weight.is_constant();
  context.RequireScratch(MultiplyScratch<ManyChannelsProduct<T>>(context.isa, context.threads, ManyChannelsSizes(s)));
  context.RequireScratch(1, ImagesSize<C>(s), sizeof(C));
  if (!is_constant) context.RequireScratch(s.groups, PanelsSize<C>(context.isa, s), sizeof(C));
  if (!is_constant) return Status::kOk;
  auto* state = StateOf<ConvState>(context);
  if (state == nullptr) return OutOfMemory(context);
  return PackConstant<T>(context, weight, s.groups, PanelSizesOf(s), &state->packed);
}

// Derives the result's shape, and checks all that Run relies on but for the weights.
template <typename Args>
Status CheckConvolution(PrepareContext& context, const Args& args, int spatial) {
  const Tensor &x = *args.x, &weight = *args.weight;
  MTC_RETURN_IF_ERROR(CheckConvArgs(context, args, spatial));
  const int64_t out_channels = weight.dims[0];
  if (args.groups < 1 || args.groups > x.dims[1] || x.dims[1] % args.groups != 0 ||
      x.dims[1] / args.groups != weight.dims[1] || out_channels % args.groups != 0) {
    return context.Fail(Status::kInvalidArgument, "%lld channels in %lld groups for weights of %lld",
                        static_cast<long long>(x.dims[1]), static_cast<long long>(args.groups),
                        static_cast<long long>(weight.dims[1]));
  }
  MTC_RETURN_IF_ERROR(CheckBias(context, args.bias, out_channels));
  int64_t dims[kMaxRank] = {x.dims[0], out_channels};
  for (int i = 0; i < spatial; ++i) {
    int64_t padded, extent, room;
    const bool overflows =
        __builtin_add_overflow(x.dims[2 + i], args.padding[2 * i] + args.padding[2 * i + 1], &padded) ||
        __builtin_mul_overflow(weight.dims[2 + i] - 1, args.dilation[i], &extent) ||
        __builtin_sub_overflow(padded, extent + 1, &room);
    if (overflows || weight.dims[2 + i] < 1 || room < 0) {
      return context.Fail(Status::kInvalidArgument, "the window is larger than the padded input");
    }
    dims[2 + i] = room / args.stride[i] + 1;
  }
  return context.Resize(args.out, {dims, x.shape().size()});
}

// `Types` are MTC_PORTABLE_TYPES.
template <typename Types, typename Args>
Status PrepareConvolution(PrepareContext& context, const Args& args, int spatial) {
  MTC_RETURN_IF_ERROR(CheckConvolution(context, args, spatial));
  if (args.out->count() == 0) return Status::kOk;
  const ConvSizes sizes = SizesOf(args);
  return Types::With(context, args.x->dtype,
                     [&](auto element) { return PrepareProduct<decltype(element)>(context, *args.weight, sizes); });
}
#endif

template <typename T, typename Args>
Status RunConvolution(KernelContext& context, const Args& args, void* scratch) {
  if (args.out->count() == 0) return Status::kOk;
  using C = Compute<T>;
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  const ConvSizes s = SizesOf(args);
  const Tensor& weight = *args.weight;
  if (!HasManyChannels(kIsa, weight.dtype, s)) {
    ConvolveFewChannels<T>(context.threads, args, s, scratch);
    return Status::kOk;
  }
  const size_t own = MultiplyScratch<ManyChannelsProduct<T>>(kIsa, context.threads, ManyChannelsSizes(s));
  C* images = reinterpret_cast<C*>(static_cast<char*>(scratch) + own);
  const C* packed;
  if (weight.is_constant()) {
    packed = static_cast<const C*>(static_cast<const ConvState*>(context.state.get())->packed);
  } else {
    C* panels = images + ImagesSize<C>(s);
    const int64_t size = PanelsSize<C>(kIsa, s), each = s.group_outputs() * s.depth();
    for (int64_t g = 0; g < s.groups; ++g) {
      PackPanels(kIsa, weight.as<T>() + g * each, PanelSizesOf(s), 0, s.group_outputs(), panels + g * size);
    }
    packed = panels;
  }
  ConvolveManyChannels<T>(context.threads, args, s, packed, images, scratch);
  return Status::kOk;
}

template <typename T, typename Args>
Status RunConvolution(KernelContext& context, const Args& args) {
  return RunConvolution<T>(context, args, context.scratch);
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PORTABLE_CONV_KERNEL_H_
