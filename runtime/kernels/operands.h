// What the operands of a matrix product C = A * B are: matrices as they lie in memory, or constants packed beforehand.
// Other files have the windows of convolutions. An operand says whether Multiply has to copy it into blocks of its own.

#ifndef MTC_KERNELS_OPERANDS_H_
#define MTC_KERNELS_OPERANDS_H_

#include <cstdint>

#include "kernels/tile.h"
#include "kernels/transpose.h"

namespace MTC_PORTABLE {

constexpr int64_t RoundUp(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }
constexpr int64_t Quotient(int64_t n, int64_t divisor) { return (n + divisor - 1) / divisor; }

// Steps of the inner dimension in one block: a panel of B then is half of the first-level cache. Where A lies in runs
// of `run` steps, a block has whole ones if they are that short.
template <typename C>
constexpr int64_t BlockDepth(int64_t depth, int64_t run) {
  constexpr int64_t kMost = 1024 / sizeof(C);
  if (depth <= kMost) return depth;
  if (run > kMost) return Quotient(depth, Quotient(depth, kMost));
  const int64_t runs = depth / run;
  return Quotient(runs, Quotient(runs, kMost / run)) * run;
}

// Where Multiply finds the rows of a tile in a block of depth.
template <typename C>
struct TileLeft {
  const C* a;
  int64_t pitch;
  Runs runs;
};

// --- A

// Rows of a matrix, steps [k, k + depth), one after the other.
template <typename C, typename T>
class MatrixWalk {
 public:
  MatrixWalk(const T* a, int64_t pitch, int64_t depth) : from_(a), pitch_(pitch), depth_(depth) {}

  // Where rows from here on lie. False if they have to be copied.
  MTC_INLINE bool Find(int64_t, TileLeft<C>* left) const {
    if constexpr (std::is_same_v<C, T>) *left = {from_, pitch_, {depth_}};
    return std::is_same_v<C, T>;
  }
  // Copies the row here.
  MTC_INLINE void Copy(C* to) const {
    for (int64_t d = 0; d < depth_; ++d) to[d] = static_cast<C>(from_[d]);
  }
  MTC_INLINE void Advance(int64_t count) { from_ += count * pitch_; }

 private:
  const T* from_;
  const int64_t pitch_, depth_;
};

// A matrix as it lies in memory: element (i, k) is a[i * pitch + k].
template <typename C, typename T>
struct MatrixRows {
  static constexpr bool kIsCopied = !std::is_same_v<C, T>;
  const T* a;
  int64_t pitch;

  MatrixWalk<C, T> Walk(int64_t row, int64_t k, int64_t depth) const { return {a + row * pitch + k, pitch, depth}; }
};

// --- B

// A matrix whose element (k, j) is b[k * depth_step + j * column_step].
template <typename C, typename T>
struct MatrixColumns {
  static constexpr bool kIsPacked = false;
  const T* b;
  int64_t depth_step;
  int64_t column_step;

  // Packs `count` columns from `column` on, steps [k, k + depth), as [depth][kTileColumns].
  MTC_INLINE void Pack(int64_t k, int64_t depth, int64_t column, int64_t count, C* packed) const {
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

// A constant that PackPanels has packed.
template <typename C>
struct PackedPanels {
  static constexpr bool kIsPacked = true;
  const C* panels;
};

// Columns that packed panels hold: the last panel is one vector wide if that is enough.
constexpr int64_t PackedColumns(Isa isa, int64_t size, int64_t columns) {
  return RoundUp(columns, TileColumns(isa, size) / kTileVectors);
}

// What packed panels hold.
struct PanelSizes {
  int64_t columns, depth;
  int64_t taps = 1;
  int64_t run = depth;
};
template <typename C>
constexpr int64_t PackedPanelsSize(Isa isa, const PanelSizes& s) {
  return PackedColumns(isa, sizeof(C), s.columns) * s.depth;
}

// Packs `steps` steps of `wide` columns, which lie `pitch` elements apart.
template <typename C, typename T>
void PackSteps(const T* from, int64_t pitch, int64_t wide, int64_t steps, C* to) {
  constexpr int64_t kEach = 4;
  if constexpr (std::is_same_v<C, T> && sizeof(C) == 4) {
    if (steps % kEach == 0 && wide % kEach == 0) {
      for (int64_t j = 0; j < wide; j += kEach) {
        for (int64_t d = 0; d < steps; d += kEach) TransposeFour(from + j * pitch + d, pitch, to + d * wide + j, wide);
      }
      return;
    }
  }
  for (int64_t j = 0; j < wide; ++j) {
    for (int64_t d = 0; d < steps; ++d) to[d * wide + j] = static_cast<C>(from[j * pitch + d]);
  }
}

// Packs columns [first, last) of B, whole panels, in the order in which Multiply reads them: block after block of the
// depth, in each panel after panel, in each step after step. Column j is b[j * depth] and following: its steps if there
// is one tap, else for each channel its taps, where step k is (tap, channel). `run` is A's.
template <typename C, typename T>
void PackPanels(Isa isa, const T* b, const PanelSizes& s, int64_t first, int64_t last, C* packed) {
  constexpr int64_t kLine = 16;  // steps taken from one column at once: a line of the cache
  const int64_t width = TileColumns(isa, sizeof(C)), all = PackedColumns(isa, sizeof(C), s.columns);
  const int64_t block = BlockDepth<C>(s.depth, s.run), channels = s.depth / s.taps;
  for (int64_t column = first; column < Least(last, all); column += width) {
    const int64_t wide = Least(width, all - column), there = Least(wide, s.columns - column);
    const T* const columns = b + column * s.depth;
    for (int64_t k = 0; k < s.depth; k += block) {
      const int64_t depth = Least(block, s.depth - k);
      C* to = packed + k * all + column * depth;
      for (int64_t step = 0; step < depth; step += kLine, to += kLine * wide) {
        const int64_t steps = Least(kLine, depth - step);
        if (s.taps == 1 && there == wide) {
          PackSteps(columns + k + step, s.depth, wide, steps, to);
          continue;
        }
        int64_t at[kLine], channel = (k + step) % channels, tap = (k + step) / channels;
        for (int64_t d = 0; d < steps; ++d) {
          at[d] = channel * s.taps + tap;
          if (++channel < channels) continue;
          channel = 0;
          ++tap;
        }
        for (int64_t j = 0; j < wide; ++j) {
          for (int64_t d = 0; d < steps; ++d) {
            to[d * wide + j] = j < there ? static_cast<C>(columns[j * s.depth + at[d]]) : C{0};
          }
        }
      }
    }
  }
}

// The same for a matrix that lies row by row: step k of column j is b[k * columns + j]. The memory is zero before.
// release(from, count) is told of elements of B that are packed.
template <typename C, typename Release>
void PackRowsAsPanels(Isa isa, const C* b, const PanelSizes& s, C* packed, const Release& release) {
  const int64_t width = TileColumns(isa, sizeof(C)), all = PackedColumns(isa, sizeof(C), s.columns);
  const int64_t block = BlockDepth<C>(s.depth, s.run);
  for (int64_t k = 0; k < s.depth; k += block) {
    const int64_t depth = Least(block, s.depth - k);
    for (int64_t column = 0; column < all; column += width) {
      const int64_t wide = Least(width, all - column), there = Least(wide, s.columns - column);
      for (int64_t d = 0; d < depth; ++d, packed += wide) {
        const C* from = b + (k + d) * s.columns + column;
        for (int64_t j = 0; j < there; ++j) packed[j] = from[j];
      }
    }
    release(b + k * s.columns, depth * s.columns);
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_OPERANDS_H_
