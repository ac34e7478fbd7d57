// The product of matrices of integers: the portable kernels, which equal the reference.

#ifndef MTC_KERNELS_QUANTIZED_ROWS_H_
#define MTC_KERNELS_QUANTIZED_ROWS_H_

#include "core/thread_pool.h"
#include "kernels/quantized_convolution.h"

namespace MTC_PORTABLE {

// out [rows, columns] of x [rows, depth] and y, whose element (i, j) is at y[i * row_step + j * column_step].
template <typename X, typename Y>
void MultiplyQuantized(ThreadPool* threads, int64_t rows, int64_t columns, int64_t depth, const Requantization& q,
                       const X* x, const Y* y, int64_t row_step, int64_t column_step, X* out) {
  ParallelFor(threads, rows * columns, 1 + kElementGrain / Most(depth, 1), [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const int64_t column = index % columns;
      const X* left = x + index / columns * depth;
      const Y* right = y + column * column_step;
      const int32_t zero = q.weight_zero(column);
      int64_t total = q.Bias(column);
      for (int64_t first = 0; first < depth; first += kMostTerms) {
        const int64_t last = Least(first + kMostTerms, depth);
        int32_t sum = 0;
        for (int64_t i = first; i < last; ++i) {
          sum += (static_cast<int32_t>(left[i]) - q.x_zero) * (static_cast<int32_t>(right[i * row_step]) - zero);
        }
        total += sum;
      }
      out[index] = static_cast<X>(q.Step(total, column));
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_QUANTIZED_ROWS_H_
