#include <memory>
#include <new>

#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "kernels/xnnpack/quantized_product.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

struct ConvTransposeState : KernelState {
  WeightsCache cache;  // the operator refers to it
  Operator op;
  int64_t in_pitch = 0;
  int64_t out_pitch = 0;
  bool is_cut = false;
  int64_t full[2] = {};  // rows and columns of what is cut

  bool Fits(int64_t in, int64_t out, bool cut) const {
    return op != nullptr && in_pitch == in && out_pitch == out && is_cut == cut;
  }
};

// XNNPACK writes beyond results that are smaller than the stride: those are cut out of the whole, which is not.
bool IsCut(const ConvTranspose2dArgs& args) {
  return args.out->dims[1] < args.stride[0] || args.out->dims[2] < args.stride[1];
}

// Weights [in, height, width, out / groups] as [groups, out, height, width, in].
template <typename Step>
std::unique_ptr<Step[]> Turned(const Tensor& weight, int64_t groups) {
  const int64_t depth = weight.dims[0] / groups, taps = weight.dims[1] * weight.dims[2], outputs = weight.dims[3];
  std::unique_ptr<Step[]> turned(new (std::nothrow) Step[static_cast<size_t>(weight.count())]);
  if (turned == nullptr) return turned;
  const Step* from = weight.as<const Step>();
  for (int64_t g = 0; g < groups; ++g) {
    Step* to = turned.get() + g * outputs * taps * depth;
    for (int64_t c = 0; c < depth; ++c) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        for (int64_t o = 0; o < outputs; ++o) to[(o * taps + tap) * depth + c] = *from++;
      }
    }
  }
  return turned;
}

template <typename Q>
Status Create(KernelContext& context, const ConvTranspose2dArgs& args) {
  using Step = decltype(Q::steps);
  auto& state = *static_cast<ConvTransposeState*>(context.state.get());
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const int64_t groups = args.groups, depth = weight.dims[0] / groups, outputs = weight.dims[3];
  QuantizedProduct product;
  MTC_RETURN_IF_ERROR(
      DeriveQuantizedProduct(context, x, weight, args.bias, out, args.clamp, outputs * groups, &product));
  const std::unique_ptr<Step[]> turned = Turned<Step>(weight, groups);
  if (turned == nullptr) return OutOfMemory(context);
  const PackedKey key = {Packing::kXnnpackTransposed,
                         context.isa,
                         weight.dtype,
                         weight.data,
                         args.bias == nullptr ? nullptr : args.bias->data,
                         {{weight.dims[0], weight.dims[1], weight.dims[2], outputs, groups, args.stride[0],
                           args.stride[1], args.dilation[0], args.dilation[1]}},
                         QuantizationKey(x, weight, out)};
  const xnn_weights_cache_t cache = state.cache.Whole(context.packed, key);
  const bool is_cut = IsCut(args);
  const auto padding = [&](int side) { return is_cut ? 0 : args.padding[side]; };
  const auto create = [&](auto* function, const auto&... weights) {
    return Recreate(context, state.op, [&](xnn_operator_t* op) {
      return function(padding(0), padding(3), padding(1), padding(2), weight.dims[1], weight.dims[2], args.stride[0],
                      args.stride[1], args.dilation[0], args.dilation[1], groups, depth, outputs, x.pitch,
                      is_cut ? outputs * groups : out.pitch, product.x_zero, product.x_scale, weights...,
                      product.BiasFrom(0), product.out_zero, product.out_scale, product.limits.low, product.limits.high,
                      /*flags=*/0, nullptr, cache, op);
    });
  };
  const Step* data = turned.get();
  if constexpr (std::is_same_v<Q, Qi8>) {
    const float* scales = product.weight_scales.data();
    MTC_RETURN_IF_ERROR(create(xnn_create_deconvolution2d_nhwc_qs8_qc8w, scales, data));
  } else {
    MTC_RETURN_IF_ERROR(
        create(xnn_create_deconvolution2d_nhwc_qu8, product.weight_zero, product.weight_scales[0], data));
  }
  context.packed->ReleaseSource(weight.data, weight.count());
  state.in_pitch = x.pitch;
  state.out_pitch = out.pitch;
  state.is_cut = is_cut;
  return Status::kOk;
}

// Makes the operator for the tensors' sizes and pitches, unless it is there already.
template <typename Q>
Status Build(PrepareContext& context, const ConvTranspose2dArgs& args) {
  auto& state = *static_cast<ConvTransposeState*>(context.state.get());
  const Tensor& x = *args.x;
  if (!state.Fits(x.pitch, args.out->pitch, IsCut(args))) MTC_RETURN_IF_ERROR(Create<Q>(context, args));
  constexpr auto reshape =
      std::is_same_v<Q, Qi8> ? xnn_reshape_deconvolution2d_nhwc_qs8_qc8w : xnn_reshape_deconvolution2d_nhwc_qu8;
  size_t height, width;
  MTC_RETURN_IF_ERROR(Check(context, reshape(state.op.get(), x.dims[0], x.dims[1], x.dims[2], args.output_padding[0],
                                             args.output_padding[1], &height, &width, Threads(context))));
  state.full[0] = static_cast<int64_t>(height);
  state.full[1] = static_cast<int64_t>(width);
  if (state.is_cut) context.RequireScratch(x.dims[0] * height, width, static_cast<size_t>(args.out->dims[3]));
  return Status::kOk;
}

void Cut(const ConvTransposeState& state, const ConvTranspose2dArgs& args, const uint8_t* full) {
  const Tensor& out = *args.out;
  auto* to = out.as<uint8_t>();
  for (int64_t row = 0; row < out.dims[0] * out.dims[1]; ++row) {
    const int64_t from = (row / out.dims[1] * state.full[0] + args.padding[0] + row % out.dims[1]) * state.full[1];
    for (int64_t column = 0; column < out.dims[2]; ++column, to += out.pitch) {
      std::memcpy(to, full + (from + args.padding[2] + column) * out.dims[3], static_cast<size_t>(out.dims[3]));
    }
  }
}

}  // namespace

Status PrepareConvTranspose2dQuantized(PrepareContext& context, const ConvTranspose2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConvTranspose2d(context, args));
  if (args.output_padding[0] >= args.stride[0] || args.output_padding[1] >= args.stride[1]) {
    return context.Fail(Status::kInvalidProgram, "conv_transpose2d: an output padding as large as the stride");
  }
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  if (StateOf<ConvTransposeState>(context) == nullptr) return OutOfMemory(context);
  return MTC_XNNPACK_TYPES(ConvTranspose2dQuantized)::With(
      context, args.x->dtype, [&](auto element) { return Build<decltype(element)>(context, args); });
}

template <typename Q, typename W>
Status RunConvTranspose2dQuantized(KernelContext& context, const ConvTranspose2dArgs& args) {
  static_assert(std::is_same_v<Q, W>);
  if (args.out->count() == 0) return Status::kOk;
  using Step = decltype(Q::steps);
  const auto& state = *static_cast<const ConvTransposeState*>(context.state.get());
  const Step* x = args.x->as<const Step>();
  Step* out = state.is_cut ? static_cast<Step*>(context.scratch) : args.out->as<Step>();
  xnn_status status;
  if constexpr (std::is_same_v<Q, Qi8>) {
    status = xnn_setup_deconvolution2d_nhwc_qs8_qc8w(state.op.get(), x, out);
  } else {
    status = xnn_setup_deconvolution2d_nhwc_qu8(state.op.get(), x, out);
  }
  MTC_RETURN_IF_ERROR(Check(context, status));
  MTC_RETURN_IF_ERROR(RunOperator(context, state.op));
  if (state.is_cut) Cut(state, args, static_cast<const uint8_t*>(context.scratch));
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(ConvTranspose2dQuantized)

}  // namespace MTC_XNNPACK
