// Pooling of integers whose channels come last: the bytes of a channel are folded to the largest one, or to their sum.

#ifndef MTC_KERNELS_QUANTIZED_POOLING_H_
#define MTC_KERNELS_QUANTIZED_POOLING_H_

#include "core/quantized.h"
#include "kernels/pooling.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kFoldedBytes = 256;  // channels that are folded at once, in registers and the L1 cache

// Calls finish(values, lanes, places, out) for each pixel of the result and up to kFoldedBytes of its channels, where
// `places` are those of the window inside the image; values[i] = fold(values[i], x[i]), from `first`, for each.
template <typename Step, typename Value, typename Fold, typename Finish>
MTC_INLINE void PoolBytes(KernelContext& context, const PoolSizes& s, const Tensor& x, const Tensor& out, Value first,
                          const Fold& fold, const Finish& finish) {
  const int64_t parts = (s.channels + kFoldedBytes - 1) / kFoldedBytes, rows = s.outer * s.out[1];
  const int64_t work = s.out[2] * s.kernel[1] * s.kernel[2] * Least(s.channels, kFoldedBytes);
  ParallelFor(context.threads, rows * parts, 1 + kElementGrain / Most(work, 1), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / parts, channel = task % parts * kFoldedBytes, y = row % s.out[1];
      const int64_t lanes = Least(kFoldedBytes, s.channels - channel);
      const Step* image = x.as<const Step>() + row / s.out[1] * s.image_size() + channel;
      Step* to = out.as<Step>() + row * s.out[2] * s.out_pitch + channel;
      const Taps high(s, 1, y);
      for (int64_t position = 0; position < s.out[2]; ++position, to += s.out_pitch) {
        const Taps wide(s, 2, position);
        Value values[kFoldedBytes];
        for (int64_t i = 0; i < lanes; ++i) values[i] = first;
        for (int64_t ky = high.begin; ky < high.end; ++ky) {
          const int64_t iy = high.start + ky * s.dilation[1];
          for (int64_t kx = wide.begin; kx < wide.end; ++kx) {
            const Step* from = image + (iy * s.in[2] + wide.start + kx * s.dilation[2]) * s.in_pitch;
            for (int64_t i = 0; i < lanes; ++i) values[i] = fold(values[i], from[i]);
          }
        }
        finish(values, lanes, y, position, Most(high.end - high.begin, 0) * Most(wide.end - wide.begin, 0), to);
      }
    }
  });
}

// From the sum of `places` elements of `x` to the mean of as many as `count`, as an integer of `out`.
struct MeanSteps {
  float low, high, out_zero;
  double scale;
  int32_t x_zero;

  MeanSteps(const Tensor& x, const Tensor& out, Span<const double> clamp)
      : out_zero(static_cast<float>(out.quantization->zero_point)),
        scale(static_cast<double>(x.quantization->scale) / static_cast<double>(out.quantization->scale)),
        x_zero(x.quantization->zero_point) {
    const Steps steps = StepsOf(out.dtype);
    low = static_cast<float>(steps.low) - out_zero;
    high = static_cast<float>(steps.high) - out_zero;
    if (clamp.size() != 2) return;
    if (clamp[0] > -__builtin_inf()) low = static_cast<float>(QuantizedAs(out, clamp[0])) - out_zero;
    if (clamp[1] < __builtin_inf()) high = static_cast<float>(QuantizedAs(out, clamp[1])) - out_zero;
  }

  // Of nothing it is NaN, for which the zero point stands.
  template <typename Sum, typename Step>
  MTC_INLINE void Write(const Sum* sums, int64_t lanes, int64_t places, int64_t count, Step* to) const {
    constexpr float kRounding = 12582912.0f;  // added, it rounds to an integer, half to even
    const float ratio = static_cast<float>(scale / static_cast<double>(count));
    const Sum zero = static_cast<Sum>(places) * static_cast<Sum>(x_zero);
    for (int64_t i = 0; i < lanes; ++i) {
      float steps = static_cast<float>(sums[i] - zero) * ratio;
      steps = steps == steps ? steps : 0.0f;
      steps = steps < low ? low : steps;
      steps = steps > high ? high : steps;
      to[i] = static_cast<Step>(static_cast<int32_t>((steps + kRounding) - kRounding + out_zero));
    }
  }
};

// Elements whose sum fits 32 bits, and that of as many zero points.
inline constexpr int64_t kMostSummed = int64_t{1} << 22;

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_QUANTIZED_POOLING_H_
