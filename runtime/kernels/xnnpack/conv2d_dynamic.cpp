#include <algorithm>

#include "kernels/product_args.h"
#include "kernels/xnnpack/dynamic_product.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

struct ConvState : ChannelBlocks {
  size_t scratch = 0;
};

// Of one image after the other: XNNPACK's operator of several keeps what it read for another number of images.
size_t ImageSize(const Tensor& x) {
  return (RoundedOperand::Size(1, x.dims[1] * x.dims[2] * x.dims[3]) + 63) / 64 * 64;
}

#if MTC_ISA_LEVEL == 0
// Makes the operators for the tensors' sizes and pitch, unless they are there already.
Status Build(KernelContext& context, const Conv2dArgs& args) {
  auto& state = *static_cast<ConvState*>(context.state.get());
  const Tensor &x = *args.x, &weight = *args.weight, &out = *args.out;
  const int64_t height = weight.dims[1], width = weight.dims[2], depth = weight.dims[3], in_channels = x.dims[3];
  const float* bias = args.bias == nullptr ? nullptr : args.bias->as<const float>();
  const BlockedSizes sizes = DynamicSizes(out.dims[1] * out.dims[2], depth, height * width, weight.dims[0]);
  const xnn_gemm_config& config = DynamicGemmConfig();
  const int64_t block_channels = args.groups == 1 ? BlockChannels(config, sizes) : sizes.channels;
  if (!state.Fits(block_channels, in_channels, out.pitch)) {
    std::vector<float> scales;
    MTC_RETURN_IF_ERROR(WeightScales(context, weight, &scales));
    const auto create = [&](xnn_weights_cache_t cache, int64_t first, int64_t channels, xnn_operator_t* op) {
      return xnn_create_convolution2d_nhwc_qd8_f32_qc8w(
          args.padding[0], args.padding[3], args.padding[1], args.padding[2], height, width, args.stride[0],
          args.stride[1], args.dilation[0], args.dilation[1], args.groups, depth, channels / args.groups, in_channels,
          out.pitch, scales.data() + first, weight.as<const int8_t>() + first * sizes.taps * depth,
          bias == nullptr ? nullptr : bias + first, static_cast<float>(args.clamp[0]),
          static_cast<float>(args.clamp[1]), /*flags=*/0, nullptr, cache, op);
    };
    const PackedKey key = {
        Packing::kXnnpackDynamicConvolution,
        context.isa,
        weight.dtype,
        weight.data,
        bias,
        {{height, width, depth, sizes.channels, args.groups, args.stride[0], args.stride[1], args.dilation[0],
          args.dilation[1], args.padding[0], args.padding[1], args.padding[2], args.padding[3]}},
        ScalesKey(weight)};
    MTC_RETURN_IF_ERROR(CreateBlocks(context, state, config, sizes, block_channels, key, create));
    context.packed->ReleaseSource(weight.data, weight.count());
    state.in_pitch = in_channels;
    state.out_pitch = out.pitch;
  }
  state.scratch = 0;
  for (int64_t i = 0; i < state.count; ++i) {
    size_t bytes = 0, alignment = 0;
    MTC_RETURN_IF_ERROR(Check(
        context, xnn_reshape_convolution2d_nhwc_qd8_f32_qc8w(state.blocks[i].op.get(), 1, x.dims[1], x.dims[2], &bytes,
                                                             &alignment, nullptr, nullptr, Threads(context))));
    state.scratch = std::max(state.scratch, bytes);
  }
  return Status::kOk;
}
#endif

// Rounds an image by one scale, and makes its pixels neighbours.
void RoundImage(ThreadPool* threads, const Tensor& x, int64_t image, const RoundedOperand& rounded) {
  using namespace MTC_PORTABLE;
  // An image whose pixels are neighbours is one row.
  const int64_t pixels = x.dims[1] * x.dims[2], channels = x.dims[3];
  const bool is_dense = x.pitch == channels;
  const int64_t count = is_dense ? pixels * channels : pixels, size = is_dense ? 1 : channels;
  const float* numbers = x.as<const float>() + image * pixels * x.pitch;
  const auto for_rows = [&](int64_t begin, int64_t end, const auto& body) {
    if (is_dense) return body(numbers + begin, end - begin, rounded.steps + begin);
    for (int64_t i = begin; i < end; ++i) body(numbers + i * x.pitch, channels, rounded.steps + i * channels);
  };
  constexpr int64_t kMostParts = 32;
  Range ranges[kMostParts];
  const int64_t parts = Most(Least(kMostParts, count * size / kElementGrain), 1);
  ParallelFor(threads, parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      for_rows(count * part / parts, count * (part + 1) / parts,
               [&](const float* from, int64_t n, int8_t*) { Extend(ranges[part], from, n); });
    }
  });
  for (int64_t part = 1; part < parts; ++part) {
    Extend(ranges[0], &ranges[part].low, 1);
    Extend(ranges[0], &ranges[part].high, 1);
  }
  const RowScale by = ScaleFor(ranges[0]);
  rounded.SetScale(0, by);
  ParallelFor(threads, count, 1 + kElementGrain / size, [&](int64_t begin, int64_t end) {
    for_rows(begin, end, [&](const float* from, int64_t n, int8_t* to) { RoundNumbers(from, n, by, 0, to); });
  });
}

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareConv2dDynamic(PrepareContext& context, const Conv2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConv2d(context, args));
  if (!args.dynamic) return context.Fail(Status::kInvalidProgram, "XNNPACK's images are rounded as they come");
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Initialize(context));
  auto* state = StateOf<ConvState>(context);
  if (state == nullptr) return OutOfMemory(context);
  MTC_RETURN_IF_ERROR(Build(context, args));
  context.RequireScratch(ImageSize(*args.x) + state->scratch);
  return Status::kOk;
}
#endif

template <typename F, typename W>
Status RunConv2dDynamic(KernelContext& context, const Conv2dArgs& args) {
  static_assert(std::is_same_v<F, float> && std::is_same_v<W, Qi8>);
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const ConvState*>(context.state.get());
  const Tensor& out = *args.out;
  const RoundedOperand rounded = RoundedOperand::In(context.scratch, 1);
  void* workspace = static_cast<char*>(context.scratch) + ImageSize(*args.x);
  for (int64_t image = 0; image < args.x->dims[0]; ++image) {
    RoundImage(context.threads, *args.x, image, rounded);
    rounded.PadScales(1);
    float* to = out.as<float>() + image * out.dims[1] * out.dims[2] * out.pitch;
    MTC_RETURN_IF_ERROR(RunBlocks(context, state, [&](xnn_operator_t op, int64_t channel) {
      return xnn_setup_convolution2d_nhwc_qd8_f32_qc8w(op, workspace, rounded.steps, to + channel, rounded.scales);
    }));
  }
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Conv2dDynamic)

}  // namespace MTC_XNNPACK
