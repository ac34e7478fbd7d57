#include <cmath>

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kPlaces = 64;  // of the result whose taps are computed at once

Status PrepareGridSample(PrepareContext& context, const GridSampleArgs& args) {
  const Tensor &x = *args.x, &grid = *args.grid;
  if (x.rank != 4 || grid.rank != 4) {
    return context.Fail(Status::kInvalidProgram, "images of rank %d, a grid of rank %d", x.rank, grid.rank);
  }
  if (x.dims[0] != grid.dims[0] || grid.dims[3] != 2) {
    return context.Fail(Status::kInvalidArgument, "the grid is not [%lld, height, width, 2]",
                        static_cast<long long>(x.dims[0]));
  }
  const int64_t dims[] = {x.dims[0], x.dims[1], grid.dims[1], grid.dims[2]};
  return context.Resize(args.out, dims);
}

template <typename C>
C Reflected(C where, C low, C high) {
  const C span = high - low;
  if (span <= 0) return 0;
  const C distance = std::fabs(where - low), extra = std::fmod(distance, span);
  return std::fmod(std::floor(distance / span), C{2}) == 0 ? extra + low : span - extra + low;
}

// The place in pixels; `where` is -1 at one border and 1 at the other.
template <typename C>
C PixelPlace(C where, int64_t size, Outside outside, bool align_corners) {
  const C count = static_cast<C>(size);
  C pixel = align_corners ? (where + 1) / 2 * (count - 1) : ((where + 1) * count - 1) / 2;
  if (outside == Outside::kReflection) {
    pixel = align_corners ? Reflected<C>(pixel, 0, count - 1) : Reflected<C>(pixel, C{-0.5f}, count - C{0.5f});
  }
  if (outside == Outside::kZeros) return pixel;
  return !(pixel > 0) ? C{0} : pixel > count - 1 ? count - 1 : pixel;
}

// The pixels that a place is read from; -1 is none, which counts as zero.
template <typename C>
struct GridTaps {
  int64_t at[4];
  C weight[4];
};

template <typename C>
void SetTap(GridTaps<C>& taps, int k, C row, C column, C weight, int64_t height, int64_t width) {
  const bool inside = row >= 0 && row < static_cast<C>(height) && column >= 0 && column < static_cast<C>(width);
  taps.at[k] = inside ? static_cast<int64_t>(row) * width + static_cast<int64_t>(column) : -1;
  taps.weight[k] = weight;
}

template <typename T>
Status RunGridSample(KernelContext& context, const GridSampleArgs& args) {
  using C = Compute<T>;
  const Tensor &x = *args.x, &out = *args.out;
  if (out.count() == 0) return Status::kOk;
  const int64_t channels = x.dims[1], height = x.dims[2], width = x.dims[3];
  const int64_t places = out.dims[2] * out.dims[3], blocks = (places + kPlaces - 1) / kPlaces;
  const int count = args.mode == Interpolation::kNearest ? 1 : 4;
  ParallelFor(context.threads, x.dims[0] * blocks, 1 + 64 / channels, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t image = task / blocks, first = task % blocks * kPlaces;
      const int64_t length = places - first < kPlaces ? places - first : kPlaces;
      const T* grid = args.grid->as<T>() + (image * places + first) * 2;
      GridTaps<C> taps[kPlaces];
      for (int64_t i = 0; i < length; ++i) {
        const C column = PixelPlace(static_cast<C>(grid[2 * i]), width, args.padding_mode, args.align_corners);
        const C row = PixelPlace(static_cast<C>(grid[2 * i + 1]), height, args.padding_mode, args.align_corners);
        if (count == 1) {
          SetTap(taps[i], 0, std::rint(row), std::rint(column), C{1}, height, width);
          continue;
        }
        const C top = std::floor(row), left = std::floor(column), down = row - top, right = column - left;
        SetTap(taps[i], 0, top, left, (1 - down) * (1 - right), height, width);
        SetTap(taps[i], 1, top, left + 1, (1 - down) * right, height, width);
        SetTap(taps[i], 2, top + 1, left, down * (1 - right), height, width);
        SetTap(taps[i], 3, top + 1, left + 1, down * right, height, width);
      }
      for (int64_t c = 0; c < channels; ++c) {
        const T* plane = x.as<T>() + (image * channels + c) * height * width;
        T* to = out.as<T>() + (image * channels + c) * places + first;
        for (int64_t i = 0; i < length; ++i) {
          C total = 0;
          for (int k = 0; k < count; ++k) {
            total += (taps[i].at[k] < 0 ? C{0} : static_cast<C>(plane[taps[i].at[k]])) * taps[i].weight[k];
          }
          to[i] = static_cast<T>(total);
        }
      }
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(GridSample)

}  // namespace MTC_PORTABLE
