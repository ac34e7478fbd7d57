// Resizing of images: each pixel of the result is a weighted sum of rows and columns of the source near it.

#ifndef MTC_KERNELS_RESIZE_H_
#define MTC_KERNELS_RESIZE_H_

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kResizeGrain = 4096;  // pixels worth another thread

// [planes, height, width, inner], in both layouts.
struct Images {
  int64_t planes, height, width, inner;

  Images(const Tensor& x, Layout layout)
      : planes(layout == Layout::kNhwc ? x.dims[0] : x.dims[0] * x.dims[1]),
        height(x.dims[layout == Layout::kNhwc ? 1 : 2]),
        width(x.dims[layout == Layout::kNhwc ? 2 : 3]),
        inner(layout == Layout::kNhwc ? x.dims[3] : 1) {}
};

// The type positions are computed in.
template <typename T>
using Position = std::conditional_t<std::is_same_v<T, double>, double, float>;

// Pixels of the source for one of the result. `scale` is the user's factor; 0 stands for the ratio of the sizes.
template <typename P>
MTC_INLINE P PixelStep(int64_t length, int64_t count, double scale, bool align_corners) {
  if (align_corners) return count > 1 ? static_cast<P>(length - 1) / static_cast<P>(count - 1) : P{0};
  return scale > 0 ? static_cast<P>(1 / scale) : static_cast<P>(length) / static_cast<P>(count);
}

// Where the centre of pixel `i` of the result lies in the source.
template <typename P>
MTC_INLINE P PixelCentre(P step, int64_t i, bool align_corners) {
  const P index = static_cast<P>(i);
  return align_corners ? step * index : step * (index + P{0.5f}) - P{0.5f};
}

// The pixels of one axis that are summed, and their weights.
template <typename P, int kCount>
struct Taps {
  int64_t at[kCount];
  P weight[kCount];
};

#if MTC_ISA_LEVEL == 0
// The result has `size` (height, width); both images have pixels.
inline Status PrepareResize(PrepareContext& context, const Tensor& x, Tensor* out, Span<const int64_t> size,
                            Layout layout) {
  if (x.rank != 4 || size.size() != 2 || size[0] < 1 || size[1] < 1) {
    return context.Fail(Status::kInvalidProgram, "images of rank %d, or a size that is not height and width", x.rank);
  }
  const int first = layout == Layout::kNhwc ? 1 : 2;
  if (x.dims[first] == 0 || x.dims[first + 1] == 0) {
    return context.Fail(Status::kInvalidArgument, "an image without pixels");
  }
  int64_t dims[] = {x.dims[0], x.dims[1], x.dims[2], x.dims[3]};
  dims[first] = size[0];
  dims[first + 1] = size[1];
  return context.Resize(out, dims);
}

inline Status CheckScales(PrepareContext& context, Span<const double> scales) {
  return scales.size() == 2 ? Status::kOk : context.Fail(Status::kInvalidProgram, "scales are height and width");
}
#endif

// Resizes with `rows` and `columns`, which give the taps of a row and of a column of the result. Inner loops run over
// the columns of one row, or over the channels of one pixel.
template <typename T, int kCount, typename RowTaps, typename ColumnTaps>
MTC_INLINE void Resize(KernelContext& context, const Tensor& x, const Tensor& out, Layout layout, const RowTaps& rows,
                       const ColumnTaps& columns) {
  using P = Position<T>;
  const Images from(x, layout), to(out, layout);
  if (out.count() == 0) return;
  auto* taps = static_cast<Taps<P, kCount>*>(context.scratch);
  for (int64_t i = 0; i < to.width; ++i) {
    taps[i] = columns(i);
    for (int64_t& at : taps[i].at) at *= from.inner;
  }
  const int64_t grain = 1 + kResizeGrain / (to.width * to.inner);
  ParallelFor(context.threads, to.planes * to.height, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Taps<P, kCount> down = rows(row % to.height);
      const T* lines[kCount];
      for (int i = 0; i < kCount; ++i) {
        lines[i] = x.as<T>() + (row / to.height * from.height + down.at[i]) * from.width * from.inner;
      }
      T* pixel = out.as<T>() + row * to.width * to.inner;
      const auto value = [&](const Taps<P, kCount>& across, int64_t channel) {
        P total = 0;
        MTC_UNROLL
        for (int j = 0; j < kCount; ++j) {
          P column = 0;
          MTC_UNROLL
          for (int i = 0; i < kCount; ++i) {
            column += static_cast<P>(lines[i][across.at[j] + channel]) * down.weight[i];
          }
          total += column * across.weight[j];
        }
        return static_cast<T>(total);
      };
      if (to.inner == 1) {
        for (int64_t i = 0; i < to.width; ++i) pixel[i] = value(taps[i], 0);
        continue;
      }
      for (int64_t i = 0; i < to.width; ++i, pixel += to.inner) {
        const Taps<P, kCount> across = taps[i];
        for (int64_t channel = 0; channel < to.inner; ++channel) pixel[channel] = value(across, channel);
      }
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_RESIZE_H_
