// Resizing of images: where the pixels of the result lie in the source, as torch has it, and interpolation there.

#ifndef MTC_KERNELS_RESIZE_H_
#define MTC_KERNELS_RESIZE_H_

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

// Images as [outer, height, width, channels]; where channels come first there is one.
struct ImageSizes {
  int64_t outer, channels, in[2], out[2];

  ImageSizes(const Tensor& x, const Tensor& result, Layout layout) {
    const bool is_last = layout == Layout::kNhwc;
    outer = is_last ? x.dims[0] : x.dims[0] * x.dims[1];
    channels = is_last ? x.dims[3] : 1;
    for (int i = 0; i < 2; ++i) {
      in[i] = x.dims[(is_last ? 1 : 2) + i];
      out[i] = result.dims[(is_last ? 1 : 2) + i];
    }
  }
};

// `x` with another height and width.
inline Status ResizedShape(PrepareContext& context, const Tensor* x, Span<const int64_t> size, Layout layout,
                           Tensor* out) {
  if (x->rank != 4 || size.size() != 2) return context.Fail(Status::kInvalidProgram, "not images and a size");
  int64_t dims[kMaxRank] = {x->dims[0], x->dims[1], x->dims[2], x->dims[3]};
  for (int i = 0; i < 2; ++i) {
    int64_t* dim = &dims[(layout == Layout::kNhwc ? 1 : 2) + i];
    if (size[i] < 1 || *dim < 1) return context.Fail(Status::kInvalidArgument, "an image without pixels");
    *dim = size[i];
  }
  return context.Resize(out, {dims, 4});
}

inline Status PrepareResize(PrepareContext& context, const Tensor* x, Span<const int64_t> size,
                            Span<const double> scales, Layout layout, Tensor* out) {
  // From 2^-20 on, positions stay within 64 bits.
  for (const double scale : scales) {
    if (scale != 0 && !(scale > 1e-6 && scale < 1e9))
      return context.Fail(Status::kInvalidProgram, "a scale of %g", scale);
  }
  if (scales.size() != 2) return context.Fail(Status::kInvalidProgram, "%zu scales", scales.size());
  return ResizedShape(context, x, size, layout, out);
}

// Pixels of the source for one of the result.
template <typename C>
C StepOf(int64_t length, int64_t count, double scale, bool align_corners) {
  if (align_corners) return count > 1 ? static_cast<C>(length - 1) / static_cast<C>(count - 1) : C{0};
  return scale > 0 ? static_cast<C>(1 / scale) : static_cast<C>(length) / static_cast<C>(count);
}

// Where the centre of pixel `index` of the result lies in the source.
template <typename C>
C PositionOf(int64_t index, int64_t length, int64_t count, double scale, bool align_corners) {
  const C step = StepOf<C>(length, count, scale, align_corners);
  return align_corners ? step * static_cast<C>(index) : step * (static_cast<C>(index) + C{0.5}) - C{0.5};
}

constexpr int64_t Within(int64_t index, int64_t length) { return index < 0 ? 0 : index < length ? index : length - 1; }

// Which pixels along one axis make one of the result, and their weights.
template <typename C>
struct LinearTaps {
  static constexpr int kCount = 2;
  int64_t at[kCount];
  C weight[kCount];

  LinearTaps(C position, int64_t length) {
    const C where = position < 0 ? C{0} : position;
    at[0] = Within(static_cast<int64_t>(where), length);
    at[1] = Within(at[0] + 1, length);
    const C past = where - static_cast<C>(at[0]);
    weight[1] = past > 1 ? C{1} : past;
    weight[0] = 1 - weight[1];
  }
};

// R. Keys, "Cubic convolution interpolation for digital image processing" (1981), with a = -0.75.
template <typename C>
struct CubicTaps {
  static constexpr int kCount = 4;
  int64_t at[kCount];
  C weight[kCount];

  CubicTaps(C position, int64_t length) {
    const C floor = static_cast<C>(__builtin_floor(static_cast<double>(position))), t = position - floor;
    for (int i = 0; i < kCount; ++i) at[i] = Within(static_cast<int64_t>(floor) - 1 + i, length);
    weight[0] = Far(t + 1);
    weight[1] = Near(t);
    weight[2] = Near(1 - t);
    weight[3] = Far(2 - t);
  }

 private:
  static constexpr C kA = C{-0.75};
  static C Near(C d) { return ((kA + 2) * d - (kA + 3)) * d * d + 1; }
  static C Far(C d) { return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA; }
};

// Scratch for the taps of each column.
template <typename Taps>
Status RequireTaps(PrepareContext& context, int64_t columns) {
  size_t bytes;
  if (__builtin_mul_overflow(static_cast<size_t>(columns), sizeof(Taps), &bytes)) {
    return context.Fail(Status::kInvalidArgument, "too many columns");
  }
  context.RequireScratch(bytes);
  return Status::kOk;
}

template <typename T, typename Taps, typename Args>
MTC_INLINE void Interpolate(KernelContext& context, const Args& args) {
  using C = Compute<T>;
  const ImageSizes s(*args.x, *args.out, args.layout);
  const int64_t line = s.in[1] * s.channels;
  auto* columns = static_cast<Taps*>(context.scratch);
  for (int64_t x = 0; x < s.out[1]; ++x) {
    columns[x] = Taps(PositionOf<C>(x, s.in[1], s.out[1], args.scales[1], args.align_corners), s.in[1]);
  }
  ParallelFor(context.threads, s.outer * s.out[0], 1 + 2048 / (s.out[1] * s.channels + 1),
              [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; ++row) {
                  const int64_t y = row % s.out[0];
                  const Taps rows(PositionOf<C>(y, s.in[0], s.out[0], args.scales[0], args.align_corners), s.in[0]);
                  const T* image = args.x->template as<T>() + row / s.out[0] * s.in[0] * line;
                  T* out = args.out->template as<T>() + row * s.out[1] * s.channels;
                  for (int64_t x = 0; x < s.out[1]; ++x) {
                    const Taps& taps = columns[x];
                    for (int64_t c = 0; c < s.channels; ++c) {
                      C total = 0;
                      for (int i = 0; i < Taps::kCount; ++i) {
                        const T* from = image + rows.at[i] * line + c;
                        C across = 0;
                        for (int j = 0; j < Taps::kCount; ++j)
                          across += static_cast<C>(from[taps.at[j] * s.channels]) * taps.weight[j];
                        total += across * rows.weight[i];
                      }
                      *out++ = static_cast<T>(total);
                    }
                  }
                }
              });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_RESIZE_H_
