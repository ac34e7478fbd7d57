// Prepare and Run of the portable convolutions.

#ifndef MTC_KERNELS_PORTABLE_CONV_KERNEL_H_
#define MTC_KERNELS_PORTABLE_CONV_KERNEL_H_

#include <memory>
#include <new>

#include "kernels/convolution.h"

namespace MTC_PORTABLE {

// Where the packed weights stand: with the program if they are a constant, else in scratch behind the windows.
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

template <typename T>
Status PackConstant(PrepareContext& context, const Tensor* weight, const ConvSizes& s, ConvState* state) {
  using C = Compute<T>;
  const PackedKey key = {{weight->constant, 0x636f6e76u /* "conv" */, static_cast<uint64_t>(context.isa),
                          static_cast<uint64_t>(s.groups)}};
  state->packed = context.packed->Find(key);
  if (state->packed != nullptr) return Status::kOk;
  void* block = context.packed->Reserve(static_cast<size_t>(PackedWeightsSize(s, context.isa)) * sizeof(C));
  if (block == nullptr) return context.Fail(Status::kOutOfMemory, "no memory for packed weights");
  PackConvWeights(weight->as<T>(), s, context.isa, static_cast<C*>(block));
  state->packed = context.packed->Insert(key, block);
  context.packed->ReleaseSource(weight->data, static_cast<size_t>(weight->count()) * sizeof(T));
  return Status::kOk;
}

template <typename T>
Status PrepareWeights(PrepareContext& context, const Tensor* weight, const ConvSizes& s, ConvState* state) {
  const size_t windows = MultiplyScratch<T>(s.positions(), s.depth());
  if (weight->is_constant()) {
    context.RequireScratch(windows);
    return state->packed != nullptr ? Status::kOk : PackConstant<T>(context, weight, s, state);
  }
  context.RequireScratch(windows + static_cast<size_t>(PackedWeightsSize(s, context.isa)) * sizeof(Compute<T>));
  return Status::kOk;
}

template <typename Args>
Status PrepareConvolution(PrepareContext& context, const Args& args, int spatial) {
  const Tensor &x = *args.x, &weight = *args.weight;
  const size_t axes = static_cast<size_t>(spatial);
  if (x.rank != spatial + 2 || weight.rank != spatial + 2) {
    return context.Fail(Status::kInvalidProgram, "a convolution over %d axes of tensors with %d and %d", spatial,
                        x.rank, weight.rank);
  }
  MTC_RETURN_IF_ERROR(CheckConvAttrs(context, args.stride, axes, 1));
  MTC_RETURN_IF_ERROR(CheckConvAttrs(context, args.dilation, axes, 1));
  MTC_RETURN_IF_ERROR(CheckConvAttrs(context, args.padding, 2 * axes, 0));
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  const int64_t out_channels = weight.dims[0];
  if (args.groups < 1 || args.groups > x.dims[1] || x.dims[1] % args.groups != 0 ||
      x.dims[1] / args.groups != weight.dims[1] || out_channels % args.groups != 0) {
    return context.Fail(Status::kInvalidArgument, "%lld channels in %lld groups for weights of %lld",
                        static_cast<long long>(x.dims[1]), static_cast<long long>(args.groups),
                        static_cast<long long>(weight.dims[1]));
  }
  if (args.bias != nullptr && (args.bias->rank != 1 || args.bias->dims[0] != out_channels)) {
    return context.Fail(Status::kInvalidProgram, "bias has not one element for each output channel");
  }
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
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, axes + 2}));
  if (context.state == nullptr) {
    context.state.reset(new (std::nothrow) ConvState);
    if (context.state == nullptr) return context.Fail(Status::kOutOfMemory, "no memory");
  }
  auto* state = static_cast<ConvState*>(context.state.get());
  const ConvSizes sizes = SizesOf(args);
  switch (x.dtype) {
    case DType::kF32:
      return PrepareWeights<float>(context, &weight, sizes, state);
    case DType::kF64:
      return PrepareWeights<double>(context, &weight, sizes, state);
    case DType::kF16:
      return PrepareWeights<Half>(context, &weight, sizes, state);
    case DType::kBF16:
      return PrepareWeights<BFloat16>(context, &weight, sizes, state);
    default:
      return context.Fail(Status::kInvalidProgram, "a convolution of integers");
  }
}
#endif

template <typename T, typename Args>
Status RunConvolution(KernelContext& context, const Args& args) {
  using C = Compute<T>;
  if (args.out->count() == 0) return Status::kOk;
  const ConvSizes sizes = SizesOf(args);
  const auto* packed = static_cast<const C*>(static_cast<const ConvState*>(context.state.get())->packed);
  if (!args.weight->is_constant()) {
    auto* own = reinterpret_cast<C*>(static_cast<char*>(context.scratch) +
                                     MultiplyScratch<T>(sizes.positions(), sizes.depth()));
    PackConvWeights(args.weight->template as<T>(), sizes, static_cast<Isa>(MTC_ISA_LEVEL), own);
    packed = own;
  }
  Convolve<T>(context.threads, args, sizes, packed, context.scratch);
  return Status::kOk;
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PORTABLE_CONV_KERNEL_H_
