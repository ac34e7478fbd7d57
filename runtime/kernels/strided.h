// Copies in which each axis of the result walks through the operand with a stride of its own: permutations, slices,
// repetitions, reversals. Elements are moved as words, so that dtypes of one size share the code.

#ifndef MTC_KERNELS_STRIDED_H_
#define MTC_KERNELS_STRIDED_H_

#include <cstring>

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "kernels/transpose.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

template <typename T>
using Word = std::conditional_t<
    sizeof(T) == 1, uint8_t,
    std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;

inline constexpr int64_t kCopyGrain = 16384;  // elements worth another thread

// Where the elements of a dense result stand in the operand. Strides may be zero or negative.
struct StridedView {
  int rank = 0;
  int64_t dims[kMaxRank] = {};
  int64_t strides[kMaxRank] = {};
  int64_t offset = 0;

  // Axes are added from the first to the last; one that goes on where the last one wraps is joined to it.
  void Add(int64_t dim, int64_t stride) {
    if (dim == 1) return;
    if (rank > 0 && strides[rank - 1] == stride * dim) {
      dims[rank - 1] *= dim;
      strides[rank - 1] = stride;
      return;
    }
    dims[rank] = dim;
    strides[rank++] = stride;
  }
};

// The strides of a dense tensor.
struct Strides {
  int64_t at[kMaxRank];
  explicit Strides(const Tensor& x) {
    int64_t stride = 1;
    for (int axis = x.rank - 1; axis >= 0; --axis) {
      at[axis] = stride;
      stride *= x.dims[axis];
    }
  }
};

// Copies rows of `length` elements that lie `x_pitch` and `out_pitch` apart. Threads share the rows or, if these are
// long, parts of them.
template <typename W>
void CopyPitched(ThreadPool* threads, const W* x, int64_t x_pitch, W* out, int64_t out_pitch, int64_t rows,
                 int64_t length) {
  if (rows == 0 || length == 0) return;
  const int64_t parts = (length + kCopyGrain - 1) / kCopyGrain;
  ParallelFor(threads, rows * parts, parts > 1 ? 4 : kCopyGrain / length + 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {  // as much of one row as this range holds
      const int64_t row = begin / parts, part = begin % parts, taken = Least(end - begin, parts - part);
      const int64_t from = part * kCopyGrain, count = Least(taken * kCopyGrain, length - from);
      std::memmove(out + row * out_pitch + from, x + row * x_pitch + from, static_cast<size_t>(count) * sizeof(W));
      begin += taken;
    }
  });
}

// Copies rows [begin, end) of the result, its last axis being a row.
template <typename W>
void CopyRows(const W* x, W* out, const StridedView& view, int64_t begin, int64_t end) {
  const int last = view.rank - 1;
  const int64_t length = view.dims[last], step = view.strides[last];
  for (int64_t row = begin; row < end; ++row) {
    const W* from = x;
    int64_t rest = row;
    for (int axis = last - 1; axis >= 0; --axis) {
      from += rest % view.dims[axis] * view.strides[axis];
      rest /= view.dims[axis];
    }
    W* to = out + row * length;
    if (step == 1) {
      std::memcpy(to, from, static_cast<size_t>(length) * sizeof(W));
    } else {
      for (int64_t i = 0; i < length; ++i) to[i] = from[i * step];
    }
  }
}

// Where some axis before the last one is consecutive in x: pairs it with the last, and transposes in blocks.
template <typename W>
void CopyTransposed(ThreadPool* threads, const W* x, W* out, const StridedView& view, int consecutive) {
  const int last = view.rank - 1;
  const int64_t columns = view.dims[last], column_step = view.strides[last], rows = view.dims[consecutive];
  int64_t row_step = 1, planes = 1;  // of the result
  for (int axis = last; axis > consecutive; --axis) row_step *= view.dims[axis];
  for (int axis = 0; axis < last; ++axis) planes *= axis == consecutive ? 1 : view.dims[axis];
  const int64_t bands = (rows + kTransposeTile - 1) / kTransposeTile;
  ParallelFor(threads, planes * bands, kCopyGrain / (kTransposeTile * columns) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t band = task % bands * kTransposeTile,
                    height = rows - band < kTransposeTile ? rows - band : kTransposeTile;
      const W* from = x + band;
      int64_t rest = task / bands, stride = columns, to = band * row_step;
      for (int axis = last - 1; axis >= 0; stride *= view.dims[axis], --axis) {
        if (axis == consecutive) continue;
        from += rest % view.dims[axis] * view.strides[axis];
        to += rest % view.dims[axis] * stride;
        rest /= view.dims[axis];
      }
      for (int64_t j = 0; j < columns; j += kTransposeTile) {
        const int64_t width = columns - j < kTransposeTile ? columns - j : kTransposeTile;
        TransposeBlock(from + j * column_step, column_step, out + to + j, row_step, height, width);
      }
    }
  });
}

template <typename W>
[[gnu::noinline]] void CopyStrided(ThreadPool* threads, const Tensor& x, const Tensor& out, StridedView view) {
  int64_t rows = 1;
  for (int axis = 0; axis < out.rank; ++axis) {
    if (out.dims[axis] == 0) return;
  }
  if (view.rank == 0) view = {1, {1}, {1}, view.offset};
  const int last = view.rank - 1;
  for (int axis = 0; axis < last; ++axis) rows *= view.dims[axis];
  const W* from = x.as<W>() + view.offset;
  if (view.strides[last] > 1 && view.dims[last] > 1) {
    for (int axis = 0; axis < last; ++axis) {
      if (view.strides[axis] == 1 && view.dims[axis] > 1) {
        return CopyTransposed(threads, from, out.as<W>(), view, axis);
      }
    }
  }
  if (rows == 1 && view.strides[last] == 1) {  // one long row
    return CopyPitched(threads, from, 0, out.as<W>(), 0, 1, view.dims[last]);
  }
  ParallelFor(threads, rows, kCopyGrain / view.dims[last] + 1,
              [&](int64_t begin, int64_t end) { CopyRows(from, out.as<W>(), view, begin, end); });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_STRIDED_H_
