// Pooling of integers whose channels come last: vectors of channels are folded to the largest element, or to the sum.

#ifndef MTC_KERNELS_QUANTIZED_POOLING_H_
#define MTC_KERNELS_QUANTIZED_POOLING_H_

#include "core/quantized.h"
#include "kernels/pooling.h"
#include "kernels/step_vectors.h"

namespace MTC_PORTABLE {

// The taps of one window that lie inside the image, of the channels from one on.
template <typename Step>
struct WindowBytes {
  const PoolSizes& s;
  const Step* image;
  Taps high, wide;

  int64_t places() const { return Most(high.end - high.begin, 0) * Most(wide.end - wide.begin, 0); }

  // Calls body(address) for each.
  template <typename Body>
  MTC_INLINE void ForEach(int64_t channel, const Body& body) const {
    const int64_t step = s.dilation[2] * s.in_pitch;
    for (int64_t ky = high.begin; ky < high.end; ++ky) {
      const int64_t row = (high.start + ky * s.dilation[1]) * s.in[2];
      const Step* from = image + (row + wide.start + wide.begin * s.dilation[2]) * s.in_pitch + channel;
      for (int64_t kx = wide.begin; kx < wide.end; ++kx, from += step) body(from);
    }
  }
};

// Calls body(window, y, x, out) for the pixels of the result.
template <typename Step, typename Body>
MTC_INLINE void ForEachWindow(KernelContext& context, const PoolSizes& s, const Tensor& x, const Tensor& out,
                              const Body& body) {
  const int64_t rows = s.outer * s.out[1];
  const int64_t work = s.out[2] * s.kernel[1] * s.kernel[2] * s.channels;
  ParallelFor(context.threads, rows, 1 + kElementGrain / Most(work, 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t y = row % s.out[1];
      const Step* image = x.as<const Step>() + row / s.out[1] * s.image_size();
      Step* to = out.as<Step>() + row * s.out[2] * s.out_pitch;
      for (int64_t position = 0; position < s.out[2]; ++position, to += s.out_pitch) {
        body(WindowBytes<Step>{s, image, Taps(s, 1, y), Taps(s, 2, position)}, y, position, to);
      }
    }
  });
}

// Calls body(channel) for vectors of `width` channels, of which the last may overlap the one before.
template <typename Body>
MTC_INLINE void ForEachVector(int64_t channels, int64_t width, const Body& body) {
  for (int64_t c = 0; c + width <= channels; c += width) body(c);
  if (channels % width != 0) body(channels - width);
}

// The largest elements of a window, limited, of as many channels as kBytes at a time, or of fewer if there are fewer.
template <int kBytes, typename Step>
MTC_INLINE void LargestOfWindow(const WindowBytes<Step>& window, Step least, Step low, Step high, Step* to) {
  if constexpr (kBytes == 1) {
    for (int64_t c = 0; c < window.s.channels; ++c) {
      Step largest = least;
      window.ForEach(c, [&](const Step* from) { largest = *from > largest ? *from : largest; });
      largest = largest < low ? low : largest;
      to[c] = largest > high ? high : largest;
    }
  } else if (window.s.channels < kBytes) {
    LargestOfWindow<(kBytes > 4 ? kBytes / 2 : 1)>(window, least, low, high, to);
  } else {
    typedef Step Bytes __attribute__((vector_size(kBytes)));
    ForEachVector(window.s.channels, kBytes, [&](int64_t c) {
      Bytes largest = Splat<Bytes>(least);
      window.ForEach(c, [&](const Step* from) {
        const Bytes x = Load<Bytes>(from);
        largest = x > largest ? x : largest;
      });
      largest = largest < low ? Splat<Bytes>(low) : largest;
      Store(to + c, largest > high ? Splat<Bytes>(high) : largest);
    });
  }
}

// From the sum of elements of `x` to the mean of as many as `count`, as an integer of `out`.
struct MeanSteps {
  StepLimits limits;
  double scale;
  int32_t x_zero;

  MeanSteps(const Tensor& x, const Tensor& out, Span<const double> clamp)
      : limits(LimitsOf(out, clamp)),
        scale(static_cast<double>(x.quantization->scale) / static_cast<double>(out.quantization->scale)),
        x_zero(x.quantization->zero_point) {}

  Vec Ratio(int64_t count) const { return Splat<Vec>(static_cast<float>(scale / static_cast<double>(count))); }
};

// The means of a window, of which `count` elements are taken to be.
template <typename Step>
MTC_INLINE void MeansOfWindow(const WindowBytes<Step>& window, const MeanSteps& mean, int64_t count, Step* to) {
  const Vec ratio = mean.Ratio(count);
  const IntVec origin = Splat<IntVec>(static_cast<int32_t>(-window.places() * mean.x_zero));
  constexpr int kPacks = 4;
  const auto write = [&](IntVec sum, Step* at, int64_t lanes) {
    const IntVec steps = RoundToSteps(__builtin_convertvector(sum, Vec) * ratio, mean.limits);
    lanes == kLanes ? StoreBytes(at, steps) : StoreBytes(at, steps, lanes);
  };
  if (window.s.channels < kLanes) {
    IntVec sum = origin;
    window.ForEach(0, [&](const Step* from) { sum += LoadSteps(from, window.s.channels); });
    write(sum, to, window.s.channels);
  } else if (window.s.channels < kPacks * kLanes) {
    ForEachVector(window.s.channels, kLanes, [&](int64_t c) {
      IntVec sum = origin;
      window.ForEach(c, [&](const Step* from) { sum += LoadSteps(from); });
      write(sum, to + c, kLanes);
    });
  } else {
    ForEachVector(window.s.channels, kPacks * kLanes, [&](int64_t c) {
      IntVec sums[kPacks];
      for (IntVec& sum : sums) sum = origin;
      window.ForEach(c, [&](const Step* from) {
        MTC_UNROLL
        for (int i = 0; i < kPacks; ++i) sums[i] += LoadSteps(from + i * kLanes);
      });
      MTC_UNROLL
      for (int i = 0; i < kPacks; ++i) write(sums[i], to + c + i * kLanes, kLanes);
    });
  }
}

// Elements whose sum fits 32 bits, and that of as many zero points.
inline constexpr int64_t kMostSummed = int64_t{1} << 22;

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_QUANTIZED_POOLING_H_
