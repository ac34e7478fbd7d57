// Pooling over two or three spatial axes: each window of the operand is folded to one element.

#ifndef MTC_KERNELS_POOLING_H_
#define MTC_KERNELS_POOLING_H_

#include "kernels/elementwise.h"
#include "kernels/spatial.h"

namespace MTC_PORTABLE {

constexpr int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

// A pooling seen as [outer, *in, channels] to [outer, *out, channels]: images whose channels come first have one
// channel. Pixels whose channels come last may be those of a wider tensor.
struct PoolSizes : Spatial {
  int64_t outer = 1, channels = 1;
  int64_t in_pitch = 1, out_pitch = 1;  // elements from pixel to pixel
  int64_t after[3] = {};

  int64_t extent(int axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }
  int64_t image_size() const { return in_size() * in_pitch; }
};

template <typename Args>
PoolSizes PoolSizesOf(const Args& args, Span<const int64_t> dilation, Layout layout) {
  const Tensor &x = *args.x, &out = *args.out;
  const int spatial = x.rank - 2, first = layout == Layout::kNhwc ? 1 : 2;
  PoolSizes s = {SpatialOf(x, out, first, args.kernel_size, args.stride, dilation, args.padding)};
  s.outer = layout == Layout::kNhwc ? x.dims[0] : x.dims[0] * x.dims[1];
  if (layout == Layout::kNhwc) {
    s.channels = x.dims[x.rank - 1];
    s.in_pitch = x.pitch;
    s.out_pitch = out.pitch;
  }
  for (int i = 0; i < spatial; ++i) s.after[3 - spatial + i] = args.padding[2 * i + 1];
  return s;
}

template <typename Args>
Status PreparePooling(PrepareContext& context, const Args& args, int spatial, Span<const int64_t> dilation,
                      Layout layout) {
  const Tensor& x = *args.x;
  const auto axes = static_cast<size_t>(spatial);
  if (x.rank != spatial + 2 || args.kernel_size.size() != axes || args.stride.size() != axes ||
      args.padding.size() != 2 * axes || (!dilation.empty() && dilation.size() != axes)) {
    return context.Fail(Status::kInvalidProgram, "pooling over %d axes of a tensor of rank %d", spatial, x.rank);
  }
  constexpr int64_t kMost = int64_t{1} << 30;
  int64_t dims[kMaxRank];
  for (int i = 0; i < x.rank; ++i) dims[i] = x.dims[i];
  for (int i = 0; i < spatial; ++i) {
    const int64_t kernel = args.kernel_size[i], stride = args.stride[i], step = dilation.empty() ? 1 : dilation[i];
    const int64_t before = args.padding[2 * i], after = args.padding[2 * i + 1];
    int64_t* size = &dims[(layout == Layout::kNhwc ? 1 : 2) + i];
    const bool is_valid = kernel > 0 && kernel < kMost && stride > 0 && stride < kMost && step > 0 && step < kMost;
    const int64_t extent = is_valid ? step * (kernel - 1) + 1 : 0;
    if (before < 0 || after < 0 || before >= extent || after >= extent) {
      return context.Fail(Status::kInvalidProgram, "a window, its stride or its padding is not valid");
    }
    const int64_t room = *size + before + after - extent, last = FloorDivide(*size + before - 1, stride);
    int64_t count = FloorDivide(room, stride);
    if (args.ceil_mode) {
      count = -FloorDivide(-room, stride);
      if (count > last) count = last;
    }
    if (count < 0) return context.Fail(Status::kInvalidArgument, "the window is larger than the padded input");
    *size = count + 1;
  }
  return context.Resize(args.out, {dims, x.rank});
}

// The taps of one window along one axis that lie inside the operand: [begin, end) of the kernel.
struct Taps {
  int64_t start, begin, end;

  Taps(const PoolSizes& s, int axis, int64_t position) {
    const int64_t step = s.dilation[axis], size = s.in[axis];
    start = position * s.stride[axis] - s.before[axis];
    begin = start < 0 ? (-start + step - 1) / step : 0;
    end = size <= start ? 0 : (size - start + step - 1) / step;
    if (end > s.kernel[axis]) end = s.kernel[axis];
  }
};

// Places of a window without dilation that an average counts: those inside, or with the padding but no overhang.
inline int64_t CountedPlaces(const PoolSizes& s, int axis, int64_t position, bool with_padding) {
  const int64_t start = position * s.stride[axis] - s.before[axis];
  const int64_t low = with_padding ? -s.before[axis] : 0, high = s.in[axis] + (with_padding ? s.after[axis] : 0);
  const int64_t begin = start < low ? low : start, end = start + s.kernel[axis] < high ? start + s.kernel[axis] : high;
  return end > begin ? end - begin : 0;
}

// The first `lanes` of elements 0, stride, 2 * stride, ... of a line; the others are anything.
template <typename C>
MTC_INLINE Pack<C> LoadStrided(const C* line, int64_t stride, int64_t lanes) {
  if constexpr (kPackWidth<C> == 1) {
    return *line;
  } else {
    if (stride == 1) return Load<Vec>(line);
    if (stride == 2) return ShuffleLanes<0, 2>(Load<Vec>(line), Load<Vec>(line + kLanes));
    Vec v = {};
    for (int64_t i = 0; i < lanes; ++i) v[i] = line[i * stride];
    return v;
  }
}

// The taps of the window at `start` of a row, one by one.
template <typename T, typename Fold>
Compute<T> FoldWindow(const PoolSizes& s, const T* row, int64_t position, Compute<T> value, const Fold& fold) {
  const Taps taps(s, 2, position);
  for (int64_t k = taps.begin; k < taps.end; ++k) {
    value = fold(value, static_cast<Compute<T>>(row[taps.start + k * s.dilation[2]]));
  }
  return value;
}

// Calls body(row) for the rows of the operand that the windows of one row of the result cover.
template <typename T, typename Body>
MTC_INLINE void ForWindowRows(const PoolSizes& s, const T* x, int64_t z, int64_t y, const Body& body) {
  const Taps deep(s, 0, z), high(s, 1, y);
  for (int64_t kz = deep.begin; kz < deep.end; ++kz) {
    for (int64_t ky = high.begin; ky < high.end; ++ky) {
      const int64_t iz = deep.start + kz * s.dilation[0], iy = high.start + ky * s.dilation[1];
      body(x + (iz * s.in[1] + iy) * s.in[2] * s.in_pitch);
    }
  }
}

// Folds the rows under the windows of one row of the result to one line: of the columns [start, start + columns), which
// may lie outside the image.
template <typename T, typename Fold>
MTC_INLINE void FoldRows(const PoolSizes& s, const T* x, int64_t z, int64_t y, int64_t start, int64_t columns,
                         Compute<T> first, Compute<T>* line, const Fold& fold) {
  const int64_t begin = Most(-start, 0) * s.in_pitch, end = Least(s.in[2] - start, columns) * s.in_pitch;
  for (int64_t i = 0; i < columns * s.in_pitch; ++i) line[i] = first;
  ForWindowRows(s, x, z, y, [&](const T* image_row) {
    const T* row = image_row + start * s.in_pitch;
    int64_t i = begin;
    if constexpr (kPackWidth < T >> 1) {
      for (; i + kLanes <= end; i += kLanes) Store(line + i, fold(Load<Vec>(line + i), LoadPack(row + i)));
    }
    for (; i < end; ++i) line[i] = fold(line[i], static_cast<Compute<T>>(row[i]));
  });
}

inline constexpr int64_t kFoldedLine = 512;  // elements that rows are folded to at once

// out[position] = finish(fold of the window, position), where `fold` starts from `first` and takes Packs or scalars.
// The rows of the windows are folded to one line, then the places of that line.
template <typename T, typename Fold, typename Finish>
MTC_INLINE void PoolRow(const PoolSizes& s, const T* x, T* out, int64_t z, int64_t y, Compute<T> first,
                        const Fold& fold, const Finish& finish) {
  using C = Compute<T>;
  constexpr int64_t kSlack = 2 * kPackWidth<C>;
  C line[kFoldedLine + kSlack], values[kFoldedLine + kPackWidth<C>];
  const int64_t extent = s.extent(2), stride = s.stride[2];
  if (extent > kFoldedLine) {
    for (int64_t position = 0; position < s.out[2]; ++position) {
      C value = first;
      ForWindowRows(s, x, z, y, [&](const T* row) { value = FoldWindow(s, row, position, value, fold); });
      out[position] = static_cast<T>(finish(value, position));
    }
    return;
  }
  const int64_t block = (kFoldedLine - extent) / stride + 1;
  for (int64_t from = 0; from < s.out[2]; from += block) {
    const int64_t count = s.out[2] - from < block ? s.out[2] - from : block;
    FoldRows(s, x, z, y, from * stride - s.before[2], (count - 1) * stride + extent, first, line, fold);
    for (int64_t i = 0; i < count; i += kPackWidth<C>) {
      const int64_t lanes = count - i < kPackWidth<C> ? count - i : kPackWidth<C>;
      auto value = static_cast<Pack<C>>(Pack<C>{} + first);
      for (int64_t k = 0; k < s.kernel[2]; ++k) {
        value = fold(value, LoadStrided(line + i * stride + k * s.dilation[2], stride, lanes));
      }
      StorePack(values + i, value);
    }
    for (int64_t i = 0; i < count; ++i) out[from + i] = static_cast<T>(finish(values[i], from + i));
  }
}

// The windows of one position, for as many channels as kPacks Packs hold.
template <typename T, int kPacks, typename Fold>
MTC_INLINE void FoldChannels(const PoolSizes& s, const T* x, const Taps (&taps)[3], int64_t lanes, Pack<T> first,
                             Pack<T> (&values)[kPacks], const Fold& fold) {
  for (Pack<T>& value : values) value = first;
  const int64_t step = s.dilation[2] * s.in_pitch;
  for (int64_t kz = taps[0].begin; kz < taps[0].end; ++kz) {
    for (int64_t ky = taps[1].begin; ky < taps[1].end; ++ky) {
      const int64_t iz = taps[0].start + kz * s.dilation[0], iy = taps[1].start + ky * s.dilation[1];
      const int64_t ix = taps[2].start + taps[2].begin * s.dilation[2];
      const T* from = x + ((iz * s.in[1] + iy) * s.in[2] + ix) * s.in_pitch;
      for (int64_t kx = taps[2].begin; kx < taps[2].end; ++kx, from += step) {
        if constexpr (kPacks == 1) {
          values[0] = fold(values[0], LoadPack(from, lanes, Pack<T>{}));
        } else {
          MTC_UNROLL
          for (int i = 0; i < kPacks; ++i) values[i] = fold(values[i], LoadPack(from + i * kPackWidth<T>));
        }
      }
    }
  }
}

// The same where channels come last and are fewer than a vector has lanes: rows are folded across all their pixels.
template <typename T, typename Fold, typename Finish>
MTC_INLINE void PoolFewChannels(const PoolSizes& s, const T* x, T* out, int64_t z, int64_t y, Compute<T> first,
                                const Fold& fold, const Finish& finish) {
  using C = Compute<T>;
  // The last vector of a block begins with the last column that a window reads: it ends within the slack.
  C line[kFoldedLine + kPackWidth<C>] = {};
  const int64_t extent = s.extent(2), stride = s.stride[2];
  const int64_t block = (kFoldedLine / s.in_pitch - extent) / stride + 1;
  for (int64_t from = 0; from < s.out[2]; from += block) {
    const int64_t count = Least(s.out[2] - from, block);
    FoldRows(s, x, z, y, from * stride - s.before[2], (count - 1) * stride + extent, first, line, fold);
    for (int64_t i = 0; i < count; ++i) {
      auto value = static_cast<Pack<T>>(Pack<T>{} + first);
      for (int64_t k = 0; k < s.kernel[2]; ++k) {
        value = fold(value, LoadPack(line + (i * stride + k * s.dilation[2]) * s.in_pitch));
      }
      StorePack<T>(out + (from + i) * s.out_pitch, finish(value, from + i), s.channels);
    }
  }
}

// The same where channels come last: every lane is a channel.
template <typename T, typename Fold, typename Finish>
MTC_INLINE void PoolPixels(const PoolSizes& s, const T* x, T* out, int64_t z, int64_t y, Compute<T> least,
                           const Fold& fold, const Finish& finish) {
  constexpr int kPacks = 4, kWidth = kPackWidth<T>;  // several, so that one fold need not wait for the one before it
  const auto first = static_cast<Pack<T>>(Pack<T>{} + least);
  for (int64_t position = 0; position < s.out[2]; ++position, out += s.out_pitch) {
    const Taps taps[3] = {{s, 0, z}, {s, 1, y}, {s, 2, position}};
    int64_t c = 0;
    for (; c + kPacks * kWidth <= s.channels; c += kPacks * kWidth) {
      Pack<T> values[kPacks];
      FoldChannels(s, x + c, taps, kWidth, first, values, fold);
      MTC_UNROLL
      for (int i = 0; i < kPacks; ++i) StorePack<T>(out + c + i * kWidth, finish(values[i], position));
    }
    for (; c < s.channels; c += kWidth) {
      const int64_t lanes = s.channels - c < kWidth ? s.channels - c : kWidth;
      Pack<T> values[1];
      FoldChannels(s, x + c, taps, lanes, first, values, fold);
      StorePack<T>(out + c, finish(values[0], position), lanes);
    }
  }
}

template <typename T, typename Fold, typename Finish>
MTC_INLINE void Pool(KernelContext& context, const PoolSizes& s, const Tensor& x, const Tensor& out, Layout layout,
                     Compute<T> first, const Fold& fold, const Finish& finish) {
  const int64_t row = s.out[2] * s.channels, rows = s.outer * s.out[0] * s.out[1];
  if (row == 0) return;
  const bool is_folded_by_rows = layout == Layout::kNhwc && s.channels < kPackWidth<T> && s.in_pitch == s.channels &&
                                 s.kernel[1] > 1 && s.extent(2) <= kFoldedLine / s.channels;
  ParallelFor(context.threads, rows, 1 + 4096 / row, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t y = task % s.out[1], z = task / s.out[1] % s.out[0];
      const T* from = x.as<T>() + task / s.out[1] / s.out[0] * s.image_size();
      T* to = out.as<T>() + task * s.out[2] * s.out_pitch;
      if (is_folded_by_rows) {
        PoolFewChannels(s, from, to, z, y, first, fold, finish(z, y));
      } else if (layout == Layout::kNhwc) {
        PoolPixels(s, from, to, z, y, first, fold, finish(z, y));
      } else {
        PoolRow(s, from, to, z, y, first, fold, finish(z, y));
      }
    }
  });
}

template <typename T>
MTC_INLINE void MaxPool(KernelContext& context, const PoolSizes& s, const Tensor& x, const Tensor& out, Layout layout,
                        double low, double high) {
  const Compute<T> least = Constant<T>(low), most = Constant<T>(high), first = Constant<T>(-__builtin_inf());
  const auto clamped = [=](auto v, int64_t) {
    return AtMost(AtLeast(v, Fill<decltype(v)>(least)), Fill<decltype(v)>(most));
  };
  Pool<T>(
      context, s, x, out, layout, first, [](auto a, auto b) { return Max(a, b); },
      [=](int64_t, int64_t) { return clamped; });
}

template <typename T, typename Args>
MTC_INLINE void AveragePool(KernelContext& context, const PoolSizes& s, const Args& args, Layout layout, double low,
                            double high) {
  using C = Compute<T>;
  const bool with_padding = args.count_include_pad;
  const int64_t divisor = args.divisor_override;
  Pool<T>(
      context, s, *args.x, *args.out, layout, C{0}, [](auto a, auto b) { return a + b; },
      [=, &s](int64_t z, int64_t y) {
        const int64_t rows = CountedPlaces(s, 0, z, with_padding) * CountedPlaces(s, 1, y, with_padding);
        return [=, &s](auto v, int64_t x) {
          using V = decltype(v);
          const int64_t places = divisor != 0 ? divisor : rows * CountedPlaces(s, 2, x, with_padding);
          return AtMost(AtLeast(v / static_cast<C>(places), Fill<V>(low)), Fill<V>(high));
        };
      });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_POOLING_H_
