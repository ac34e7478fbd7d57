// Transposed convolutions over two or three spatial axes, channels first. A product gives what each element of the
// input adds with each weight; each element of the result then gathers what meets there. Output channels are taken a
// few at a time, so that what is added stays small.

#ifndef MTC_KERNELS_TRANSPOSED_CONVOLUTION_H_
#define MTC_KERNELS_TRANSPOSED_CONVOLUTION_H_

#include "kernels/convolution.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kPartsSize = 1 << 18;  // elements of the product that are wanted at once
inline constexpr int64_t kGathered = 64;        // columns whose sums are gathered together

// In ConvSizes, `depth` is of a convolution; here the inner dimension of the product is a group's input channels.
MTC_INLINE int64_t BlockChannels(const ConvSizes& s) {
  const int64_t each = s.window() * s.in_size() + 1, most = s.group_outputs();
  const int64_t wanted = kPartsSize / each < 4 ? 4 : kPartsSize / each;
  return most < wanted ? most : wanted;
}
MTC_INLINE int64_t ChannelBlocks(const ConvSizes& s) {
  const int64_t block = BlockChannels(s);
  return (s.group_outputs() + block - 1) / block;
}

template <typename Args>
ConvSizes TransposedSizesOf(const Args& args) {
  const Tensor &x = *args.x, &weight = *args.weight;
  return {SpatialOf(x, *args.out, 2, weight.shape().subspan(2), args.stride, args.dilation, args.padding), x.dims[0],
          x.dims[1], weight.dims[1] * args.groups, args.groups};
}

// Elements of the packed weights, and where those of an output channel begin.
MTC_INLINE int64_t TransposedWeightsSize(const ConvSizes& s) {
  return s.out_channels * s.window() * s.group_channels();
}
template <typename C>
MTC_INLINE C* TransposedWeightsOf(C* packed, const ConvSizes& s, int64_t channel) {
  return packed + channel * s.window() * s.group_channels();
}

// Packs weights [in, out / groups, window] as a matrix of rows (output channel, tap) by a group's input channels. Any
// block of channels is a part of it, so that images of all sizes take the same weights.
template <typename C, typename T>
void PackTransposedWeights(const T* weight, const ConvSizes& s, C* packed) {
  const int64_t rows = s.group_outputs() * s.window();
  for (int64_t g = 0; g < s.groups; ++g, packed += rows * s.group_channels()) {
    for (int64_t k = 0; k < s.group_channels(); ++k, weight += rows) {
      for (int64_t i = 0; i < rows; ++i) packed[i * s.group_channels() + k] = static_cast<C>(weight[i]);
    }
  }
}

// Adds to sums[0..count) the parts that meet columns [begin, begin + count) of one row of the result, of one tap.
template <typename C>
MTC_INLINE void GatherTap(const ConvSizes& s, const C* parts, int64_t tap, int64_t begin, int64_t count, C* sums) {
  const int64_t stride = s.stride[2], offset = tap * s.dilation[2] - s.before[2];
  // Input column i adds to column i * stride + offset.
  const int64_t before = begin - offset;
  int64_t i = before <= 0 ? 0 : (before + stride - 1) / stride;
  int64_t at = i * stride + offset - begin;
  if (stride == 1) {
    for (; at < count && i < s.in[2]; ++i, ++at) sums[at] += parts[i];
  } else {
    for (; at < count && i < s.in[2]; ++i, at += stride) sums[at] += parts[i];
  }
}

// Whether tap `tap` meets position `out` of axis `axis`, and which input position it comes from.
MTC_INLINE bool Meets(const ConvSizes& s, int axis, int64_t out, int64_t tap, int64_t* in) {
  const int64_t place = out + s.before[axis] - tap * s.dilation[axis];
  *in = place / s.stride[axis];
  return place >= 0 && place % s.stride[axis] == 0 && *in < s.in[axis];
}

// One row of the result of one channel, from parts [window, in].
template <typename T, typename C>
MTC_INLINE void GatherRow(const ConvSizes& s, const C* parts, int64_t z, int64_t y, C bias, C low, C high, T* out) {
  for (int64_t begin = 0; begin < s.out[2]; begin += kGathered) {
    const int64_t count = Least(kGathered, s.out[2] - begin);
    C sums[kGathered];
    for (int64_t j = 0; j < count; ++j) sums[j] = bias;
    int64_t iz, iy;
    for (int64_t kz = 0; kz < s.kernel[0]; ++kz) {
      if (!Meets(s, 0, z, kz, &iz)) continue;
      for (int64_t ky = 0; ky < s.kernel[1]; ++ky) {
        if (!Meets(s, 1, y, ky, &iy)) continue;
        for (int64_t kx = 0; kx < s.kernel[2]; ++kx) {
          const int64_t tap = (kz * s.kernel[1] + ky) * s.kernel[2] + kx;
          GatherTap(s, parts + tap * s.in_size() + (iz * s.in[1] + iy) * s.in[2], kx, begin, count, sums);
        }
      }
    }
    for (int64_t j = 0; j < count; ++j) {
      out[begin + j] = static_cast<T>(sums[j] < low ? low : sums[j] > high ? high : sums[j]);
    }
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_TRANSPOSED_CONVOLUTION_H_
