// Transposed convolutions of channels-last images. A product gives what each pixel of the input adds with each tap;
// each pixel of the result then gathers what meets there. Workers have strips of the result of their own; in each the
// input is taken block by block, so that what it adds stays in the cache. With one channel in and out of a group there
// is nothing to multiply beforehand.

#ifndef MTC_KERNELS_CHANNELS_LAST_TRANSPOSED_H_
#define MTC_KERNELS_CHANNELS_LAST_TRANSPOSED_H_

#include <cstddef>
#include <cstdint>

#include "kernels/gemm.h"
#include "kernels/transposed_gather.h"

namespace MTC_PORTABLE {

struct TransposedSizes : Spatial {
  int64_t batch, groups, depth, channels;  // depth and channels: in and out of a group
  int64_t in_pitch, out_pitch;             // elements from pixel to pixel
  int64_t in_row = in[2] * in_pitch, out_row = out[2] * out_pitch;

  bool is_depthwise() const { return depth == 1 && channels == 1; }
  int64_t columns() const { return window() * channels; }  // what a pixel of the input adds in one group
  int64_t extent(int axis) const { return (kernel[axis] - 1) * dilation[axis] + 1; }
};

using TransposedProduct = Product<float, MatrixRows<float, float>, PackedPanels<float>>;
inline ProductSizes TransposedProductOf(const TransposedSizes& s, int64_t pixels) {
  return {pixels, s.columns(), s.depth};
}

// Elements of the weights as they are packed for a level: of a depthwise convolution [tap][channel], else panels of
// each group's columns (tap, channel).
inline PanelSizes TransposedPanels(const TransposedSizes& s) { return {s.columns(), s.depth}; }
inline int64_t TransposedWeightsSize(Isa isa, const TransposedSizes& s) {
  return s.is_depthwise() ? s.window() * s.groups : s.groups * PackedPanelsSize<float>(isa, TransposedPanels(s));
}

// Packs weights [in, window, channels]. `turned` has room for one group's, for all of a depthwise convolution's.
inline void PackTransposedWeights(Isa isa, const TransposedSizes& s, const float* weight, float* turned,
                                  float* packed) {
  if (s.is_depthwise()) {
    for (int64_t g = 0; g < s.groups; ++g) {
      for (int64_t tap = 0; tap < s.window(); ++tap) packed[tap * s.groups + g] = weight[g * s.window() + tap];
    }
    return;
  }
  const PanelSizes panels = TransposedPanels(s);
  for (int64_t g = 0; g < s.groups; ++g, weight += s.depth * s.columns()) {
    TransposeAll(weight, s.columns(), turned, s.depth, s.columns(), s.depth);
    PackPanels(isa, turned, panels, 0, panels.columns, packed + g * PackedPanelsSize<float>(isa, panels));
  }
}

// How the work is divided, and the scratch of each worker.
struct TransposedPlan {
  int axis = 1;        // of the strips
  int64_t strips = 1;  // of each image
  size_t workers = 1;  // that have strips of their own; one has the others' help within each block
  int64_t pixels = 0;  // of a block
  size_t product = 0;  // bytes
  int64_t parts;       // elements
  int64_t most[2];     // meetings of one place

  TransposedPlan(Isa isa, const ThreadPool* threads, const TransposedSizes& s) {
    constexpr int64_t kMostParts = 1 << 17, kLeastPixels = 32;
    constexpr double kWorthDividing = 1 << 20;  // multiplications
    for (int i : {0, 1}) most[i] = MostMeetings(s, 1 + i);
    const int64_t available = static_cast<int64_t>(WorkerCount(threads));
    const double work = static_cast<double>(s.batch) * s.in_size() * s.columns() * s.groups * s.depth;
    if (available > 1 && work >= kWorthDividing) {
      // Strips of two per worker even out their speed. Each multiplies the input that it shares with its neighbour.
      const int64_t wanted = Quotient(2 * available, s.batch);
      const auto possible = [&](int along) {
        return Most(1, Least(wanted, s.in[along] / (2 + 2 * (s.extent(along) - 1) / s.stride[along])));
      };
      axis = possible(1) >= possible(2) ? 1 : 2;
      if (possible(axis) * s.batch >= available) {
        strips = possible(axis);
        workers = WorkerCount(threads);
      }
    }
    if (!s.is_depthwise()) {
      pixels = Least(Most(kMostParts / (s.columns() * s.groups), kLeastPixels), s.in[1] * s.in[2]);
      const ProductSizes sizes = TransposedProductOf(s, pixels);
      product = MultiplyScratch<TransposedProduct>(isa, workers > 1 ? nullptr : threads, sizes);
    }
    parts = RoundUp(pixels * s.columns() * s.groups, 16);
  }

  // Of each worker, beside the product's and the parts, for the meetings along one axis.
  int64_t meetings(const TransposedSizes& s, int i) const { return s.out[1 + i] * most[i]; }
  size_t bytes(const TransposedSizes& s) const {
    const int64_t tables = meetings(s, 0) + meetings(s, 1), counts = s.out[1] + s.out[2];
    const size_t size = product + static_cast<size_t>(parts) * sizeof(float) +
                        static_cast<size_t>(tables) * sizeof(Meeting) + static_cast<size_t>(counts) * sizeof(int64_t);
    return static_cast<size_t>(RoundUp(static_cast<int64_t>(size), 64));
  }
};

// What all strips share.
struct TransposedOperands {
  const float *x, *packed, *bias;
  float low, high;
  float* out;
};

// Narrows a convolution of one image to places [first, last) of the result along an axis.
inline void Narrow(int axis, int64_t first, int64_t last, TransposedSizes* s, TransposedOperands* operands) {
  const int64_t stride = s->stride[axis], before = s->before[axis];
  // At least one place of the input, also where nothing meets the strip.
  const int64_t in = Least(Quotient(Most(first + before - s->extent(axis) + 1, 0), stride), s->in[axis] - 1);
  const int64_t in_end = Most(Least((last - 1 + before) / stride + 1, s->in[axis]), in + 1);
  operands->x += in * (axis == 1 ? s->in_row : s->in_pitch);
  operands->out += first * (axis == 1 ? s->out_row : s->out_pitch);
  s->in[axis] = in_end - in;
  s->out[axis] = last - first;
  s->before[axis] = before + first - in * stride;
}

// One strip, by one worker or with the help of `threads`.
inline void ConvolveStrip(ThreadPool* threads, const TransposedSizes& s, const TransposedPlan& plan,
                          const TransposedOperands& operands, char* scratch) {
  constexpr Isa kIsa = static_cast<Isa>(MTC_ISA_LEVEL);
  auto* parts = reinterpret_cast<float*>(scratch + plan.product);
  auto* meetings = reinterpret_cast<Meeting*>(parts + plan.parts);
  Meeting* across = meetings + s.out[1] * plan.most[0];
  auto* counts = reinterpret_cast<int64_t*>(across + s.out[2] * plan.most[1]);
  const bool is_depthwise = s.is_depthwise();
  // A block is one stretch of memory.
  const int64_t width = is_depthwise ? s.in[2] : Least(plan.pixels, s.in[2]);
  const bool is_whole = s.in_row == s.in[2] * s.in_pitch;
  const int64_t height = is_depthwise ? s.in[1] : is_whole ? Most(plan.pixels / s.in[2], 1) : 1;
  GatheredBlock block = {{},
                         {},
                         {meetings, counts, plan.most[0]},
                         {across, counts + s.out[1], plan.most[1]},
                         is_depthwise ? 1 : s.groups,
                         is_depthwise ? s.groups : s.channels,
                         s.out_row,
                         s.out_pitch,
                         operands.bias,
                         operands.low,
                         operands.high,
                         operands.out};
  const int64_t panels = PackedPanelsSize<float>(kIsa, TransposedPanels(s));
  for (int64_t left = 0; left < s.in[2]; left += width) {
    const int64_t right = Least(left + width, s.in[2]);
    block.across = ReachOf(s, 2, left, right);
    FindMeetings(s, 2, left, right, block.columns);
    for (int64_t top = 0; top < s.in[1]; top += height) {
      const int64_t bottom = Least(top + height, s.in[1]);
      block.down = ReachOf(s, 1, top, bottom);
      FindMeetings(s, 1, top, bottom, block.rows);
      const float* x = operands.x + top * s.in_row + left * s.in_pitch;
      if (is_depthwise) {
        const int64_t tap = s.groups;
        const DepthwiseSource source = {x, operands.packed, s.in_row, s.in_pitch, s.kernel[2] * tap, tap};
        GatherBlock(threads, block, [&](int64_t) { return source; });
        continue;
      }
      const int64_t pixels = (bottom - top) * (right - left);
      const auto parts_of = [&](int64_t g) { return parts + g * pixels * s.columns(); };
      const auto product = [&](int64_t g) {
        return TransposedProduct{
            {x + g * s.depth, s.in_pitch}, {operands.packed + g * panels}, parts_of(g), s.columns(), {}};
      };
      Multiply(threads, s.groups, TransposedProductOf(s, pixels), product, scratch);
      GatherBlock(threads, block, [&](int64_t g) {
        return PartsSource{parts_of(g), (right - left) * s.columns(), s.columns(), s.kernel[2] * s.channels,
                           s.channels};
      });
    }
  }
}

// Convolves with weights packed for this level. `scratch` has what the plan says for each worker.
inline void ConvolveTransposed(ThreadPool* threads, const TransposedSizes& s, const TransposedOperands& operands,
                               void* scratch) {
  const TransposedPlan plan(static_cast<Isa>(MTC_ISA_LEVEL), threads, s);
  const size_t bytes = plan.bytes(s);
  const bool is_divided = plan.workers > 1;
  ParallelForWorkers(is_divided ? threads : nullptr, s.batch * plan.strips, [&](size_t worker, int64_t task) {
    const int64_t n = task / plan.strips, strip = task % plan.strips, size = s.out[plan.axis];
    TransposedSizes strip_sizes = s;
    TransposedOperands own = operands;
    own.x += n * s.in[1] * s.in_row;
    own.out += n * s.out[1] * s.out_row;
    const int64_t first = size * strip / plan.strips, last = size * (strip + 1) / plan.strips;
    if (first == last) return;
    Narrow(plan.axis, first, last, &strip_sizes, &own);
    ConvolveStrip(is_divided ? nullptr : threads, strip_sizes, plan, own, static_cast<char*>(scratch) + worker * bytes);
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_CHANNELS_LAST_TRANSPOSED_H_
