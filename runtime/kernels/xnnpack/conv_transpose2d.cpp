#include <algorithm>
#include <memory>
#include <new>

#include "generated/args.h"
#include "kernels/channels_last_transposed.h"
#include "kernels/packed_constant.h"
#include "kernels/shape_rules.h"
#include "kernels/xnnpack/operator.h"
#include "kernels/xnnpack/weights_cache.h"
#include "kernels/xnnpack/window.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

struct ConvTransposeState : KernelState {
  WeightsCache cache;  // the operator refers to it
  Operator op;
  int64_t in_pitch = 0;
  int64_t out_pitch = 0;
  const void* packed = nullptr;  // weights for mtc's own kernel, which runs where vectors have eight elements and more
};

MTC_PORTABLE::TransposedSizes SizesOf(const ConvTranspose2dArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const Span<const int64_t> kernel = weight.shape().subspan(1);
  return {MTC_PORTABLE::SpatialOf(x, out, 1, kernel, args.stride, args.dilation, args.padding),
          x.dims[0],
          args.groups,
          x.dims[3] / args.groups,
          weight.dims[3],
          x.pitch,
          out.pitch};
}

#if MTC_ISA_LEVEL == 0
// Packs the weights for mtc's own kernel, unless they are packed already.
Status Pack(PrepareContext& context, const ConvTranspose2dArgs& args) {
  auto& state = *static_cast<ConvTransposeState*>(context.state.get());
  const MTC_PORTABLE::TransposedSizes sizes = SizesOf(args);
  const MTC_PORTABLE::TransposedPlan plan(context.isa, context.threads, sizes);
  const auto workers = static_cast<int64_t>(plan.workers);
  context.RequireScratch(workers, 1, plan.product + 64);
  context.RequireScratch(workers, plan.parts, sizeof(float));
  for (int i : {0, 1}) {
    context.RequireScratch(sizes.out[1 + i], plan.most[i] * workers, sizeof(MTC_PORTABLE::Meeting));
    context.RequireScratch(sizes.out[1 + i], workers, sizeof(int64_t));
  }
  const Tensor& weight = *args.weight;
  const std::unique_ptr<float[]> turned(new (std::nothrow) float[sizes.depth * sizes.columns()]);
  if (turned == nullptr) return OutOfMemory(context);
  const PackedSource source = {
      Packing::kChannelsLastTransposed, weight, nullptr, {{sizes.groups, sizes.depth, sizes.window(), sizes.channels}}};
  const auto pack = [&](float* block) {
    MTC_PORTABLE::PackTransposedWeights(context.isa, sizes, weight.as<const float>(), turned.get(), block);
  };
  return PackOnce<float>(context, source, MTC_PORTABLE::TransposedWeightsSize(context.isa, sizes), pack, &state.packed);
}

// XNNPACK wants the weights as a convolution has them: [in, height, width, out / groups] becomes [out, height, width,
// in / groups].
std::unique_ptr<float[]> ConvolutionWeights(const Tensor& weight, int64_t groups) {
  const int64_t in = weight.dims[0] / groups, out = weight.dims[3], taps = weight.dims[1] * weight.dims[2];
  std::unique_ptr<float[]> turned(new (std::nothrow) float[weight.count()]);
  if (turned == nullptr) return turned;
  const float* from = weight.as<const float>();
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t i = 0; i < in; ++i) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        for (int64_t o = 0; o < out; ++o) turned[((group * out + o) * taps + tap) * in + i] = *from++;
      }
    }
  }
  return turned;
}

Status Build(KernelContext& context, const ConvTranspose2dArgs& args) {
  auto& state = *static_cast<ConvTransposeState*>(context.state.get());
  const Tensor& x = *args.x;
  const Tensor& weight = *args.weight;
  if (state.op == nullptr || state.in_pitch != x.pitch || state.out_pitch != args.out->pitch) {
    const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
    const PackedKey key = {
        Packing::kXnnpackTransposed,
        context.isa,
        weight.dtype,
        weight.data,
        bias,
        {{weight.dims[0], weight.dims[1], weight.dims[2], weight.dims[3], args.groups, args.stride[0], args.stride[1],
          args.dilation[0], args.dilation[1], args.padding[0], args.padding[1], args.padding[2], args.padding[3]}}};
    // XNNPACK packs before it looks whether the program has the weights already; then anything of that size will do.
    std::unique_ptr<float[]> turned;
    const void* convolution = context.packed->Find(key).data;
    if (convolution == nullptr) {
      turned = ConvolutionWeights(weight, args.groups);
      if (turned == nullptr) return OutOfMemory(context);
      convolution = turned.get();
    }
    xnn_weights_cache_t cache = state.cache.Whole(context.packed, key);
    MTC_RETURN_IF_ERROR(Recreate(context, state.op, [&](xnn_operator_t* op) {
      return xnn_create_deconvolution2d_nhwc_f32(
          args.padding[0], args.padding[3], args.padding[1], args.padding[2], weight.dims[1], weight.dims[2],
          args.stride[0], args.stride[1], args.dilation[0], args.dilation[1], args.groups, weight.dims[0] / args.groups,
          weight.dims[3], x.pitch, args.out->pitch, static_cast<const float*>(convolution), bias,
          static_cast<float>(args.clamp[0]), static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
    }));
    if (turned != nullptr) context.packed->ReleaseSource(weight.data, weight.count() * sizeof(float));
    state.in_pitch = x.pitch;
    state.out_pitch = args.out->pitch;
  }
  return Check(context, xnn_reshape_deconvolution2d_nhwc_f32(state.op.get(), x.dims[0], x.dims[1], x.dims[2],
                                                             args.output_padding[0], args.output_padding[1], nullptr,
                                                             nullptr, Threads(context)));
}

Status CheckArgs(PrepareContext& context, const ConvTranspose2dArgs& args) {
  const Tensor& x = *args.x;
  const Tensor& weight = *args.weight;
  if (args.layout != Layout::kNhwc || x.rank != 4 || weight.rank != 4 || args.groups < 1 ||
      weight.dims[0] % args.groups != 0 || weight.dims[0] != x.dims[3] || weight.count() == 0) {
    return context.Fail(Status::kInvalidArgument, "conv_transpose2d: x and weight do not fit");
  }
  if (!weight.is_constant() || (args.bias != nullptr && !args.bias->is_constant())) {
    return context.Fail(Status::kInvalidProgram, "conv_transpose2d: the weights are not constant");
  }
  if (args.bias != nullptr && (args.bias->rank != 1 || args.bias->dims[0] != weight.dims[3] * args.groups)) {
    return context.Fail(Status::kInvalidArgument, "conv_transpose2d: the bias does not fit");
  }
  MTC_RETURN_IF_ERROR(CheckPixels(context, weight.dims[1], weight.dims[2]));
  return CheckClamp(context, args.clamp);
}
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareConvTranspose2d(PrepareContext& context, const ConvTranspose2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckArgs(context, args));
  int64_t dims[4] = {args.x->dims[0], 0, 0, args.weight->dims[3] * args.groups};
  for (int i = 0; i < 2; ++i) {
    // The convolution that it is the transpose of goes from `full` to the input's size.
    const Window window{
        0, args.weight->dims[1 + i], args.stride[i], args.padding[2 * i], args.padding[2 * i + 1], args.dilation[i]};
    MTC_RETURN_IF_ERROR(CheckWindow(context, window));
    const int64_t extra = args.output_padding[i];
    if (extra < 0 || extra >= window.stride) {
      return context.Fail(Status::kInvalidProgram, "conv_transpose2d: an output padding of %lld at stride %lld",
                          static_cast<long long>(extra), static_cast<long long>(window.stride));
    }
    int64_t reach;
    const bool overflows = __builtin_mul_overflow(args.x->dims[1 + i] - 1, window.stride, &reach) ||
                           reach > (int64_t{1} << 47);  // which no result has
    if (!overflows) {
      dims[1 + i] = reach + window.dilation * (window.kernel - 1) + 1 + extra - window.before - window.after;
    }
    if (overflows || args.x->dims[1 + i] < 1 || dims[1 + i] < 1) {
      return context.Fail(Status::kInvalidArgument, "conv_transpose2d: a result without a size");
    }
    // Where a stride has places that begin beyond the result, XNNPACK counts them in unsigned numbers that wrap.
    if (dims[1 + i] < window.stride - 1) {
      return context.Fail(Status::kInvalidArgument, "conv_transpose2d: a result of %lld at stride %lld",
                          static_cast<long long>(dims[1 + i]), static_cast<long long>(window.stride));
    }
  }
  MTC_RETURN_IF_ERROR(context.Resize(args.out, dims));
  if (StateOf<ConvTransposeState>(context) == nullptr) return OutOfMemory(context);
  if (args.out->count() == 0) return Status::kOk;
  return context.isa == Isa::kBase ? Build(context, args) : Pack(context, args);
}
#endif

template <typename T>
Status RunConvTranspose2d(KernelContext& context, const ConvTranspose2dArgs& args) {
  static_assert(std::is_same_v<T, float>);
  if (args.out->count() == 0) return Status::kOk;
#if MTC_ISA_LEVEL > 0
  const auto& state = *static_cast<const ConvTransposeState*>(context.state.get());
  MTC_PORTABLE::ConvolveTransposed(
      context.threads, SizesOf(args),
      {args.x->as<const float>(), static_cast<const float*>(state.packed),
       args.bias == nullptr ? nullptr : args.bias->as<const float>(), static_cast<float>(args.clamp[0]),
       static_cast<float>(args.clamp[1]), args.out->as<float>()},
      context.scratch);
  return Status::kOk;
#else
  const auto& state = *static_cast<const ConvTransposeState*>(context.state.get());
  MTC_RETURN_IF_ERROR(
      Check(context, xnn_setup_deconvolution2d_nhwc_f32(state.op.get(), args.x->as<const T>(), args.out->as<T>())));
  return RunOperator(context, state.op);
#endif
}

MTC_XNNPACK_KERNEL(ConvTranspose2d)

}  // namespace MTC_XNNPACK
