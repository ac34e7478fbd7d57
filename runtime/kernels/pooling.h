// Pooling over two or three spatial axes: each window of the operand is folded to one element.

#ifndef MTC_KERNELS_POOLING_H_
#define MTC_KERNELS_POOLING_H_

#include "kernels/pooling_rows.h"

namespace MTC_PORTABLE {

constexpr int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

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

// Places of a window without dilation that an average counts: those inside, or with the padding but no overhang.
inline int64_t CountedPlaces(const PoolSizes& s, int axis, int64_t position, bool with_padding) {
  const int64_t start = position * s.stride[axis] - s.before[axis];
  const int64_t low = with_padding ? -s.before[axis] : 0, high = s.in[axis] + (with_padding ? s.after[axis] : 0);
  const int64_t begin = start < low ? low : start, end = start + s.kernel[axis] < high ? start + s.kernel[axis] : high;
  return end > begin ? end - begin : 0;
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

// The layouts that a kernel pools in: code for others is left out.
template <bool kHasNchw, bool kHasNhwc>
struct PoolLayouts {
  static constexpr bool kNchw = kHasNchw, kNhwc = kHasNhwc;
};
template <typename Layouts>
Status CheckLayout(PrepareContext& context, Layout layout) {
  if (layout == Layout::kNhwc ? Layouts::kNhwc : Layouts::kNchw) return Status::kOk;
  return context.Fail(Status::kInvalidProgram, "this runtime was built without the variant `%s`",
                      layout == Layout::kNhwc ? "nhwc" : "nchw");
}
using PoolsNchw = PoolLayouts<true, false>;
using PoolsNhwc = PoolLayouts<false, true>;

template <typename Layouts, typename T, typename Fold, typename Finish>
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
      if (Layouts::kNhwc && is_folded_by_rows) {
        PoolFewChannels(s, from, to, z, y, first, fold, finish(z, y));
      } else if (Layouts::kNhwc && (!Layouts::kNchw || layout == Layout::kNhwc)) {
        PoolPixels(s, from, to, z, y, first, fold, finish(z, y));
      } else if (Layouts::kNchw) {
        PoolRow(s, from, to, z, y, first, fold, finish(z, y));
      }
    }
  });
}

template <typename Layouts, typename T>
MTC_INLINE void MaxPool(KernelContext& context, const PoolSizes& s, const Tensor& x, const Tensor& out, Layout layout,
                        double low, double high) {
  const Compute<T> least = Constant<T>(low), most = Constant<T>(high), first = Constant<T>(-__builtin_inf());
  const auto clamped = [=](auto v, int64_t) {
    return AtMost(AtLeast(v, Fill<decltype(v)>(least)), Fill<decltype(v)>(most));
  };
  Pool<Layouts, T>(
      context, s, x, out, layout, first, [](auto a, auto b) { return Max(a, b); },
      [=](int64_t, int64_t) { return clamped; });
}

template <typename Layouts, typename T, typename Args>
MTC_INLINE void AveragePool(KernelContext& context, const PoolSizes& s, const Args& args, Layout layout, double low,
                            double high) {
  using C = Compute<T>;
  const bool with_padding = args.count_include_pad;
  const int64_t divisor = args.divisor_override;
  Pool<Layouts, T>(
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
