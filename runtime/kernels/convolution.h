// Convolutions over one, two or three spatial axes, channels first: the product of the weights with a matrix that holds
// the windows of the input. That matrix is never stored as a whole; the product copies it block by block.

#ifndef MTC_KERNELS_CONVOLUTION_H_
#define MTC_KERNELS_CONVOLUTION_H_

#include <cstdint>

#include "kernels/shape_rules.h"
#include "kernels/windows.h"

namespace MTC_PORTABLE {

// Sizes of one convolution.
struct ConvSizes : Spatial {
  int64_t batch, channels, out_channels, groups;

  int64_t group_channels() const { return channels / groups; }
  int64_t group_outputs() const { return out_channels / groups; }
  int64_t depth() const { return group_channels() * window(); }
};

// The sizes of operands that PrepareConvolution has accepted.
template <typename Args>
ConvSizes SizesOf(const Args& args) {
  const Tensor &x = *args.x, &weight = *args.weight;
  return {SpatialOf(x, *args.out, 2, weight.shape().subspan(2), args.stride, args.dilation, args.padding), x.dims[0],
          x.dims[1], weight.dims[0], args.groups};
}

// Packs windows as columns: step k is (channel, kernel position), column j an output position.
template <typename C, typename T>
struct WindowColumns {
  static constexpr bool kIsPacked = false;
  const T* x;  // the group's first channel
  const ConvSizes& s;

  MTC_INLINE void Pack(int64_t k, int64_t depth, int64_t column, int64_t count, C* packed) const {
    constexpr int64_t kWidth = kTileColumns<C>;
    if (count < kWidth) __builtin_memset(packed, 0, static_cast<size_t>(depth * kWidth) * sizeof(C));
    // Columns of one output row are one run: they read along one input row.
    for (int64_t j = 0; j < count;) {
      const int64_t position = column + j;
      const int64_t x0 = position % s.out[2], y = position / s.out[2] % s.out[1], z = position / s.out[2] / s.out[1];
      const int64_t length = Least(count - j, s.out[2] - x0);
      PackRun(k, depth, z * s.stride[0] - s.before[0], y * s.stride[1] - s.before[1], x0 * s.stride[2] - s.before[2],
              length, packed + j);
      j += length;
    }
  }

 private:
  // The positions of a run whose tap lies inside the input row.
  struct Part {
    int64_t begin, end;
  };
  MTC_INLINE Part PartInside(int64_t ix, int64_t length) const {
    const int64_t stride = s.stride[2], room = s.in[2] - ix;  // up to the end of the row
    int64_t begin = ix < 0 ? -ix : 0, end = room < 0 ? 0 : room;
    if (stride > 1) {
      begin = (begin + stride - 1) / stride;
      end = (end + stride - 1) / stride;
    }
    return {Least(begin, length), Least(end, length)};
  }

  MTC_INLINE void PackRun(int64_t k, int64_t depth, int64_t z, int64_t y, int64_t x0, int64_t length, C* packed) const {
    constexpr int64_t kWidth = kTileColumns<C>, kKnown = 8;
    Part known[kKnown];  // of the first taps, which come again for every row of the kernel
    for (int64_t i = 0; i < kKnown; ++i) known[i] = PartInside(x0 + i * s.dilation[2], length);
    int64_t kx = k % s.kernel[2], ky = k / s.kernel[2] % s.kernel[1];
    int64_t kz = k / s.kernel[2] / s.kernel[1] % s.kernel[0], channel = k / s.window();
    for (int64_t d = 0; d < depth; ++d, packed += kWidth) {
      const int64_t iz = z + kz * s.dilation[0], iy = y + ky * s.dilation[1], ix = x0 + kx * s.dilation[2];
      if (iz < 0 || iz >= s.in[0] || iy < 0 || iy >= s.in[1]) {
        for (int64_t j = 0; j < length; ++j) packed[j] = C{0};
      } else {
        const Part part = kx < kKnown ? known[kx] : PartInside(ix, length);
        PackRow(x + ((channel * s.in[0] + iz) * s.in[1] + iy) * s.in[2] + ix, part, length, packed);
      }
      if (++kx < s.kernel[2]) continue;
      kx = 0;
      if (++ky < s.kernel[1]) continue;
      ky = 0;
      if (++kz < s.kernel[0]) continue;
      kz = 0;
      ++channel;
    }
  }

  // Elements 0, stride, 2 * stride, ... of an input row; those outside of `part` are zero.
  MTC_INLINE void PackRow(const T* row, Part part, int64_t length, C* packed) const {
    const int64_t stride = s.stride[2];
    for (int64_t j = 0; j < part.begin; ++j) packed[j] = C{0};
    if (stride == 1) {
      CopyRun(row + part.begin, part.end - part.begin, packed + part.begin);
    } else {
      for (int64_t j = part.begin; j < part.end; ++j) packed[j] = static_cast<C>(row[j * stride]);
    }
    for (int64_t j = part.end < part.begin ? part.begin : part.end; j < length; ++j) packed[j] = C{0};
  }

  // At most a panel's width. The last vectors of a run overlap, so that none has a remainder.
  MTC_INLINE static void CopyRun(const T* from, int64_t count, C* to) {
    if constexpr (std::is_same_v<T, C>) {
      constexpr int64_t kFull = kVectorBytes / sizeof(C);
      if (count >= kFull) {
        for (int64_t j = 0; j < count - kFull; j += kFull) __builtin_memcpy(to + j, from + j, kVectorBytes);
        __builtin_memcpy(to + count - kFull, from + count - kFull, kVectorBytes);
        return;
      }
      if constexpr (kVectorBytes > 32) {
        if (count >= kFull / 2) {
          __builtin_memcpy(to, from, kVectorBytes / 2);
          __builtin_memcpy(to + count - kFull / 2, from + count - kFull / 2, kVectorBytes / 2);
          return;
        }
      }
      if constexpr (kVectorBytes > 16) {
        constexpr int64_t kQuarter = 16 / sizeof(C);
        if (count >= kQuarter) {
          for (int64_t j = 0; j < count - kQuarter; j += kQuarter) __builtin_memcpy(to + j, from + j, 16);
          __builtin_memcpy(to + count - kQuarter, from + count - kQuarter, 16);
          return;
        }
      }
    }
    for (int64_t j = 0; j < count; ++j) to[j] = static_cast<C>(from[j]);
  }
};

// A convolution is computed in one of two ways. With enough output channels for a vector, rows of the product are
// output positions, whose windows are copied from an image with its channels last, and columns are output channels,
// from packed weights. With fewer, rows are output channels, and windows are packed as columns.
inline bool HasManyChannels(Isa isa, DType dtype, const ConvSizes& s) {
  return s.group_outputs() >= TileColumns(isa, dtype == DType::kF64 ? 8 : 4) / kTileVectors;
}

template <typename T>
using FewChannelsProduct =
    Product<T, MatrixRows<Compute<T>, T>, WindowColumns<Compute<T>, T>, Bias::kOfRows, Order::kRowMajor>;
template <typename T>
using ManyChannelsProduct =
    Product<T, WindowRows<Compute<T>>, PackedPanels<Compute<T>>, Bias::kOfColumns, Order::kColumnMajor>;

inline ProductSizes FewChannelsSizes(const ConvSizes& s) { return {s.group_outputs(), s.positions(), s.depth()}; }

inline WindowSizes WindowsOf(const ConvSizes& s) { return {s, s.group_channels(), s.channels}; }

inline ProductSizes ManyChannelsSizes(const ConvSizes& s) {
  return {s.positions(), s.group_outputs(), s.depth(), WindowsOf(s).run()};
}

// Elements of the images with their channels last, and of packed weights.
template <typename C>
int64_t ImagesSize(const ConvSizes& s) {
  return RoundUp(s.batch * s.channels * s.in_size(), kGuard / sizeof(C));
}
inline PanelSizes PanelSizesOf(const ConvSizes& s) {
  return {s.group_outputs(), s.depth(), s.window(), WindowsOf(s).run()};
}
template <typename C>
int64_t PanelsSize(Isa isa, const ConvSizes& s) {
  return PackedPanelsSize<C>(isa, PanelSizesOf(s));
}

template <typename T, typename Args>
Finish<T> FinishOf(const Args& args, int64_t channel) {
  using C = Compute<T>;
  return {args.bias ? args.bias->template as<T>() + channel : nullptr, static_cast<C>(args.clamp[0]),
          static_cast<C>(args.clamp[1])};
}

template <typename T, typename Args>
void ConvolveFewChannels(ThreadPool* threads, const Args& args, const ConvSizes& s, void* scratch) {
  const auto product = [&](int64_t index) {
    const int64_t n = index / s.groups, g = index % s.groups, channel = g * s.group_outputs();
    return FewChannelsProduct<T>{
        {args.weight->template as<T>() + channel * s.depth(), s.depth()},
        {args.x->template as<T>() + (n * s.channels + g * s.group_channels()) * s.in_size(), s},
        args.out->template as<T>() + (n * s.out_channels + channel) * s.positions(),
        s.positions(),
        FinishOf<T>(args, channel)};
  };
  Multiply(threads, s.batch * s.groups, FewChannelsSizes(s), product, scratch);
}

// `packed` has the panels of each group; `images` has room for ImagesSize elements.
template <typename T, typename Args>
void ConvolveManyChannels(ThreadPool* threads, const Args& args, const ConvSizes& s, const Compute<T>* packed,
                          Compute<T>* images, void* scratch) {
  constexpr int64_t kBand = 64;  // positions
  const T* x = args.x->template as<T>();
  const int64_t bands = Quotient(s.in_size(), kBand);
  ParallelFor(threads, s.batch * bands, Quotient(1 << 14, kBand * s.channels), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / bands * s.channels * s.in_size(), first = i % bands * kBand;
      TransposeAll(x + image + first, s.in_size(), images + image + first * s.channels, s.channels,
                   Least(kBand, s.in_size() - first), s.channels);
    }
  });
  const WindowSizes windows = WindowsOf(s);
  const auto product = [&](int64_t index) {
    const int64_t n = index / s.groups, g = index % s.groups, channel = g * s.group_outputs();
    return ManyChannelsProduct<T>{{images + n * s.channels * s.in_size() + g * s.group_channels(), windows},
                                  {packed + g * PanelsSize<Compute<T>>(static_cast<Isa>(MTC_ISA_LEVEL), s)},
                                  args.out->template as<T>() + (n * s.out_channels + channel) * s.positions(),
                                  s.positions(),
                                  FinishOf<T>(args, channel)};
  };
  Multiply(threads, s.batch * s.groups, ManyChannelsSizes(s), product, scratch);
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_CONVOLUTION_H_
