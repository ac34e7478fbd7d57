// How the pixels of a transposed convolution's result, channels last, gather what meets there.

#ifndef MTC_KERNELS_TRANSPOSED_GATHER_H_
#define MTC_KERNELS_TRANSPOSED_GATHER_H_

#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/transposed_reach.h"

namespace MTC_PORTABLE {

// What a block adds, as the product gives it: [row][column][tap row][tap column][channel].
struct PartsSource {
  const float* parts;
  int64_t row, pixel, tap_row, tap;  // elements from one to the next

  struct Line {
    const float* parts;
    int64_t pixel, tap;
    MTC_INLINE Vec Load(const Meeting& m, int64_t channel, int64_t lanes) const {
      return LoadPack(parts + m.place * pixel + m.tap * tap + channel, lanes, Vec{});
    }
  };
  MTC_INLINE Line Of(const Meeting& m) const { return {parts + m.place * row + m.tap * tap_row, pixel, tap}; }
};

// The same of a depthwise convolution: the image, and weights [tap row][tap column][channel].
struct DepthwiseSource {
  const float *x, *weights;
  int64_t row, pixel, tap_row, tap;

  struct Line {
    const float *x, *weights;
    int64_t pixel, tap;
    MTC_INLINE Vec Load(const Meeting& m, int64_t channel, int64_t lanes) const {
      return LoadPack(x + m.place * pixel + channel, lanes, Vec{}) *
             LoadPack(weights + m.tap * tap + channel, lanes, Vec{});
    }
  };
  MTC_INLINE Line Of(const Meeting& m) const { return {x + m.place * row, weights + m.tap * tap_row, pixel, tap}; }
};

// One pixel of the result: it begins with `start` (null is zeros), and ends within limits.
struct GatheredPixel {
  Span<const Meeting> rows, columns;
  const float* start;
  float low, high;
  float* out;
};

template <int kVectors, typename Source>
MTC_INLINE void GatherVectors(const Source& source, const GatheredPixel& pixel, int64_t channel, int64_t lanes) {
  Vec sums[kVectors];
  MTC_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    sums[v] = pixel.start == nullptr ? Vec{} : LoadPack(pixel.start + channel + v * kLanes, lanes, Vec{});
  }
  for (const Meeting& row : pixel.rows) {
    const auto line = source.Of(row);
    for (const Meeting& column : pixel.columns) {
      MTC_UNROLL
      for (int v = 0; v < kVectors; ++v) sums[v] += line.Load(column, channel + v * kLanes, lanes);
    }
  }
  MTC_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const Vec sum = AtMost(AtLeast(sums[v], Fill<Vec>(pixel.low)), Fill<Vec>(pixel.high));
    StorePack(pixel.out + channel + v * kLanes, sum, lanes);
  }
}

template <typename Source>
MTC_INLINE void GatherPixel(const Source& source, const GatheredPixel& pixel, int64_t channels) {
  constexpr int kVectors = 4;
  int64_t c = 0;
  for (; c + kVectors * kLanes <= channels; c += kVectors * kLanes) {
    GatherVectors<kVectors>(source, pixel, c, kLanes);
  }
  for (; c + kLanes <= channels; c += kLanes) GatherVectors<1>(source, pixel, c, kLanes);
  if (c < channels) GatherVectors<1>(source, pixel, c, channels - c);
}

// Where all blocks add: pixels of `groups` times `channels` channels.
struct GatheredImage {
  int64_t groups, channels;
  int64_t row, pixel;  // elements from one to the next
  float* out;
  const float* bias;
  float low, high;
};

// Adds what one block gives to the results that it reaches. source_of(group) says what that is.
template <typename SourceOf>
void GatherBlock(ThreadPool* threads, const GatheredImage& image, const Reach& down, const Reach& across,
                 const MeetingTable& rows, const MeetingTable& columns, const SourceOf& source_of) {
  constexpr int64_t kGrain = 1 << 12;  // additions of a vector
  const float infinity = static_cast<float>(__builtin_inf());
  const int64_t each = image.groups * Quotient(image.channels, kLanes) * (1 + rows.most * columns.most);
  const int64_t cost = 1 + (across.end - across.begin) * each;
  ParallelFor(threads, down.end - down.begin, 1 + kGrain / cost, [&](int64_t begin, int64_t end) {
    for (int64_t y = down.begin + begin; y < down.begin + end; ++y) {
      for (int64_t g = 0; g < image.groups; ++g) {
        const auto source = source_of(g);
        const float* bias = image.bias == nullptr ? nullptr : image.bias + g * image.channels;
        float* to = image.out + y * image.row + across.begin * image.pixel + g * image.channels;
        for (int64_t x = across.begin; x < across.end; ++x, to += image.pixel) {
          const bool is_fresh = y >= down.fresh && x >= across.fresh;
          const bool is_closed = y < down.closed && x < across.closed;
          GatherPixel(source,
                      {rows.Of(y), columns.Of(x), is_fresh ? bias : to, is_closed ? image.low : -infinity,
                       is_closed ? image.high : infinity, to},
                      image.channels);
        }
      }
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_TRANSPOSED_GATHER_H_
