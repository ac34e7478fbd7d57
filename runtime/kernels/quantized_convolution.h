// Convolutions of integers, and their transposes, channels first: the portable kernels, which equal the reference.

#ifndef MTC_KERNELS_QUANTIZED_CONVOLUTION_H_
#define MTC_KERNELS_QUANTIZED_CONVOLUTION_H_

#include "core/thread_pool.h"
#include "kernels/convolution.h"
#include "kernels/requantization.h"

namespace MTC_PORTABLE {

// Results of a row whose sums are held at a time.
inline constexpr int64_t kSums = 256;
// Products of bytes whose sum fits 32 bits.
inline constexpr int64_t kMostTerms = 32768;

// The results [begin, begin + count) of a row of one channel, in 32 bits until there may be too many terms.
struct RowSums {
  int64_t begin, count;
  int64_t terms = 0;
  int32_t sums[kSums] = {};
  int64_t total[kSums] = {};

  RowSums(int64_t from, int64_t size) : begin(from), count(size) {}

  // Makes room for as many more.
  void Expect(int64_t more) {
    terms += more;
    if (terms <= kMostTerms) return;
    terms = more;
    Flush();
  }
  void Flush() {
    for (int64_t j = 0; j < count; ++j) {
      total[j] += sums[j];
      sums[j] = 0;
    }
  }
};

// Adds weight * (x - zero) for a tap that meets result j at x[first + j * step], where first + j * step is in the row.
template <typename X>
MTC_INLINE void AddTap(RowSums& row, const X* x, int64_t size, int64_t first, int64_t step, int32_t zero,
                       int32_t weight) {
  const int64_t at = first + row.begin * step;
  int64_t j = at >= 0 ? 0 : (-at + step - 1) / step;
  const int64_t end = Least(row.count, at >= size ? 0 : (size - 1 - at) / step + 1);
  if (step == 1) {
    for (; j < end; ++j) row.sums[j] += weight * (static_cast<int32_t>(x[at + j]) - zero);
  } else {
    for (; j < end; ++j) row.sums[j] += weight * (static_cast<int32_t>(x[at + j * step]) - zero);
  }
}

// The same of a transposed convolution: input i meets result i * step - shift.
template <typename X>
MTC_INLINE void AddTransposedTap(RowSums& row, const X* x, int64_t size, int64_t shift, int64_t step, int32_t zero,
                                 int32_t weight) {
  const int64_t from = row.begin + shift;
  int64_t i = from <= 0 ? 0 : (from + step - 1) / step;
  for (; i < size; ++i) {
    const int64_t j = i * step - from;
    if (j >= row.count) return;
    row.sums[j] += weight * (static_cast<int32_t>(x[i]) - zero);
  }
}

template <typename X>
void WriteRow(RowSums& row, const Requantization& q, int64_t channel, X* out) {
  row.Flush();
  const int64_t bias = q.Bias(channel);
  for (int64_t j = 0; j < row.count; ++j) out[row.begin + j] = static_cast<X>(q.Step(row.total[j] + bias, channel));
}

// Calls body(row, batch, channel, z, y) for pieces of rows of the result, and writes them.
template <typename X, typename Body>
void ForEachResult(ThreadPool* threads, const ConvSizes& s, const Requantization& q, X* out, const Body& body) {
  const int64_t rows = s.batch * s.out_channels * s.out[0] * s.out[1];
  const int64_t work = Most(s.out[2] * s.window() * s.group_channels(), 1);
  ParallelFor(threads, rows, 1 + kElementGrain / work, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const int64_t y = index % s.out[1], z = index / s.out[1] % s.out[0], plane = index / s.out[1] / s.out[0];
      const int64_t channel = plane % s.out_channels;
      for (int64_t first = 0; first < s.out[2]; first += kSums) {
        RowSums row(first, Least(kSums, s.out[2] - first));
        body(row, plane / s.out_channels, channel, z, y);
        WriteRow(row, q, channel, out + index * s.out[2]);
      }
    }
  });
}

template <typename X, typename W>
void ConvolveQuantized(ThreadPool* threads, const ConvSizes& s, const Requantization& q, const X* x, const W* weight,
                       X* out) {
  const int64_t depth = s.group_channels();
  ForEachResult(threads, s, q, out, [&](RowSums& row, int64_t n, int64_t channel, int64_t z, int64_t y) {
    const int64_t group = channel / s.group_outputs();
    const int32_t weight_zero = q.weight_zero(channel);
    for (int64_t c = 0; c < depth; ++c) {
      const X* image = x + (n * s.channels + group * depth + c) * s.in_size();
      const W* taps = weight + (channel * depth + c) * s.window();
      for (int64_t kz = 0; kz < s.kernel[0]; ++kz) {
        const int64_t iz = z * s.stride[0] - s.before[0] + kz * s.dilation[0];
        if (iz < 0 || iz >= s.in[0]) continue;
        for (int64_t ky = 0; ky < s.kernel[1]; ++ky) {
          const int64_t iy = y * s.stride[1] - s.before[1] + ky * s.dilation[1];
          if (iy < 0 || iy >= s.in[1]) continue;
          for (int64_t kx = 0; kx < s.kernel[2]; ++kx) {
            row.Expect(1);
            const int32_t w = taps[(kz * s.kernel[1] + ky) * s.kernel[2] + kx] - weight_zero;
            AddTap(row, image + (iz * s.in[1] + iy) * s.in[2], s.in[2], kx * s.dilation[2] - s.before[2], s.stride[2],
                   q.x_zero, w);
          }
        }
      }
    }
  });
}

// Whether tap `tap` meets position `out` of axis `axis`, and which input position it comes from.
inline bool MeetsQuantized(const ConvSizes& s, int axis, int64_t out, int64_t tap, int64_t* in) {
  const int64_t place = out + s.before[axis] - tap * s.dilation[axis];
  *in = place / s.stride[axis];
  return place >= 0 && place % s.stride[axis] == 0 && *in < s.in[axis];
}

template <typename X, typename W>
void SpreadQuantized(ThreadPool* threads, const ConvSizes& s, const Requantization& q, const X* x, const W* weight,
                     X* out) {
  const int64_t depth = s.group_channels(), outputs = s.group_outputs();
  ForEachResult(threads, s, q, out, [&](RowSums& row, int64_t n, int64_t channel, int64_t z, int64_t y) {
    const int64_t group = channel / outputs;
    const int32_t weight_zero = q.weight_zero(channel);
    for (int64_t c = group * depth; c < (group + 1) * depth; ++c) {
      const X* image = x + (n * s.channels + c) * s.in_size();
      const W* taps = weight + (c * outputs + channel % outputs) * s.window();
      int64_t iz, iy;
      for (int64_t kz = 0; kz < s.kernel[0]; ++kz) {
        if (!MeetsQuantized(s, 0, z, kz, &iz)) continue;
        for (int64_t ky = 0; ky < s.kernel[1]; ++ky) {
          if (!MeetsQuantized(s, 1, y, ky, &iy)) continue;
          for (int64_t kx = 0; kx < s.kernel[2]; ++kx) {
            row.Expect(1);
            const int32_t w = taps[(kz * s.kernel[1] + ky) * s.kernel[2] + kx] - weight_zero;
            AddTransposedTap(row, image + (iz * s.in[1] + iy) * s.in[2], s.in[2], s.before[2] - kx * s.dilation[2],
                             s.stride[2], q.x_zero, w);
          }
        }
      }
    }
  });
}

// The integers of quantized elements.
template <typename Q>
using StepType = decltype(Q::steps);

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_QUANTIZED_CONVOLUTION_H_
