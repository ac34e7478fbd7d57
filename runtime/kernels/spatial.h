// Windows that move over images of one to three spatial axes.

#ifndef MTC_KERNELS_SPATIAL_H_
#define MTC_KERNELS_SPATIAL_H_

#include <cstdint>

#include "core/span.h"
#include "core/tensor.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

// Missing axes come first: images of size 1 and windows of one place.
struct Spatial {
  int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, before[3] = {};

  int64_t window() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t positions() const { return out[0] * out[1] * out[2]; }
  int64_t in_size() const { return in[0] * in[1] * in[2]; }
  // Places that a window spans.
  int64_t extent(int axis) const { return (kernel[axis] - 1) * dilation[axis] + 1; }
};

// The spatial axes of `x` and `out` begin at `first`. `padding` has two numbers for each axis; no `dilation` is one
// of 1.
inline Spatial SpatialOf(const Tensor& x, const Tensor& out, int first, Span<const int64_t> kernel,
                         Span<const int64_t> stride, Span<const int64_t> dilation, Span<const int64_t> padding) {
  Spatial s;
  const int axes = x.rank - 2;
  for (int i = 0; i < axes; ++i) {
    const int to = 3 - axes + i;
    s.in[to] = x.dims[first + i];
    s.out[to] = out.dims[first + i];
    s.kernel[to] = kernel[i];
    s.stride[to] = stride[i];
    s.dilation[to] = dilation.empty() ? 1 : dilation[i];
    s.before[to] = padding[2 * i];
  }
  return s;
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_SPATIAL_H_
