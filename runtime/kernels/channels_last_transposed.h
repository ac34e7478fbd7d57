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

struct ChannelsLastTransposedSizes : Spatial {
  int64_t batch, groups, depth, channels;  // depth and channels: in and out of a group
  int64_t in_pitch, out_pitch;             // elements from pixel to pixel
  // Elements from row to row. A strip of an image keeps those of the whole.
  int64_t in_row = in[2] * in_pitch, out_row = out[2] * out_pitch;

  bool is_depthwise() const { return depth == 1 && channels == 1; }
  int64_t columns() const { return window() * channels; }  // what a pixel of the input adds in one group
};

using TransposedProduct = Product<float, MatrixRows<float, float>, PackedPanels<float>>;
inline ProductSizes TransposedProductOf(const ChannelsLastTransposedSizes& s, int64_t pixels) {
  return {pixels, s.columns(), s.depth};
}

// Elements of the weights as they are packed for a level: of a depthwise convolution [tap][channel], else panels of
// each group's columns (tap, channel).
inline int64_t GroupPanelsSize(Isa isa, const ChannelsLastTransposedSizes& s) {
  return PackedPanelsSize<float>(isa, {s.columns(), s.depth});
}
inline int64_t ChannelsLastTransposedWeightsSize(Isa isa, const ChannelsLastTransposedSizes& s) {
  return s.groups * (s.is_depthwise() ? s.window() : GroupPanelsSize(isa, s));
}

// Packs weights [in, window, channels] into memory that is zero before. release(from, count) is told of weights that
// are packed, where it is worth it.
template <typename Release>
void PackChannelsLastTransposedWeights(Isa isa, const ChannelsLastTransposedSizes& s, const float* weight,
                                       float* packed, const Release& release) {
  for (int64_t g = 0; g < s.groups; ++g, weight += s.depth * s.columns()) {
    if (s.is_depthwise()) {
      for (int64_t tap = 0; tap < s.window(); ++tap) packed[tap * s.groups + g] = weight[tap];
    } else {
      PackRowsAsPanels(isa, weight, {s.columns(), s.depth}, packed + g * GroupPanelsSize(isa, s), release);
    }
  }
}

// How the work is divided, and the scratch of each worker.
struct TransposedPlan {
  int axis = 1;        // of the strips
  int64_t strips = 1;  // of each image
  size_t workers = 1;  // that have strips of their own; one has the others' help within each block
  int64_t block[2];    // most input rows and columns of a block
  size_t product = 0;  // bytes
  int64_t parts = 0;   // elements
  int64_t reached[2];  // most places of the result that a block reaches along each axis
  int64_t most[2];     // meetings of one of them

  TransposedPlan(Isa isa, const ThreadPool* threads, const ChannelsLastTransposedSizes& s) {
    Divide(threads, s);
    constexpr int64_t kMostParts = 1 << 17, kLeastPixels = 32, kMostPlaces = 1 << 12;
    for (int i : {0, 1}) block[i] = Least(s.in[1 + i], kMostPlaces);
    if (!s.is_depthwise()) {
      const int64_t pixels = Most(kMostParts / (s.columns() * s.groups), kLeastPixels);
      block[1] = Least(block[1], pixels);
      // A block is one stretch of memory.
      block[0] = block[1] == s.in[2] ? Least(block[0], Most(pixels / s.in[2], 1)) : 1;
      const ProductSizes sizes = TransposedProductOf(s, block[0] * block[1]);
      product = MultiplyScratch<TransposedProduct>(isa, workers > 1 ? nullptr : threads, sizes);
      parts = RoundUp(sizes.rows * sizes.columns * s.groups, 16);
    }
    for (int i : {0, 1}) {
      reached[i] = MostReached(s, 1 + i, block[i]);
      most[i] = MostMeetings(s, 1 + i);
    }
  }

  // Calls part(count, each, size) for each part of a worker's scratch, in their order.
  template <typename Part>
  void ForEachPart(const Part& part) const {
    part(int64_t{1}, int64_t{1}, product);
    part(parts, int64_t{1}, sizeof(float));
    for (int i : {0, 1}) part(reached[i], most[i], sizeof(Meeting));
    for (int i : {0, 1}) part(reached[i], int64_t{1}, sizeof(int64_t));
  }
  // Bytes of a worker's scratch; Prepare has seen that there is memory for them.
  size_t bytes() const {
    int64_t sum = 0;
    ForEachPart([&](int64_t count, int64_t each, size_t size) { sum += count * each * static_cast<int64_t>(size); });
    return static_cast<size_t>(RoundUp(sum, kGuard));
  }
#if MTC_ISA_LEVEL == 0
  void RequireScratch(PrepareContext& context) const {
    const auto all = static_cast<int64_t>(workers);
    ForEachPart([&](int64_t count, int64_t each, size_t size) { context.RequireScratch(count, each * all, size); });
    context.RequireScratch(all, 1, kGuard);  // each worker's begins with a line of the cache
  }
#endif

 private:
  void Divide(const ThreadPool* threads, const ChannelsLastTransposedSizes& s) {
    constexpr double kWorthDividing = 1 << 20;  // multiplications
    const int64_t available = static_cast<int64_t>(WorkerCount(threads));
    const double work = static_cast<double>(s.batch) * s.in_size() * s.columns() * s.groups * s.depth;
    if (available == 1 || work < kWorthDividing) return;
    // Strips of two per worker even out their speed. Each multiplies the input that it shares with its neighbour.
    const int64_t wanted = Quotient(2 * available, s.batch);
    const auto possible = [&](int along) {
      const int64_t shared = (s.extent(along) - 1) / s.stride[along];
      return Most(1, Least(wanted, s.in[along] / (2 + 2 * shared)));
    };
    const int along = possible(1) >= possible(2) ? 1 : 2;
    if (possible(along) * s.batch < available) return;
    axis = along;
    strips = possible(along);
    workers = WorkerCount(threads);
  }
};

// What all strips share.
struct TransposedOperands {
  const float *x, *packed, *bias;
  float low, high;
  float* out;
};

// Narrows a convolution of one image to places [first, last) of the result along an axis.
inline void Narrow(int axis, int64_t first, int64_t last, ChannelsLastTransposedSizes* s,
                   TransposedOperands* operands) {
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
inline void ConvolveStrip(ThreadPool* threads, const ChannelsLastTransposedSizes& s, const TransposedPlan& plan,
                          const TransposedOperands& operands, char* scratch) {
  auto* parts = reinterpret_cast<float*>(scratch + plan.product);
  auto* row_meetings = reinterpret_cast<Meeting*>(parts + plan.parts);
  Meeting* column_meetings = row_meetings + plan.reached[0] * plan.most[0];
  auto* row_counts = reinterpret_cast<int64_t*>(column_meetings + plan.reached[1] * plan.most[1]);
  MeetingTable rows = {row_meetings, row_counts, plan.most[0]};
  MeetingTable columns = {column_meetings, row_counts + plan.reached[0], plan.most[1]};
  const bool is_depthwise = s.is_depthwise();
  GatheredImage image;
  image.groups = is_depthwise ? 1 : s.groups;
  image.channels = is_depthwise ? s.groups : s.channels;
  image.row = s.out_row;
  image.pixel = s.out_pitch;
  image.out = operands.out;
  image.bias = operands.bias;
  image.low = operands.low;
  image.high = operands.high;
  const int64_t panels = GroupPanelsSize(static_cast<Isa>(MTC_ISA_LEVEL), s), tap = image.channels;
  const int64_t height = is_depthwise || s.in_row == s.in[2] * s.in_pitch ? plan.block[0] : 1, width = plan.block[1];
  for (int64_t left = 0; left < s.in[2]; left += width) {
    const int64_t right = Least(left + width, s.in[2]);
    const Reach across = ReachOf(s, 2, left, right);
    FindMeetings(s, 2, left, right, across, &columns);
    for (int64_t top = 0; top < s.in[1]; top += height) {
      const int64_t bottom = Least(top + height, s.in[1]);
      const Reach down = ReachOf(s, 1, top, bottom);
      FindMeetings(s, 1, top, bottom, down, &rows);
      const float* x = operands.x + top * s.in_row + left * s.in_pitch;
      if (is_depthwise) {
        const DepthwiseSource source = {x, operands.packed, s.in_row, s.in_pitch, s.kernel[2] * tap, tap};
        GatherBlock(threads, image, down, across, rows, columns, [&](int64_t) { return source; });
        continue;
      }
      const int64_t pixels = (bottom - top) * (right - left);
      const auto parts_of = [&](int64_t g) { return parts + g * pixels * s.columns(); };
      const auto product = [&](int64_t g) {
        return TransposedProduct{
            {x + g * s.depth, s.in_pitch}, {operands.packed + g * panels}, parts_of(g), s.columns(), {}};
      };
      Multiply(threads, s.groups, TransposedProductOf(s, pixels), product, scratch);
      GatherBlock(threads, image, down, across, rows, columns, [&](int64_t g) {
        return PartsSource{parts_of(g), (right - left) * s.columns(), s.columns(), s.kernel[2] * tap, tap};
      });
    }
  }
}

// Convolves with weights packed for this level. `scratch` has what the plan says for each worker.
inline void ConvolveTransposed(ThreadPool* threads, const ChannelsLastTransposedSizes& s,
                               const TransposedOperands& operands, void* scratch) {
  const TransposedPlan plan(static_cast<Isa>(MTC_ISA_LEVEL), threads, s);
  const size_t bytes = plan.bytes();
  const bool is_divided = plan.workers > 1;
  ParallelForWorkers(is_divided ? threads : nullptr, s.batch * plan.strips, [&](size_t worker, int64_t task) {
    const int64_t n = task / plan.strips, strip = task % plan.strips, size = s.out[plan.axis];
    const int64_t first = size * strip / plan.strips, last = size * (strip + 1) / plan.strips;
    if (first == last) return;
    ChannelsLastTransposedSizes strip_sizes = s;
    TransposedOperands own = operands;
    own.x += n * s.in[1] * s.in_row;
    own.out += n * s.out[1] * s.out_row;
    Narrow(plan.axis, first, last, &strip_sizes, &own);
    ConvolveStrip(is_divided ? nullptr : threads, strip_sizes, plan, own, static_cast<char*>(scratch) + worker * bytes);
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_CHANNELS_LAST_TRANSPOSED_H_
