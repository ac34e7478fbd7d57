// Convolutions of channels-last images to few channels.
//
// A matrix product's tile has a fixed number of columns, here output channels, and computes those beyond the last one
// for nothing: half of its work where a tile of 32 serves 16 channels. These tiles are as many vectors wide as the
// channels need. They read the image where it lies, and a copy with zeros around it only at the border.

#ifndef MTC_KERNELS_NARROW_CONVOLUTION_H_
#define MTC_KERNELS_NARROW_CONVOLUTION_H_

#include <cstddef>
#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/channels_last_sizes.h"

namespace MTC_PORTABLE {

// Of a pixel's channels: one or three.
constexpr int NarrowVectors(Isa isa, int64_t channels) { return channels <= LanesAt(isa) ? 1 : 3; }
// Pixels of a tile: with the operands it fills the vector registers, as far as GCC 12 to 14 then leave it there.
constexpr int NarrowPixels(Isa isa, int vectors) {
  if (isa == Isa::kAvx512) return vectors == 1 ? 14 : 6;
  return vectors == 1 ? 10 : 4;
}
// Multiplications for one output element.
inline int64_t Steps(const ChannelsLastSizes& s) { return s.taps() * s.depth; }
// Of the input that a tile at the border copies.
inline constexpr int64_t kMostPatch = 4096;

inline int64_t PatchWidth(const ChannelsLastSizes& s, int pixels) {
  return (pixels - 1) * s.stride[1] + (s.kernel[1] - 1) * s.dilation[1] + 1;
}

// One row of pixels if that is all the same: each output pixel then is a product with one input pixel.
inline ChannelsLastSizes Flattened(ChannelsLastSizes s) {
  if (s.kernel[0] != 1 || s.kernel[1] != 1 || s.stride[0] != 1 || s.stride[1] != 1 || s.is_padded()) return s;
  s.in[1] = s.out[1] = s.batch * s.in[0] * s.in[1];
  s.in[0] = s.out[0] = s.batch = 1;
  return s;
}

// Whether a tile of `columns` channels would compute a quarter and more for nothing, and the tiles here can do better.
inline bool IsNarrow(Isa isa, int64_t columns, const ChannelsLastSizes& sizes) {
  const int64_t lanes = LanesAt(isa);
  const int vectors = NarrowVectors(isa, sizes.channels), pixels = NarrowPixels(isa, vectors);
  if (sizes.channels < lanes || sizes.channels > vectors * lanes) return false;
  const int64_t computed = (sizes.channels + columns - 1) / columns * columns;
  if (4 * vectors * lanes > 3 * computed) return false;
  const ChannelsLastSizes s = Flattened(sizes);
  return s.out[1] >= pixels && (!s.is_padded() || s.kernel[0] * PatchWidth(s, pixels) * s.depth <= kMostPatch);
}

// Elements of the packed weights: the bias, then one row for each step.
inline int64_t NarrowWeightsSize(Isa isa, const ChannelsLastSizes& s) {
  return NarrowVectors(isa, s.channels) * LanesAt(isa) * (Steps(s) + 1);
}

// `weight` is [channels][steps].
inline void PackNarrowWeights(Isa isa, const ChannelsLastSizes& s, const float* weight, const float* bias,
                              float* packed) {
  const int64_t steps = Steps(s);
  for (int64_t step = -1; step < steps; ++step) {
    for (int v = 0; v < NarrowVectors(isa, s.channels); ++v) {
      const int64_t from = VectorChannel(isa, s.channels, v);
      for (int64_t i = from; i < from + LanesAt(isa); ++i) {
        *packed++ = step >= 0 ? weight[i * steps + step] : bias == nullptr ? 0.0f : bias[i];
      }
    }
  }
}

// Where a tile's input lies: rows of the window, in each row taps, in each tap elements that lie side by side.
struct NarrowInput {
  const float* x;
  int64_t pixel;  // elements from one output pixel's input to the next one's
  int64_t rows, row;
  int64_t taps, tap;
  int64_t length;
};

template <int kVectors>
MTC_INLINE void NarrowTile(const NarrowInput& in, const float* weights, const ChannelsLastSizes& s, float* out,
                           float low, float high) {
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  constexpr int kPixels = NarrowPixels(kIsa, kVectors);
  constexpr int kEach = 3;  // pixels that one register addresses
  Vec sums[kPixels][kVectors];
  MTC_UNROLL
  for (int i = 0; i < kPixels; ++i) {
    MTC_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[i][v] = Load<Vec>(weights + v * kLanes);
  }
  weights += kVectors * kLanes;
  const int64_t pixel = in.pixel;
  for (int64_t r = 0; r < in.rows; ++r) {
    for (int64_t t = 0; t < in.taps; ++t) {
      const float* from[(kPixels + kEach - 1) / kEach];
      MTC_UNROLL
      for (int i = 0; i < kPixels; i += kEach) from[i / kEach] = in.x + r * in.row + t * in.tap + i * pixel;
      for (int64_t k = 0; k < in.length; ++k) {
        Vec right[kVectors];
        MTC_UNROLL
        for (int v = 0; v < kVectors; ++v) right[v] = Load<Vec>(weights + v * kLanes);
        weights += kVectors * kLanes;
        MTC_UNROLL
        for (int i = 0; i < kPixels; ++i) {
          const Vec left = Splat<Vec>(from[i / kEach][i % kEach * pixel]);
          MTC_UNROLL
          for (int v = 0; v < kVectors; ++v) sums[i][v] += left * right[v];
        }
        MTC_UNROLL
        for (int i = 0; i < kPixels; i += kEach) ++from[i / kEach];
      }
    }
  }
  MTC_UNROLL
  for (int i = 0; i < kPixels; ++i) {
    MTC_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      float* to = out + i * s.out_pitch + VectorChannel(kIsa, s.channels, v);
      Store(to, AtMost(AtLeast(sums[i][v], Fill<Vec>(low)), Fill<Vec>(high)));
    }
  }
}

// Copies what a tile reads, with zeros where the window sticks out of the image.
MTC_INLINE NarrowInput CopyPatch(const ChannelsLastSizes& s, const float* image, int64_t iy, int64_t ix, int pixels,
                                 float* patch) {
  const int64_t width = PatchWidth(s, pixels);
  const int64_t begin = ix < 0 ? -ix : 0;
  const int64_t end = ix + width > s.in[1] ? s.in[1] - ix : width;
  float* to = patch;
  for (int64_t r = 0; r < s.kernel[0]; ++r) {
    const int64_t y = iy + r * s.dilation[0];
    const bool is_inside = y >= 0 && y < s.in[0];
    for (int64_t j = 0; j < width; ++j) {
      const bool is_pixel = is_inside && j >= begin && j < end;
      const float* from = image + (y * s.in[1] + ix + j) * s.in_pitch;
      for (int64_t c = 0; c < s.depth; ++c) *to++ = is_pixel ? from[c] : 0.0f;
    }
  }
  return {patch, s.stride[1] * s.depth, s.kernel[0], width * s.depth, s.kernel[1], s.dilation[1] * s.depth, s.depth};
}

template <int kVectors>
void ConvolveNarrowRows(ThreadPool* threads, const ChannelsLastSizes& s, const float* x, const float* weights,
                        float* out, float low, float high) {
  constexpr int kPixels = NarrowPixels(static_cast<Isa>(MTC_ISA_LEVEL), kVectors);
  constexpr int64_t kGrain = 1 << 13;        // multiplications of a vector
  const int64_t tiles = s.out[1] / kPixels;  // of a row; the last one is followed by one that overlaps it
  const auto tile = [&](int64_t n, int64_t oy, int64_t ox) {
    const float* image = x + n * s.in[0] * s.in[1] * s.in_pitch;
    const int64_t iy = oy * s.stride[0] - s.before[0], ix = ox * s.stride[1] - s.before[1];
    float patch[kMostPatch];
    NarrowInput in;
    if (iy < 0 || ix < 0 || iy + (s.kernel[0] - 1) * s.dilation[0] >= s.in[0] ||
        ix + PatchWidth(s, kPixels) > s.in[1]) {
      in = CopyPatch(s, image, iy, ix, kPixels, patch);
    } else {
      in = {image + (iy * s.in[1] + ix) * s.in_pitch,
            s.stride[1] * s.in_pitch,
            s.kernel[0],
            s.dilation[0] * s.in[1] * s.in_pitch,
            s.kernel[1],
            s.dilation[1] * s.in_pitch,
            s.depth};
    }
    if (in.tap == in.length) {  // the taps of a row lie side by side, too
      in.length *= in.taps;
      in.taps = 1;
    }
    float* to = out + ((n * s.out[0] + oy) * s.out[1] + ox) * s.out_pitch;
    NarrowTile<kVectors>(in, weights, s, to, low, high);
  };
  ParallelFor(threads, s.batch * s.out[0] * tiles, kGrain / (kPixels * kVectors * Steps(s)),
              [&](int64_t begin, int64_t end) {
                for (int64_t task = begin; task < end; ++task) {
                  const int64_t row = task / tiles, column = task % tiles;
                  const int64_t n = row / s.out[0], oy = row % s.out[0];
                  tile(n, oy, column * kPixels);
                  if (column + 1 == tiles && s.out[1] % kPixels != 0) tile(n, oy, s.out[1] - kPixels);
                }
              });
}

// Convolves with weights packed for this level; IsNarrow holds.
inline void ConvolveNarrow(ThreadPool* threads, const ChannelsLastSizes& sizes, const float* x, const float* packed,
                           float* out, float low, float high) {
  const ChannelsLastSizes s = Flattened(sizes);
  if (NarrowVectors(static_cast<Isa>(MTC_ISA_LEVEL), s.channels) == 1) {
    ConvolveNarrowRows<1>(threads, s, x, packed, out, low, high);
  } else {
    ConvolveNarrowRows<3>(threads, s, x, packed, out, low, high);
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_NARROW_CONVOLUTION_H_
