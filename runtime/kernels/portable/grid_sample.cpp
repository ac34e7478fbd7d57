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
  const int spatial = x.rank - 2;
  if ((spatial != 2 && spatial != 3) || grid.rank != x.rank || (spatial == 3 && args.mode == Interpolation::kBicubic)) {
    return context.Fail(Status::kInvalidProgram, "images of rank %d, a grid of rank %d", x.rank, grid.rank);
  }
  if (x.dims[0] != grid.dims[0] || grid.dim(-1) != spatial) {
    return context.Fail(Status::kInvalidArgument, "the grid is not [%lld, ..., %d]", static_cast<long long>(x.dims[0]),
                        spatial);
  }
  int64_t dims[kMaxRank] = {x.dims[0], x.dims[1]};
  for (int i = 1; i <= spatial; ++i) dims[1 + i] = grid.dims[i];
  return context.Resize(args.out, {dims, static_cast<size_t>(x.rank)});
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
C InPixels(C where, int64_t size, bool align_corners) {
  const C count = static_cast<C>(size);
  return align_corners ? (where + 1) / 2 * (count - 1) : ((where + 1) * count - 1) / 2;
}

// What is read for a place that may be outside.
template <typename C>
C Bounded(C pixel, int64_t size, const GridSampleArgs& args) {
  const C count = static_cast<C>(size);
  if (args.padding_mode == Outside::kReflection) {
    pixel = args.align_corners ? Reflected<C>(pixel, 0, count - 1) : Reflected<C>(pixel, C{-0.5f}, count - C{0.5f});
  }
  if (args.padding_mode == Outside::kZeros) return pixel;
  return !(pixel > 0) ? C{0} : pixel > count - 1 ? count - 1 : pixel;
}

// The pixels that a place is read from; -1 is none, which counts as zero.
template <typename C>
struct GridTaps {
  int64_t at[16];
  C weight[16];
};

// A pixel at a whole place on each axis.
template <int kAxes, typename C>
void SetTap(GridTaps<C>& taps, int k, const C* place, const int64_t* sizes, C weight) {
  int64_t at = 0;
  for (int axis = 0; axis < kAxes; ++axis) {
    const bool inside = place[axis] >= 0 && place[axis] < static_cast<C>(sizes[axis]);
    at = inside && at >= 0 ? at * sizes[axis] + static_cast<int64_t>(place[axis]) : -1;
  }
  taps.at[k] = at;
  taps.weight[k] = weight;
}

// Those around a place: every second one of two on each axis is behind it.
template <int kAxes, typename C>
void SetLinearTaps(GridTaps<C>& taps, const C* place, const int64_t* sizes) {
  C begin[kAxes], part[kAxes];
  for (int axis = 0; axis < kAxes; ++axis) {
    begin[axis] = std::floor(place[axis]);
    part[axis] = place[axis] - begin[axis];
  }
  for (int k = 0; k < 1 << kAxes; ++k) {
    C corner[kAxes], weight = 1;
    for (int axis = 0; axis < kAxes; ++axis) {
      const bool after = k >> (kAxes - 1 - axis) & 1;
      corner[axis] = after ? begin[axis] + 1 : begin[axis];
      weight *= after ? part[axis] : 1 - part[axis];
    }
    SetTap<kAxes>(taps, k, corner, sizes, weight);
  }
}

// The weights of four pixels around a place, which is `t` behind the second: Keys' convolution with a = -3/4.
template <typename C>
void CubicWeights(C t, C* weights) {
  const C a = C{-0.75f};
  const auto near = [a](C d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [a](C d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  weights[0] = far(t + 1);
  weights[1] = near(t);
  weights[2] = near(1 - t);
  weights[3] = far(2 - t);
}

template <typename C>
void SetCubicTaps(GridTaps<C>& taps, const C* place, const int64_t* sizes, const GridSampleArgs& args) {
  C weights[2][4], pixels[2][4];
  for (int axis = 0; axis < 2; ++axis) {
    const C begin = std::floor(place[axis]);
    CubicWeights(place[axis] - begin, weights[axis]);
    for (int k = 0; k < 4; ++k) {
      pixels[axis][k] = std::trunc(Bounded(begin + static_cast<C>(k - 1), sizes[axis], args));
    }
  }
  for (int k = 0; k < 16; ++k) {
    const C pixel[] = {pixels[0][k / 4], pixels[1][k % 4]};
    SetTap<2>(taps, k, pixel, sizes, weights[0][k / 4] * weights[1][k % 4]);
  }
}

// `grid` names the axes from the last to the first.
template <int kAxes, typename T, typename C>
void SetTaps(GridTaps<C>& taps, const T* grid, const int64_t* sizes, const GridSampleArgs& args) {
  C place[kAxes];
  for (int axis = 0; axis < kAxes; ++axis) {
    place[axis] = InPixels(static_cast<C>(grid[kAxes - 1 - axis]), sizes[axis], args.align_corners);
    if (args.mode != Interpolation::kBicubic) place[axis] = Bounded(place[axis], sizes[axis], args);
    if (args.mode == Interpolation::kNearest) place[axis] = std::rint(place[axis]);
  }
  if (args.mode == Interpolation::kNearest) return SetTap<kAxes>(taps, 0, place, sizes, C{1});
  if (args.mode == Interpolation::kBilinear) return SetLinearTaps<kAxes>(taps, place, sizes);
  if constexpr (kAxes == 2) SetCubicTaps(taps, place, sizes, args);
}

template <typename T>
Status RunGridSample(KernelContext& context, const GridSampleArgs& args) {
  using C = Compute<T>;
  const Tensor &x = *args.x, &out = *args.out;
  if (out.count() == 0) return Status::kOk;
  const int axes = x.rank - 2;
  const int64_t channels = x.dims[1], *sizes = x.dims + 2;
  int64_t pixels = 1, places = 1;
  for (int axis = 2; axis < x.rank; ++axis) {
    pixels *= x.dims[axis];
    places *= out.dims[axis];
  }
  const int64_t blocks = (places + kPlaces - 1) / kPlaces;
  const int count = args.mode == Interpolation::kNearest ? 1 : args.mode == Interpolation::kBilinear ? 1 << axes : 16;
  ParallelFor(context.threads, x.dims[0] * blocks, 1 + 64 / channels, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t image = task / blocks, first = task % blocks * kPlaces;
      const int64_t length = places - first < kPlaces ? places - first : kPlaces;
      const T* grid = args.grid->as<T>() + (image * places + first) * axes;
      GridTaps<C> taps[kPlaces];
      for (int64_t i = 0; i < length; ++i) {
        if (axes == 2) {
          SetTaps<2>(taps[i], grid + 2 * i, sizes, args);
        } else {
          SetTaps<3>(taps[i], grid + 3 * i, sizes, args);
        }
      }
      for (int64_t c = 0; c < channels; ++c) {
        const T* plane = x.as<T>() + (image * channels + c) * pixels;
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
