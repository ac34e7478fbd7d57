// Depthwise convolutions of channels-last images.
//
// A tile is a run of output pixels by one vector of channels. Each row of a window of 3 or 5 columns is computed from
// registers: its weights are loaded once for all pixels, and each input pixel once for all the windows it lies in. Of
// other windows each weight is loaded once for all pixels.

#ifndef MTC_KERNELS_DEPTHWISE_CONVOLUTION_H_
#define MTC_KERNELS_DEPTHWISE_CONVOLUTION_H_

#include <cstddef>
#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/channels_last_sizes.h"

namespace MTC_PORTABLE {

// Pixels of a tile: those of seven with five weights and an operand fill 16 registers, and images are often 7, 14, 28,
// ... pixels wide.
inline constexpr int kDepthwisePixels = 7;

inline int64_t DepthwiseVectors(Isa isa, int64_t channels) { return (channels + LanesAt(isa) - 1) / LanesAt(isa); }

// Elements of the packed weights: for each vector of channels a bias, then the taps.
inline int64_t DepthwiseWeightsSize(Isa isa, const ChannelsLastSizes& s) {
  return DepthwiseVectors(isa, s.channels) * (s.window() + 1) * LanesAt(isa);
}

// weight(channel, tap) and bias(channel) are what is packed, in floats.
template <typename Weight, typename Bias>
void PackDepthwiseWeights(Isa isa, const ChannelsLastSizes& s, const Weight& weight, const Bias& bias, float* packed) {
  const int64_t lanes = LanesAt(isa), used = Least(lanes, s.channels);
  for (int64_t v = 0; v < DepthwiseVectors(isa, s.channels); ++v) {
    const int64_t first = VectorChannel(isa, s.channels, v);
    for (int64_t i = 0; i < lanes; ++i) packed[i] = i < used ? bias(first + i) : 0.0f;
    packed += lanes;
    for (int64_t tap = 0; tap < s.window(); ++tap, packed += lanes) {
      for (int64_t i = 0; i < lanes; ++i) packed[i] = i < used ? weight(first + i, tap) : 0.0f;
    }
  }
}

// Where sums become elements of the result: limited, and rounded once where they are of half precision.
template <typename T>
struct DepthwiseFloats {
  T* out;
  float low, high;

  DepthwiseFloats From(int64_t element) const { return {out + element, low, high}; }
  // `lanes` channels of one pixel, whose first element is number `at`; `channel` is its channel.
  MTC_INLINE void Store(int64_t at, int64_t /*channel*/, Vec sums, int64_t lanes) const {
    StorePack(out + at, AtMost(AtLeast(sums, Fill<Vec>(low)), Fill<Vec>(high)), lanes);
  }
};

// What a run of pixels reads: the window's rows and, of the columns under all its windows, those inside the image.
struct DepthwiseInput {
  const float* x;  // the first of these columns in the first row
  int64_t row, pixel;
  int64_t first_row, last_row;
  int64_t first_column, last_column;
};

// Stores `lanes` channels of the pixels' sums.
template <typename Out>
MTC_INLINE void StoreDepthwise(const ChannelsLastSizes& s, const Vec (&sums)[kDepthwisePixels], int64_t pixels,
                               int64_t lanes, const Out& out, int64_t channel) {
  MTC_UNROLL
  for (int i = 0; i < kDepthwisePixels; ++i) {
    if (i < pixels) out.Store(i * s.out_pitch + channel, channel, sums[i], lanes);
  }
}

template <int kWidth, int kStride, bool kIsBorder, typename Out>
void DepthwiseRun(const ChannelsLastSizes& s, const DepthwiseInput& in, const float* weights, const Out& out) {
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  constexpr int kColumns = (kDepthwisePixels - 1) * kStride + kWidth;
  const int64_t vectors = DepthwiseVectors(kIsa, s.channels);
  for (int64_t v = 0; v < vectors; ++v, weights += (s.window() + 1) * kLanes) {
    const int64_t channel = VectorChannel(kIsa, s.channels, v);
    Vec sums[kDepthwisePixels];
    MTC_UNROLL
    for (int i = 0; i < kDepthwisePixels; ++i) sums[i] = Load<Vec>(weights);
    for (int64_t r = in.first_row; r < in.last_row; ++r) {
      const float* from = in.x + r * in.row + channel;
      Vec row[kWidth];
      MTC_UNROLL
      for (int k = 0; k < kWidth; ++k) row[k] = Load<Vec>(weights + (1 + r * kWidth + k) * kLanes);
      MTC_UNROLL
      for (int j = 0; j < kColumns; ++j, from += in.pixel) {
        if (kIsBorder && (j < in.first_column || j >= in.last_column)) continue;
        const Vec x = Load<Vec>(from);
        MTC_UNROLL
        for (int i = 0; i < kDepthwisePixels; ++i) {
          const int k = j - i * kStride;
          if (k >= 0 && k < kWidth) sums[i] += x * row[k];
        }
      }
    }
    StoreDepthwise(s, sums, kDepthwisePixels, kLanes, out, channel);
  }
}

// The same for windows of any width, dilation and stride, at a border also for fewer pixels than a tile has, in part
// also for fewer channels than a vector has.
template <bool kIsBorder, bool kIsPart, typename Out>
void DepthwiseTaps(const ChannelsLastSizes& s, const DepthwiseInput& in, int64_t pixels, const float* weights,
                   const Out& out) {
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  const int64_t step = s.stride[2] * in.pixel, lanes = kIsPart ? s.channels : kLanes;
  for (int64_t v = 0; v < DepthwiseVectors(kIsa, s.channels); ++v, weights += (s.window() + 1) * kLanes) {
    const int64_t channel = VectorChannel(kIsa, s.channels, v);
    Vec sums[kDepthwisePixels];
    MTC_UNROLL
    for (int i = 0; i < kDepthwisePixels; ++i) sums[i] = Load<Vec>(weights);
    for (int64_t r = in.first_row; r < in.last_row; ++r) {
      for (int64_t k = 0; k < s.kernel[2]; ++k) {
        const Vec weight = Load<Vec>(weights + (1 + r * s.kernel[2] + k) * kLanes);
        const int64_t column = k * s.dilation[2];
        const float* from = in.x + r * in.row + column * in.pixel + channel;
        MTC_UNROLL
        for (int i = 0; i < kDepthwisePixels; ++i) {
          const int64_t place = column + i * s.stride[2];
          if (kIsBorder && (i >= pixels || place < in.first_column || place >= in.last_column)) continue;
          sums[i] += (kIsPart ? LoadPart<Vec>(from + i * step, lanes) : Load<Vec>(from + i * step)) * weight;
        }
      }
    }
    StoreDepthwise(s, sums, pixels, lanes, out, channel);
  }
}

// A width of 0 stands for any width and stride.
template <int kWidth, int kStride, typename Out>
void ConvolveDepthwiseRows(ThreadPool* threads, const ChannelsLastSizes& s, const float* x, const float* weights,
                           const Out& out) {
  constexpr int64_t kGrain = 1 << 12;  // multiplications of a vector
  const int64_t height = s.in[1], width = s.in[2], pixels = Least(kDepthwisePixels, s.out[2]);
  const int64_t columns = (kDepthwisePixels - 1) * s.stride[2] + s.extent(2);
  const auto run = [&](int64_t n, int64_t oy, int64_t ox) {
    const int64_t iy = oy * s.stride[1] - s.before[1], ix = ox * s.stride[2] - s.before[2];
    DepthwiseInput in = {x + ((n * height + iy) * width + ix) * s.in_pitch,
                         s.dilation[1] * width * s.in_pitch,
                         s.in_pitch,
                         0,
                         s.kernel[1],
                         ix < 0 ? -ix : 0,
                         Least(columns, width - ix)};
    while (in.first_row < in.last_row && iy + in.first_row * s.dilation[1] < 0) ++in.first_row;
    while (in.first_row < in.last_row && iy + (in.last_row - 1) * s.dilation[1] >= height) --in.last_row;
    const Out to = out.From(((n * s.out[1] + oy) * s.out[2] + ox) * s.out_pitch);
    const bool is_border = in.first_column > 0 || in.last_column < columns;
    if constexpr (kWidth == 0) {
      const bool is_whole = !is_border && pixels == kDepthwisePixels;
      const auto taps = s.channels < kLanes ? DepthwiseTaps<true, true, Out>
                        : is_whole          ? DepthwiseTaps<false, false, Out>
                                            : DepthwiseTaps<true, false, Out>;
      taps(s, in, pixels, weights, to);
    } else if (kStride > 1 || is_border) {  // every second pixel: rare enough not to be compiled twice
      DepthwiseRun<kWidth, kStride, true>(s, in, weights, to);
    } else {
      DepthwiseRun<kWidth, kStride, kStride != 1>(s, in, weights, to);
    }
  };
  const int64_t row_cost = s.out[2] * s.window() * DepthwiseVectors(static_cast<Isa>(MTC_ISA_LEVEL), s.channels);
  ParallelFor(threads, s.batch * s.out[1], kGrain / row_cost, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t n = row / s.out[1], oy = row % s.out[1];
      int64_t ox = 0;
      for (; ox + pixels <= s.out[2]; ox += pixels) run(n, oy, ox);
      if (ox < s.out[2]) run(n, oy, s.out[2] - pixels);  // overlaps the one before
    }
  });
}

// Whether windows are computed row by row from registers.
inline bool IsFromRegisters(const ChannelsLastSizes& s) {
  return (s.kernel[2] == 3 || s.kernel[2] == 5) && s.dilation[2] == 1 && s.stride[2] <= 2 &&
         s.out[2] >= kDepthwisePixels && s.channels >= kLanes;
}

// Convolves with weights packed for this level, in as many groups as channels, each of one channel.
template <typename Out>
void ConvolveDepthwise(ThreadPool* threads, const ChannelsLastSizes& s, const float* x, const float* packed,
                       const Out& out) {
  const bool is_wide = s.kernel[2] == 5, is_dense = s.stride[2] == 1;
  const auto convolve = !IsFromRegisters(s) ? ConvolveDepthwiseRows<0, 0, Out>
                        : is_wide ? (is_dense ? ConvolveDepthwiseRows<5, 1, Out> : ConvolveDepthwiseRows<5, 2, Out>)
                                  : (is_dense ? ConvolveDepthwiseRows<3, 1, Out> : ConvolveDepthwiseRows<3, 2, Out>);
  convolve(threads, s, x, packed, out);
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_DEPTHWISE_CONVOLUTION_H_
