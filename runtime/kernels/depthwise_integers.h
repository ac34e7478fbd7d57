// Depthwise convolutions of channels-last images of 8-bit integers, in floats: as long as sums are below 2^24 these are
// exact, and one product for each lane is faster than what processors have for integers. The rows that a few rows of
// the result read are widened into a worker's own memory, so that they stay in its cache.

#ifndef MTC_KERNELS_DEPTHWISE_INTEGERS_H_
#define MTC_KERNELS_DEPTHWISE_INTEGERS_H_

#include <cstdlib>

#include "kernels/depthwise_convolution.h"
#include "kernels/requantization.h"
#include "kernels/step_vectors.h"

namespace MTC_PORTABLE {

// Rows of the result that are computed at once, and of the image that they read.
struct DepthwiseBand {
  int64_t rows, in_rows;

  DepthwiseBand(const ThreadPool* threads, const ChannelsLastSizes& s) {
    constexpr int64_t kMost = 1 << 16;                  // elements: a quarter of a second-level cache of 1 MB
    const int64_t row = Most(s.in[2] * s.channels, 1);  // of an image that is all padding
    const int64_t fitting = (kMost / row - s.extent(1)) / s.stride[1] + 1;
    // As many bands as there are workers, at least.
    const int64_t each = (static_cast<int64_t>(WorkerCount(threads)) + s.batch - 1) / s.batch;
    rows = Most(Least(fitting, (s.out[1] + each - 1) / each), 1);
    in_rows = Least((rows - 1) * s.stride[1] + s.extent(1), s.in[1]);
  }
  int64_t count(const ChannelsLastSizes& s) const { return (s.out[1] + rows - 1) / rows; }
  // Elements of a worker's memory.
  int64_t size(const ChannelsLastSizes& s) const { return (in_rows * s.in[2] * s.channels + 15) / 16 * 16; }
};

#if MTC_ISA_LEVEL == 0
// Elements of the packed weights; behind them are the ratios of all channels, and room for a vector.
inline int64_t DepthwiseStepsSize(Isa isa, const ChannelsLastSizes& s) {
  return DepthwiseWeightsSize(isa, s) + s.channels + LanesAt(isa);
}

// weight(channel, tap) is less its zero point.
template <typename Weight>
void PackDepthwiseSteps(Isa isa, const ChannelsLastSizes& s, const Requantization& by, const Weight& weight,
                        float* packed) {
  const auto bias = [&](int64_t channel) { return static_cast<float>(by.Bias(channel)); };
  PackDepthwiseWeights(isa, s, weight, bias, packed);
  float* ratios = packed + DepthwiseWeightsSize(isa, s);
  for (int64_t c = 0; c < s.channels; ++c) ratios[c] = by.ratios[by.at(c)];
}

// Whether floats hold all sums of every channel.
template <typename Weight>
bool AreSumsExact(const ChannelsLastSizes& s, const Requantization& by, const Steps& x, const Weight& weight) {
  const int64_t widest = Most(by.x_zero - x.low, x.high - by.x_zero);
  for (int64_t c = 0; c < s.channels; ++c) {
    int64_t sum = std::abs(by.Bias(c));
    for (int64_t tap = 0; tap < s.window(); ++tap) sum += widest * std::abs(static_cast<int64_t>(weight(c, tap)));
    if (sum >= int64_t{1} << 24) return false;
  }
  return true;
}
#endif

// Elements less `zero`, as floats.
template <typename Step>
MTC_INLINE void WidenSteps(const Step* from, int64_t count, int32_t zero, float* to) {
  const IntVec origin = Splat<IntVec>(zero);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Store(to + i, __builtin_convertvector(LoadSteps(from + i) - origin, Vec));
  }
  for (; i < count; ++i) to[i] = static_cast<float>(from[i] - zero);
}

// Where sums become integers of the result.
template <typename Step>
struct DepthwiseSteps {
  Step* out;
  const float* ratios;
  StepLimits limits;

  DepthwiseSteps From(int64_t element) const { return {out + element, ratios, limits}; }
  MTC_INLINE void Store(int64_t at, int64_t channel, Vec sums, int64_t lanes) const {
    const IntVec steps = RoundToSteps(sums * Load<Vec>(ratios + channel), limits);
    lanes == kLanes ? StoreBytes(out + at, steps) : StoreBytes(out + at, steps, lanes);
  }
};

// `scratch` has a band's size for each worker.
template <typename Step>
void ConvolveDepthwiseSteps(ThreadPool* threads, const ChannelsLastSizes& s, const Step* x, int32_t x_zero,
                            const float* packed, Step* out, const StepLimits& limits, float* scratch) {
  const DepthwiseBand band(threads, s);
  const float* ratios = packed + DepthwiseWeightsSize(static_cast<Isa>(MTC_ISA_LEVEL), s);
  const int64_t bands = band.count(s), width = s.in[2];
  ParallelForWorkers(threads, s.batch * bands, [&](size_t worker, int64_t task) {
    const int64_t n = task / bands, first = task % bands * band.rows;
    ChannelsLastSizes part = s;
    part.batch = 1;
    part.out[1] = Least(band.rows, s.out[1] - first);
    const int64_t top = first * s.stride[1] - s.before[1], bottom = top + (part.out[1] - 1) * s.stride[1] + s.extent(1);
    const int64_t begin = Least(Most(top, 0), s.in[1]), end = Most(Least(bottom, s.in[1]), begin);
    part.in[1] = end - begin;
    part.before[1] = begin - top;
    part.in_pitch = s.channels;
    float* image = scratch + static_cast<int64_t>(worker) * band.size(s);
    const Step* from = x + (n * s.in[1] + begin) * width * s.in_pitch;
    if (s.in_pitch == s.channels) {
      WidenSteps(from, part.in[1] * width * s.channels, x_zero, image);
    } else {
      for (int64_t i = 0; i < part.in[1] * width; ++i) {
        WidenSteps(from + i * s.in_pitch, s.channels, x_zero, image + i * s.channels);
      }
    }
    const DepthwiseSteps<Step> to = {out + (n * s.out[1] + first) * s.out[2] * s.out_pitch, ratios, limits};
    ConvolveDepthwise(nullptr, part, image, packed, to);
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_DEPTHWISE_INTEGERS_H_
