// One tile of a matrix product C = A * B: as many rows and vectors of C as fit into the registers, summed over steps of
// the inner dimension. B lies step after step, a tile's columns side by side; A lies as its cursor says.

#ifndef MTC_KERNELS_TILE_H_
#define MTC_KERNELS_TILE_H_

#include <cstdint>

#include "kernels/simd.h"

namespace MTC_PORTABLE {

// Rows of a full tile, two vectors wide: with a step of B and an element of A it fills the vector registers, of which
// AVX-512 and 64-bit ARM have 32. Prepare, which exists at the base level only, lays matrices out for the level that
// will run.
constexpr int TileRows(Isa isa) {
#if defined(__aarch64__)
  return 12;
#else
  return isa == Isa::kAvx512 ? 14 : 6;
#endif
}
inline constexpr int kTileRows = TileRows(static_cast<Isa>(MTC_ISA_LEVEL));
inline constexpr int kTileVectors = 2;

// Columns of a full tile, where an element of C has `size` bytes.
constexpr int64_t TileColumns(Isa isa, int64_t size) { return kTileVectors * (16 << static_cast<int>(isa)) / size; }
template <typename C>
inline constexpr int64_t kTileColumns = TileColumns(static_cast<Isa>(MTC_ISA_LEVEL), sizeof(C));

// A row-major: element (i, k) is a[i * pitch + k]. One pointer reaches three rows, so that few registers hold them.
template <int kRows, typename C>
class RowCursor {
 public:
  MTC_INLINE RowCursor(const C* a, int64_t pitch) : pitch_(pitch) {
    MTC_UNROLL
    for (int i = 0; i < kRows; i += kEach) from_[i / kEach] = a + i * pitch;
  }
  MTC_INLINE C operator[](int i) const { return from_[i / kEach][i % kEach * pitch_]; }
  MTC_INLINE void Advance(int64_t steps = 1) {
    MTC_UNROLL
    for (int i = 0; i < kRows; i += kEach) from_[i / kEach] += steps;
  }

 private:
  static constexpr int kEach = 3;
  const C* from_[(kRows + kEach - 1) / kEach];
  int64_t pitch_;
};

// A column-major: element (i, k) is a[i + k * step].
template <typename C>
class ColumnCursor {
 public:
  MTC_INLINE ColumnCursor(const C* a, int64_t step) : from_(a), step_(step) {}
  MTC_INLINE C operator[](int i) const { return from_[i]; }
  MTC_INLINE void Advance(int64_t steps = 1) { from_ += steps * step_; }

 private:
  const C* from_;
  int64_t step_;
};

// What a tile's sums begin and end with.
template <typename C>
struct TileEnds {
  const C* bias = nullptr;    // of each column, or of each row; null is zero
  bool is_continued = false;  // they are added to what stands in C
  C low = -static_cast<C>(__builtin_inf());
  C high = static_cast<C>(__builtin_inf());
};

// What is wanted soon: as many elements from `from` on for each step.
template <typename C>
struct Prefetch {
  const C* from = nullptr;
  int64_t elements = 0;
};

// Which steps of A's rows are taken: `length` that follow each other, then `gap` are left out, and so on.
struct Runs {
  int64_t length;
  int64_t count = 1;
  int64_t gap = 0;
};

// kRows rows by kVectors vectors of C. Steps of B are `b_step` elements apart.
template <int kRows, int kVectors, bool kHasRowBias = false, typename C, typename Cursor>
MTC_INLINE void MultiplyTile(Cursor a, const Runs& runs, const C* b, int64_t b_step, const TileEnds<C>& ends, C* out,
                             int64_t stride, Prefetch<C> soon = {}) {
  using V = typename Simd<C>::Vector;
  constexpr int64_t kWidth = Simd<C>::kLanes;
  V sums[kRows][kVectors];
  V right[kVectors];
  MTC_UNROLL
  for (int v = 0; v < kVectors; ++v) right[v] = kHasRowBias || !ends.bias ? V{} : Load<V>(ends.bias + v * kWidth);
  MTC_UNROLL
  for (int i = 0; i < kRows; ++i) {
    const V left = kHasRowBias && ends.bias ? Splat<V>(ends.bias[i]) : V{};
    __builtin_prefetch(out + i * stride, 1);
    if (kVectors > 1) __builtin_prefetch(out + i * stride + (kVectors - 1) * kWidth, 1);
    MTC_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[i][v] = kHasRowBias ? left : right[v];
  }
  if (soon.from == nullptr) soon.from = b;
  for (int64_t run = 0; run < runs.count; ++run) {
    for (int64_t k = 0; k < runs.length; ++k) {
      MTC_UNROLL
      for (int v = 0; v < kVectors; ++v) right[v] = Load<V>(b + v * kWidth);
      b += b_step;
      __builtin_prefetch(soon.from, 0, 2);
      soon.from += soon.elements;
      MTC_UNROLL
      for (int i = 0; i < kRows; ++i) {
        const V left = Splat<V>(a[i]);
        MTC_UNROLL
        for (int v = 0; v < kVectors; ++v) sums[i][v] += left * right[v];
      }
      a.Advance();
    }
    a.Advance(runs.gap);
  }
  MTC_UNROLL
  for (int i = 0; i < kRows; ++i) {
    MTC_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      V value = sums[i][v];
      if (ends.is_continued) value += Load<V>(out + i * stride + v * kWidth);
      value = value < ends.low ? Splat<V>(ends.low) : value;  // NaN stays
      value = value > ends.high ? Splat<V>(ends.high) : value;
      Store(out + i * stride + v * kWidth, value);
    }
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_TILE_H_
