#ifndef MTC_KERNELS_POOLING_SIZES_H_
#define MTC_KERNELS_POOLING_SIZES_H_

#include "generated/args.h"
#include "kernels/spatial.h"

namespace MTC_PORTABLE {

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

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_POOLING_SIZES_H_
