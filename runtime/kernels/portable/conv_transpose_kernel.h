// Prepare and Run of the portable transposed convolutions.

#ifndef MTC_KERNELS_PORTABLE_CONV_TRANSPOSE_KERNEL_H_
#define MTC_KERNELS_PORTABLE_CONV_TRANSPOSE_KERNEL_H_

#include "kernels/portable/conv_kernel.h"
#include "kernels/selected_types.h"
#include "kernels/transposed_convolution.h"

namespace MTC_PORTABLE {

// Elements of scratch for what is added.
MTC_INLINE int64_t PartsSize(const ConvSizes& s) { return RoundUp(BlockChannels(s) * s.window() * s.in_size(), 16); }

// What elements of the input add, in the type that sums have.
template <typename C, typename T>
using PartsOf = Product<C, MatrixRows<C, C>, MatrixColumns<C, T>>;

template <typename T>
size_t PartsScratch(Isa isa, const ThreadPool* threads, const ConvSizes& s) {
  using P = PartsOf<Compute<T>, T>;
  const ProductSizes sizes = {BlockChannels(s) * s.window(), s.in_size(), s.group_channels()};
  return MultiplyScratch<P>(isa, threads, sizes);
}

#if MTC_ISA_LEVEL == 0
template <typename T>
Status PrepareTransposedWeights(PrepareContext& context, const Tensor& weight, const ConvSizes& s, ConvState* state) {
  using C = Compute<T>;
  context.RequireScratch(PartsScratch<T>(context.isa, context.threads, s));
  context.RequireScratch(1, PartsSize(s), sizeof(C));
  if (!weight.is_constant()) {
    context.RequireScratch(1, TransposedWeightsSize(s), sizeof(C));
    return Status::kOk;
  }
  const PackedSource source = {
      Packing::kTransposed, weight, nullptr, {{s.groups, s.group_channels(), s.group_outputs(), s.window()}}};
  const auto pack = [&](C* block) { PackTransposedWeights(weight.as<T>(), s, block); };
  return PackOnce<C>(context, source, TransposedWeightsSize(s), pack, &state->packed);
}

// Size of axis `i` of the result; false if there is none.
template <typename Args>
bool TransposedSize(const Args& args, int i, int64_t* size) {
  const int64_t in = args.x->dims[2 + i], kernel = args.weight->dims[2 + i];
  const int64_t removed = args.padding[2 * i] + args.padding[2 * i + 1] - args.output_padding[i];
  int64_t reach, extent;
  return in >= 1 && kernel >= 1 && !__builtin_mul_overflow(in - 1, args.stride[i], &reach) &&
         !__builtin_mul_overflow(kernel - 1, args.dilation[i], &extent) &&
         !__builtin_add_overflow(reach, extent, size) && !__builtin_sub_overflow(*size, removed - 1, size) && *size > 0;
}

// Derives the result's shape, and checks all that Run relies on but for the weights.
template <typename Args>
Status CheckTransposedConvolution(PrepareContext& context, const Args& args, int spatial) {
  const Tensor &x = *args.x, &weight = *args.weight;
  MTC_RETURN_IF_ERROR(CheckConvArgs(context, args, spatial));
  MTC_RETURN_IF_ERROR(CheckConvAttrs(context, args.output_padding, static_cast<size_t>(spatial), 0));
  int64_t out_channels;
  if (args.groups < 1 || args.groups > x.dims[1] || x.dims[1] != weight.dims[0] || x.dims[1] % args.groups != 0 ||
      __builtin_mul_overflow(weight.dims[1], args.groups, &out_channels)) {
    return context.Fail(Status::kInvalidArgument, "%lld channels in %lld groups by weights for %lld",
                        static_cast<long long>(x.dims[1]), static_cast<long long>(args.groups),
                        static_cast<long long>(weight.dims[0]));
  }
  MTC_RETURN_IF_ERROR(CheckBias(context, args.bias, out_channels));
  int64_t dims[kMaxRank] = {x.dims[0], out_channels};
  for (int i = 0; i < spatial; ++i) {
    const int64_t larger = args.stride[i] > args.dilation[i] ? args.stride[i] : args.dilation[i];
    if (args.output_padding[i] >= larger || !TransposedSize(args, i, &dims[2 + i])) {
      return context.Fail(Status::kInvalidArgument, "axis %d of the result has no size", i + 2);
    }
  }
  return context.Resize(args.out, {dims, x.shape().size()});
}

template <typename Types, typename Args>
Status PrepareTransposedConvolution(PrepareContext& context, const Args& args, int spatial) {
  MTC_RETURN_IF_ERROR(CheckTransposedConvolution(context, args, spatial));
  if (args.out->count() == 0) return Status::kOk;
  auto* state = StateOf<ConvState>(context);
  if (state == nullptr) return OutOfMemory(context);
  const ConvSizes sizes = TransposedSizesOf(args);
  int64_t parts;  // of one channel; as many as the scratch has to hold at least
  if (__builtin_mul_overflow(sizes.window(), sizes.in_size(), &parts) || parts > (int64_t{1} << 47)) {
    return context.Fail(Status::kOutOfMemory, "the window and the input are too large for each other");
  }
  return Types::With(context, args.x->dtype, [&](auto element) {
    return PrepareTransposedWeights<decltype(element)>(context, *args.weight, sizes, state);
  });
}
#endif

template <typename T, typename Args>
Status RunTransposedConvolution(KernelContext& context, const Args& args) {
  using C = Compute<T>;
  if (args.out->count() == 0) return Status::kOk;
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  const ConvSizes s = TransposedSizesOf(args);
  C* parts = reinterpret_cast<C*>(static_cast<char*>(context.scratch) + PartsScratch<T>(kIsa, context.threads, s));
  const auto* packed = static_cast<const C*>(static_cast<const ConvState*>(context.state.get())->packed);
  if (!args.weight->is_constant()) {
    PackTransposedWeights(args.weight->template as<T>(), s, parts + PartsSize(s));
    packed = parts + PartsSize(s);
  }
  const T* bias = args.bias ? args.bias->template as<T>() : nullptr;
  const C low = static_cast<C>(args.clamp[0]), high = static_cast<C>(args.clamp[1]);
  const int64_t block = BlockChannels(s), blocks = ChannelBlocks(s), rows = s.out[0] * s.out[1];
  for (int64_t task = 0; task < s.batch * s.groups * blocks; ++task) {
    const int64_t n = task / blocks / s.groups, g = task / blocks % s.groups, first = task % blocks * block;
    const int64_t channels = Least(block, s.group_outputs() - first);
    const T* x = args.x->template as<T>() + (n * s.channels + g * s.group_channels()) * s.in_size();
    const int64_t channel = g * s.group_outputs() + first;
    const PartsOf<C, T> product = {
        {TransposedWeightsOf(packed, s, channel), s.group_channels()}, {x, s.in_size(), 1}, parts, s.in_size(), {}};
    const ProductSizes sizes = {channels * s.window(), s.in_size(), s.group_channels()};
    Multiply(context.threads, 1, sizes, [&](int64_t) { return product; }, context.scratch);
    T* out = args.out->template as<T>() + (n * s.out_channels + channel) * s.positions();
    ParallelFor(context.threads, channels * rows, 1 + 4096 / s.out[2], [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t c = row / rows;
        GatherRow(s, parts + c * s.window() * s.in_size(), row % rows / s.out[1], row % s.out[1],
                  bias ? static_cast<C>(bias[channel + c]) : C{0}, low, high, out + row * s.out[2]);
      }
    });
  }
  return Status::kOk;
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PORTABLE_CONV_TRANSPOSE_KERNEL_H_
