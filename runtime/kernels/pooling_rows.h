// Pooling of whole rows: those that the windows of one row of the result cover are folded to one line, then the places
// of that line.

#ifndef MTC_KERNELS_POOLING_ROWS_H_
#define MTC_KERNELS_POOLING_ROWS_H_

#include "kernels/elementwise.h"
#include "kernels/pooling_sizes.h"

namespace MTC_PORTABLE {

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

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_POOLING_ROWS_H_
