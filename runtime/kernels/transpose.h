// Blocks of a transposed matrix.

#ifndef MTC_KERNELS_TRANSPOSE_H_
#define MTC_KERNELS_TRANSPOSE_H_

#include <cstring>

#include "kernels/simd.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kTransposeTile = 16;  // rows and columns that are taken at once: a line of the cache

// Four by four words of four bytes: to[i * to_step + j] = from[i + j * from_step].
template <typename W>
MTC_INLINE void TransposeFour(const W* from, int64_t from_step, W* to, int64_t to_step) {
  static_assert(sizeof(W) == 4);
  typedef int32_t Four __attribute__((vector_size(16)));
  Four a, b, c, d;
  __builtin_memcpy(&a, from, 16);
  __builtin_memcpy(&b, from + from_step, 16);
  __builtin_memcpy(&c, from + 2 * from_step, 16);
  __builtin_memcpy(&d, from + 3 * from_step, 16);
  const Four low_ac = ShuffleFour<0, 4, 1, 5>(a, c), high_ac = ShuffleFour<2, 6, 3, 7>(a, c);
  const Four low_bd = ShuffleFour<0, 4, 1, 5>(b, d), high_bd = ShuffleFour<2, 6, 3, 7>(b, d);
  const Four lines[] = {ShuffleFour<0, 4, 1, 5>(low_ac, low_bd), ShuffleFour<2, 6, 3, 7>(low_ac, low_bd),
                        ShuffleFour<0, 4, 1, 5>(high_ac, high_bd), ShuffleFour<2, 6, 3, 7>(high_ac, high_bd)};
  MTC_UNROLL
  for (int i = 0; i < 4; ++i) __builtin_memcpy(to + i * to_step, &lines[i], 16);
}

// to[i * to_step + j] = from[i + j * from_step] for `rows` i and `columns` j, at most kTransposeTile of each. Through a
// tile of its own, so that each line of either matrix is touched once: steps that are powers of two put all lines into
// one set of the cache.
template <typename From, typename To>
MTC_INLINE void TransposeBlock(const From* from, int64_t from_step, To* to, int64_t to_step, int64_t rows,
                               int64_t columns) {
  if constexpr (std::is_same_v<From, To>) {
    if (rows == kTransposeTile && columns == kTransposeTile) {
      From tile[kTransposeTile][kTransposeTile];
      for (int64_t j = 0; j < kTransposeTile; ++j) std::memcpy(tile[j], from + j * from_step, sizeof tile[j]);
      for (int64_t i = 0; i < kTransposeTile; i += 4) {
        From lines[4][kTransposeTile];
        if constexpr (sizeof(From) == 4) {
          MTC_UNROLL
          for (int64_t j = 0; j < kTransposeTile; j += 4) {
            TransposeFour(&tile[j][i], kTransposeTile, &lines[0][j], kTransposeTile);
          }
        } else {
          for (int64_t l = 0; l < 4; ++l) {
            MTC_UNROLL
            for (int64_t j = 0; j < kTransposeTile; ++j) lines[l][j] = tile[j][i + l];
          }
        }
        for (int64_t l = 0; l < 4; ++l) std::memcpy(to + (i + l) * to_step, lines[l], sizeof lines[l]);
      }
      return;
    }
  }
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) to[i * to_step + j] = static_cast<To>(from[i + j * from_step]);
  }
}

// The same for any number of rows and columns.
template <typename From, typename To>
MTC_INLINE void TransposeAll(const From* from, int64_t from_step, To* to, int64_t to_step, int64_t rows,
                             int64_t columns) {
  for (int64_t i = 0; i < rows; i += kTransposeTile) {
    for (int64_t j = 0; j < columns; j += kTransposeTile) {
      TransposeBlock(from + i + j * from_step, from_step, to + i * to_step + j, to_step,
                     Least(kTransposeTile, rows - i), Least(kTransposeTile, columns - j));
    }
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_TRANSPOSE_H_
