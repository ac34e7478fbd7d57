// Matrix products C = A * B, blocked for the caches as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): panels of A and B are packed so that one tile of C is computed in registers from consecutive
// memory. What B is, a function says that packs it: a matrix, its transpose, or the windows of a convolution.

#ifndef MTC_KERNELS_GEMM_H_
#define MTC_KERNELS_GEMM_H_

#include <cstddef>
#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

// A tile of C: kTileRows rows of kTileVectors vectors, which with the operands fill the vector registers. Prepare,
// which exists at the base level only, packs for the level that will run.
constexpr int TileRows(Isa isa) { return isa == Isa::kAvx512 ? 12 : 6; }
inline constexpr int kTileRows = TileRows(static_cast<Isa>(MTC_ISA_LEVEL));
inline constexpr int kTileVectors = 2;
template <typename C>
inline constexpr int kTileColumns = kTileVectors * Simd<C>::kLanes;

// Steps of the inner dimension in one block: a panel of B (kTileColumns wide) then stays in the first-level cache.
inline constexpr int64_t kBlockDepth = 256;
// Rows of a block of A, which stays in the second-level cache, and columns of a block of B.
inline constexpr int64_t kBlockRows = 120;
inline constexpr int64_t kBlockColumns = 1024;

constexpr int64_t RoundUp(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Elements that a packed A of this size takes at most, and at one level.
constexpr int64_t PackedRowsSize(int64_t rows, int64_t depth) { return RoundUp(rows, 12) * depth; }
constexpr int64_t PackedRowsSize(Isa isa, int64_t rows, int64_t depth) { return RoundUp(rows, TileRows(isa)) * depth; }

// Packs A, whose element (i, k) is a[i * row_step + k * depth_step]: panels of `tile` rows, each [depth][tile].
template <typename C, typename T>
void PackRows(int tile, const T* a, int64_t rows, int64_t depth, int64_t row_step, int64_t depth_step, C* packed) {
  for (int64_t first = 0; first < rows; first += tile) {
    const int64_t count = Least(tile, rows - first);
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t i = 0; i < tile; ++i) {
        *packed++ = i < count ? static_cast<C>(a[(first + i) * row_step + k * depth_step]) : C{0};
      }
    }
  }
}

// Packs `count` columns of B from `column` on, steps [k, k + depth), as [depth][kTileColumns]. B's element (k, j) is
// b[k * depth_step + j * column_step].
template <typename C, typename T>
struct MatrixColumns {
  const T* b;
  int64_t depth_step;
  int64_t column_step;

  MTC_INLINE void operator()(int64_t k, int64_t depth, int64_t column, int64_t count, C* packed) const {
    constexpr int64_t kWidth = kTileColumns<C>;
    const T* from = b + k * depth_step + column * column_step;
    if (column_step == 1 && count == kWidth) {
      for (int64_t d = 0; d < depth; ++d, from += depth_step, packed += kWidth) {
        for (int64_t j = 0; j < kWidth; ++j) packed[j] = static_cast<C>(from[j]);
      }
      return;
    }
    for (int64_t j = 0; j < kWidth; ++j) {
      for (int64_t d = 0; d < depth; ++d) {
        packed[d * kWidth + j] = j < count ? static_cast<C>(from[d * depth_step + j * column_step]) : C{0};
      }
    }
  }
};

// What happens to a finished element of C: a bias for each row or each column (either may be null), then a clamp.
template <typename T, typename C>
struct Finish {
  const T* row_bias = nullptr;
  const T* column_bias = nullptr;
  C low;
  C high;
};

// One product: C is rows x columns, row-major with `stride` elements from row to row.
template <typename T, typename C>
struct Product {
  int64_t rows, columns, depth;
  const C* packed_rows;
  T* out;
  int64_t stride;
  Finish<T, C> finish;
};

// Bytes of scratch that MultiplyPacked needs for its block of B, at any level, where T are elements of the result.
// A multiple of 64.
template <typename T>
constexpr size_t MultiplyScratch(int64_t columns, int64_t depth) {
  constexpr int64_t kWidest = 128 / sizeof(Compute<T>);
  const int64_t width = RoundUp(columns < kBlockColumns ? columns : kBlockColumns, kWidest);
  const int64_t steps = kIsHalf<T> || depth < kBlockDepth ? depth : kBlockDepth;
  return static_cast<size_t>(width * steps) * sizeof(Compute<T>);
}

// Computes kRows rows of a tile over `depth` steps. `right(k)` is where step k's kTileColumns elements of B stand; A's
// steps are kTileRows apart.
template <int kRows, typename T, typename C, typename Right>
MTC_INLINE void MultiplyRows(const Product<T, C>& p, int64_t row, int64_t column, const C* a, const Right& right,
                             int64_t depth, bool is_first, bool is_last) {
  using V = typename Simd<C>::Vector;
  constexpr int kWidth = Simd<C>::kLanes;
  V sums[kRows][kTileVectors] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const C* b = right(k);
    V vectors[kTileVectors];
    MTC_UNROLL
    for (int j = 0; j < kTileVectors; ++j) vectors[j] = Load<V>(b + j * kWidth);
    MTC_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const V left = Splat<V>(a[i]);
      MTC_UNROLL
      for (int j = 0; j < kTileVectors; ++j) sums[i][j] += left * vectors[j];
    }
    a += kTileRows;
  }
  const int64_t rows = Least(kRows, p.rows - row);
  const int64_t columns = Least(kTileColumns<C>, p.columns - column);
  for (int64_t i = 0; i < rows; ++i) {
    T* to = p.out + (row + i) * p.stride + column;
    const C row_bias = is_last && p.finish.row_bias ? static_cast<C>(p.finish.row_bias[row + i]) : C{0};
    const T* column_bias = is_last && p.finish.column_bias ? p.finish.column_bias + column : nullptr;
    if constexpr (std::is_same_v<T, C>) {
      if (columns == kTileColumns<C>) {
        for (int j = 0; j < kTileVectors; ++j) {
          V value = sums[i][j] + row_bias;
          if (!is_first) value += Load<V>(to + j * kWidth);
          if (column_bias) value += Load<V>(column_bias + j * kWidth);
          if (is_last) {  // NaN stays
            value = value < p.finish.low ? Splat<V>(p.finish.low) : value;
            value = value > p.finish.high ? Splat<V>(p.finish.high) : value;
          }
          Store(to + j * kWidth, value);
        }
        continue;
      }
    }
    C line[kTileColumns<C>];
    __builtin_memcpy(line, sums[i], sizeof line);
    for (int64_t j = 0; j < columns; ++j) {
      C value = line[j] + row_bias;
      if (!is_first) value += static_cast<C>(to[j]);
      if (column_bias) value += static_cast<C>(column_bias[j]);
      if (is_last) value = value < p.finish.low ? p.finish.low : value > p.finish.high ? p.finish.high : value;
      to[j] = static_cast<T>(value);
    }
  }
}

// A tile of C. The last rows of a matrix that would leave most of a tile empty are computed in thirds of one.
template <typename T, typename C, typename Right>
MTC_INLINE void MultiplyTile(const Product<T, C>& p, int64_t row, int64_t column, const C* a, const Right& right,
                             int64_t depth, bool is_first, bool is_last) {
  constexpr int kThird = kTileRows / 3;
  const int64_t rows = p.rows - row;
  if (rows > 2 * kThird) {
    MultiplyRows<kTileRows>(p, row, column, a, right, depth, is_first, is_last);
    return;
  }
  for (int64_t i = 0; i < rows; i += kThird) {
    MultiplyRows<kThird>(p, row + i, column, a + i, right, depth, is_first, is_last);
  }
}

// B as MultiplyPacked and PackRows's callers lay it out: step after step.
template <typename C>
struct PackedSteps {
  const C* b;
  MTC_INLINE const C* operator()(int64_t k) const { return b + k * kTileColumns<C>; }
};

// C = A * B with A packed by PackRows and B packed block by block by `pack`. `scratch` has MultiplyScratch bytes. The
// sums of half-precision results stay in registers over the whole depth, since rounding them in between would cost
// accuracy.
template <typename T, typename C, typename Pack>
void MultiplyPacked(ThreadPool* threads, const Product<T, C>& p, const Pack& pack, void* scratch) {
  constexpr int64_t kWidth = kTileColumns<C>;
  const int64_t most_depth = std::is_same_v<T, C> ? kBlockDepth : p.depth;
  C* block = static_cast<C*>(scratch);
  for (int64_t column = 0; column < p.columns; column += kBlockColumns) {
    const int64_t width = Least(kBlockColumns, p.columns - column);
    const int64_t panels = (width + kWidth - 1) / kWidth;
    int64_t k = 0;
    do {
      const int64_t depth = Least(most_depth, p.depth - k);
      ParallelFor(threads, panels, 2, [&](int64_t begin, int64_t end) {
        for (int64_t j = begin; j < end; ++j) {
          pack(k, depth, column + j * kWidth, Least(kWidth, width - j * kWidth), block + j * kWidth * depth);
        }
      });
      const int64_t row_blocks = (p.rows + kBlockRows - 1) / kBlockRows;
      ParallelFor(threads, row_blocks * panels, 4, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t first = task / panels * kBlockRows, j = task % panels;
          const int64_t last = Least(first + kBlockRows, p.rows);
          for (int64_t row = first; row < last; row += kTileRows) {
            MultiplyTile(p, row, column + j * kWidth, p.packed_rows + row * p.depth + k * kTileRows,
                         PackedSteps<C>{block + j * kWidth * depth}, depth, k == 0, k + depth == p.depth);
          }
        }
      });
      k += depth;
    } while (k < p.depth);
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_GEMM_H_
