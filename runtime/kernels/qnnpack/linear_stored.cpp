#include <pytorch_qnnpack.h>
#include <qnnpack_func.h>

#include "generated/args.h"
#include "kernels/product_args.h"
#include "kernels/qnnpack/product.h"
#include "kernels/rounded_rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {
namespace {

// QNNPACK's product of several rows has one zero point for all of them. It is given the one in the middle; what a row's
// own makes of it is so many times the sum of a channel's weights.
constexpr int32_t kMiddle = 128;

struct DynamicState : KernelState {
  const void* packed = nullptr;
  std::vector<uint8_t> weight_zeros;
  std::vector<float> weight_scales, weight_sums;
  std::vector<float> ones, nothing;  // what QNNPACK scales sums by, and adds

  void Resize(int64_t channels) {
    const auto size = static_cast<size_t>(channels + kMoreChannels);
    weight_zeros.assign(size, 0);
    weight_scales.assign(size, 0);
    weight_sums.assign(size, 0);
    ones.assign(size, 1);
    nothing.assign(size, 0);
  }
};

// Integers, and the scales of their rows, in scratch.
struct RoundedRows {
  MTC_PORTABLE::RowScale* scales;
  uint8_t* steps;

  static int64_t ScalesSize(int64_t rows) {
    return RoundUp(rows * static_cast<int64_t>(sizeof(MTC_PORTABLE::RowScale)), 64);
  }
  // A few integers are read from before the first row and from behind the last.
  static int64_t Size(int64_t rows, int64_t depth) { return ScalesSize(rows) + rows * depth + 2 * kMoreChannels; }
  static RoundedRows In(void* scratch, int64_t rows) {
    return {static_cast<MTC_PORTABLE::RowScale*>(scratch),
            static_cast<uint8_t*>(scratch) + ScalesSize(rows) + kMoreChannels};
  }
};

Status Pack(PrepareContext& context, const Tensor& weight, DynamicState& state) {
  const Quantization& q = *weight.quantization;
  const int64_t channels = weight.dims[0], depth = weight.dims[1];
  if (q.axis > 0 || q.block != 0) {
    return context.Fail(Status::kInvalidProgram, "weights are quantized as QNNPACK does not take them");
  }
  state.Resize(channels);
  for (int64_t i = 0; i < channels; ++i) {
    const auto at = static_cast<size_t>(i);
    const int64_t scale = q.axis < 0 ? 0 : i;
    const int32_t zero = ZeroPointAt(q, scale);
    const int8_t* steps = weight.as<const int8_t>() + i * depth;
    int64_t sum = -depth * zero;
    for (int64_t k = 0; k < depth; ++k) sum += steps[k];
    state.weight_zeros[at] = static_cast<uint8_t>(zero + 128);
    state.weight_scales[at] = ScaleAt(q, scale);
    state.weight_sums[at] = static_cast<float>(sum);
  }
  const WeightSizes sizes = {1, channels, 1, depth, channels * depth, depth, depth, 1};
  const MTC_PORTABLE::Requantization no_bias;
  const PackedProduct product = {sizes, no_bias, state.weight_zeros.data()};
  const PackedSource source = {Packing::kQnnpackDynamic,
                               weight,
                               nullptr,
                               {{channels, depth, q.axis < 0 ? 1 : q.count, q.zero_point, KeyPart(q.zero_points)}}};
  return PackOnce<uint8_t>(
      context, source, product.bytes(), [&](uint8_t* to) { product.Pack(Weights(weight, sizes), to); }, &state.packed);
}

}  // namespace

Status PrepareLinearStored(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (!args.dynamic) return context.Fail(Status::kInvalidProgram, "QNNPACK's rows are rounded as they come");
  if (args.out->count() == 0) return Status::kOk;
  auto* state = StateOf<DynamicState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (state->packed == nullptr) {
    Choose<ChooseDynamicGemm>();
    MTC_RETURN_IF_ERROR(Pack(context, *args.weight, *state));
  }
  context.RequireScratch(static_cast<size_t>(RoundedRows::Size(args.x->rows(), args.x->row_size())));
  return Status::kOk;
}

template <typename F, typename W>
Status RunLinearStored(KernelContext& context, const LinearArgs& args) {
  static_assert(std::is_same_v<F, float> && std::is_same_v<W, Qi8>);
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const DynamicState*>(context.state.get());
  const Tensor &x = *args.x, &out = *args.out;
  const int64_t rows = x.rows(), depth = x.row_size(), channels = out.row_size();
  const RoundedRows rounded = RoundedRows::In(context.scratch, rows);
  MTC_PORTABLE::RoundRows(context.threads, x, -kMiddle, rounded.steps,
                          [&](int64_t row, const auto& by) { rounded.scales[row] = by; });
  const pytorch_qnnp_status status = ::qnnpack::qnnpackLinearDynamic(
      static_cast<size_t>(rows), static_cast<size_t>(depth), static_cast<size_t>(channels), kMiddle,
      state.weight_zeros.data(), state.ones.data(), rounded.steps, static_cast<size_t>(depth),
      const_cast<void*>(state.packed), state.nothing.data(), out.as<float>(), static_cast<size_t>(out.pitch),
      context.threads == nullptr ? nullptr : context.threads->handle());
  MTC_RETURN_IF_ERROR(Check(context, status));
  const float* bias = args.bias == nullptr ? state.nothing.data() : args.bias->as<const float>();
  const float low = static_cast<float>(args.clamp[0]), high = static_cast<float>(args.clamp[1]);
  const float *sums = state.weight_sums.data(), *scales = state.weight_scales.data();
  ParallelFor(context.threads, rows, 1 + kElementGrain / channels, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float zero = static_cast<float>(rounded.scales[row].zero), scale = rounded.scales[row].scale;
      float* to = out.as<float>() + row * out.pitch;
      for (int64_t i = 0; i < channels; ++i) {
        const float number = (to[i] - zero * sums[i]) * (scale * scales[i]) + bias[i];
        to[i] = number < low ? low : number > high ? high : number;
      }
    }
  });
  return Status::kOk;
}

MTC_QNNPACK_KERNEL(LinearStored)

}  // namespace MTC_QNNPACK
