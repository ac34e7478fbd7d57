// Blocks of a transposed matrix.

#ifndef MTC_KERNELS_TRANSPOSE_H_
#define MTC_KERNELS_TRANSPOSE_H_

#include <cstring>

#include "kernels/simd.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kTransposeTile = 16;  // rows and columns that are taken at once: a line of the cache

typedef int32_t FourWords __attribute__((vector_size(16)));

// The first kCount of four words of four bytes. Fewer than four go through registers: a vector that is read right after
// parts of it were written to memory waits for them. All processors that mtc builds for are little-endian.
template <int kCount, typename W>
MTC_INLINE FourWords LoadFour(const W* from) {
  static_assert(sizeof(W) == 4 && kCount >= 2 && kCount <= 4);
  FourWords words;
  if constexpr (kCount == 4) {
    __builtin_memcpy(&words, from, 16);
  } else {
    int32_t last = 0;
    int64_t first;
    __builtin_memcpy(&first, from, 8);
    if constexpr (kCount == 3) __builtin_memcpy(&last, from + 2, 4);
    words = FourWords{static_cast<int32_t>(first), static_cast<int32_t>(first >> 32), last, 0};
  }
  return words;
}

// Up to four by four words: to[i * to_step + j] = from[i + j * from_step].
template <int kRows = 4, int kColumns = 4, typename W>
MTC_INLINE void TransposeFour(const W* from, int64_t from_step, W* to, int64_t to_step) {
  const FourWords a = LoadFour<kRows>(from), b = LoadFour<kRows>(from + from_step);
  FourWords c = {}, d = {};
  if constexpr (kColumns > 2) c = LoadFour<kRows>(from + 2 * from_step);
  if constexpr (kColumns > 3) d = LoadFour<kRows>(from + 3 * from_step);
  const FourWords low_ac = ShuffleFour<0, 4, 1, 5>(a, c), high_ac = ShuffleFour<2, 6, 3, 7>(a, c);
  const FourWords low_bd = ShuffleFour<0, 4, 1, 5>(b, d), high_bd = ShuffleFour<2, 6, 3, 7>(b, d);
  const auto store = [](W* at, FourWords words) { __builtin_memcpy(at, &words, 4 * kColumns); };
  store(to, ShuffleFour<0, 4, 1, 5>(low_ac, low_bd));
  store(to + to_step, ShuffleFour<2, 6, 3, 7>(low_ac, low_bd));
  if constexpr (kRows > 2) store(to + 2 * to_step, ShuffleFour<0, 4, 1, 5>(high_ac, high_bd));
  if constexpr (kRows > 3) store(to + 3 * to_step, ShuffleFour<2, 6, 3, 7>(high_ac, high_bd));
}

// The same for any number of rows and columns: what is left over of a matrix, and images of few channels.
template <typename W>
MTC_INLINE void TransposeFew(const W* from, int64_t from_step, W* to, int64_t to_step, int64_t rows, int64_t columns) {
  for (int64_t j = 0; j < columns; j += 4) {
    for (int64_t i = 0; i < rows; i += 4) {
      const W* block = from + i + j * from_step;
      W* target = to + i * to_step + j;
      const int64_t height = Least(rows - i, 4), width = Least(columns - j, 4);
      if (height == 4 && width == 4) {
        TransposeFour(block, from_step, target, to_step);
      } else if (height == 4 && width == 3) {
        TransposeFour<4, 3>(block, from_step, target, to_step);
      } else if (height == 4 && width == 2) {
        TransposeFour<4, 2>(block, from_step, target, to_step);
      } else if (height == 3 && width == 4) {
        TransposeFour<3, 4>(block, from_step, target, to_step);
      } else if (height == 2 && width == 4) {
        TransposeFour<2, 4>(block, from_step, target, to_step);
      } else {
        for (int64_t k = 0; k < height; ++k) {
          for (int64_t l = 0; l < width; ++l) target[k * to_step + l] = block[k + l * from_step];
        }
      }
    }
  }
}

typedef uint8_t SixteenBytes __attribute__((vector_size(16)));

// The bytes of the lower or the upper halves of `a` and `b` in turn.
template <int kFirst, int... kIndex>
MTC_INLINE SixteenBytes InterleaveBytes(SixteenBytes a, SixteenBytes b, std::integer_sequence<int, kIndex...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, (kFirst + kIndex / 2 + kIndex % 2 * 16)...);
#else
  return __builtin_shuffle(a, b, SixteenBytes{(kFirst + kIndex / 2 + kIndex % 2 * 16)...});
#endif
}

// A full tile of bytes: four times, rows are interleaved with those eight behind them.
template <typename W>
MTC_INLINE void TransposeBytes(const W* from, int64_t from_step, W* to, int64_t to_step) {
  constexpr auto kEach = std::make_integer_sequence<int, 16>();
  SixteenBytes rows[16], next[16];
  MTC_UNROLL
  for (int j = 0; j < 16; ++j) __builtin_memcpy(&rows[j], from + j * from_step, 16);
  MTC_UNROLL
  for (int round = 0; round < 4; ++round) {
    MTC_UNROLL
    for (int j = 0; j < 8; ++j) {
      next[2 * j] = InterleaveBytes<0>(rows[j], rows[j + 8], kEach);
      next[2 * j + 1] = InterleaveBytes<8>(rows[j], rows[j + 8], kEach);
    }
    MTC_UNROLL
    for (int j = 0; j < 16; ++j) rows[j] = next[j];
  }
  MTC_UNROLL
  for (int i = 0; i < 16; ++i) __builtin_memcpy(to + i * to_step, &rows[i], 16);
}

// Pixels of three bytes from three planes: each is written with a byte of the next one, which follows, but for the
// last.
template <typename W>
MTC_INLINE void InterleavePlanes(const W* from, int64_t from_step, W* to, int64_t rows) {
  const auto byte = [&](int64_t i, int64_t plane) {
    return static_cast<uint32_t>(static_cast<uint8_t>(from[i + plane * from_step]));
  };
  for (int64_t i = 0; i + 1 < rows; ++i) {
    const uint32_t pixel = byte(i, 0) | byte(i, 1) << 8 | byte(i, 2) << 16;
    __builtin_memcpy(to + 3 * i, &pixel, 4);
  }
  for (int64_t plane = 0; plane < 3; ++plane) to[3 * (rows - 1) + plane] = from[rows - 1 + plane * from_step];
}

// to[i * to_step + j] = from[i + j * from_step] for `rows` i and `columns` j, at most kTransposeTile of each. Through a
// tile of its own, so that each line of either matrix is touched once: steps that are powers of two put all lines into
// one set of the cache.
template <typename From, typename To>
MTC_INLINE void TransposeBlock(const From* from, int64_t from_step, To* to, int64_t to_step, int64_t rows,
                               int64_t columns) {
  if constexpr (std::is_same_v<From, To>) {
    if constexpr (sizeof(From) == 1) {
      if (columns == 3 && to_step == 3) return InterleavePlanes(from, from_step, to, rows);
      if (rows == kTransposeTile && columns == kTransposeTile) return TransposeBytes(from, from_step, to, to_step);
    }
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
    if constexpr (sizeof(From) == 4) return TransposeFew(from, from_step, to, to_step, rows, columns);
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
