// The tiles of a matrix product: whole ones, and those where C ends, of fewer rows or columns.

#ifndef MTC_KERNELS_PRODUCT_TILE_H_
#define MTC_KERNELS_PRODUCT_TILE_H_

#include <cstdint>

#include "kernels/operands.h"

namespace MTC_PORTABLE {

// A tile of C, and what it is computed from.
template <typename C>
struct TileWork {
  int64_t rows, columns;
  TileLeft<C> left;
  const C* b;
  int64_t b_step;  // a vector or a tile's columns
  C* out;
  int64_t stride;
  TileEnds<C> ends;
  Prefetch<C> soon;
};

// All rows of a tile, or half or two of them if those are enough. Memory has room for them.
template <int kVectors, bool kHasRowBias, typename C>
MTC_INLINE void MultiplyRows(const TileWork<C>& w) {
  const auto multiply = [&](auto rows) {
    constexpr int kRows = decltype(rows)::value;
    MultiplyTile<kRows, kVectors, kHasRowBias>(RowCursor<kRows, C>(w.left.a, w.left.pitch), w.left.runs, w.b, w.b_step,
                                               w.ends, w.out, w.stride, w.soon);
  };
  if (w.rows > kTileRows / 2) {
    multiply(std::integral_constant<int, kTileRows>());
  } else if (w.rows > 2) {
    multiply(std::integral_constant<int, kTileRows / 2>());
  } else {
    multiply(std::integral_constant<int, 2>());
  }
}

template <bool kHasRowBias, typename C>
[[gnu::noinline]] void MultiplyWhole(const TileWork<C>& w) {
  if (w.b_step == Simd<C>::kLanes) {
    MultiplyRows<1, kHasRowBias>(w);
  } else {
    MultiplyRows<kTileVectors, kHasRowBias>(w);
  }
}

template <typename C>
MTC_INLINE void CopyLanes(const C* from, int64_t count, C* to) {
  using V = typename Simd<C>::Vector;
  constexpr int64_t kLanesOf = Simd<C>::kLanes;
  int64_t i = 0;
  for (; i + kLanesOf <= count; i += kLanesOf) Store(to + i, Load<V>(from + i));
  if (i < count) StorePart(to + i, LoadPart<V>(from + i, count - i), count - i);
}

// A tile at the border of C, which is computed apart.
template <bool kHasRowBias, typename C>
[[gnu::noinline]] void MultiplyBorder(TileWork<C> w) {
  constexpr int64_t kWidth = kTileColumns<C>;
  C tile[kTileRows * kWidth], bias[kTileRows > kWidth ? kTileRows : kWidth] = {};
  for (int64_t i = 0; w.ends.bias != nullptr && i < (kHasRowBias ? w.rows : w.columns); ++i) bias[i] = w.ends.bias[i];
  w.ends.bias = bias;
  for (int64_t i = 0; w.ends.is_continued && i < w.rows; ++i) {
    CopyLanes(w.out + i * w.stride, w.columns, tile + i * kWidth);
  }
  C* const out = w.out;
  const int64_t stride = w.stride;
  w.out = tile;
  w.stride = kWidth;
  MultiplyWhole<kHasRowBias>(w);
  for (int64_t i = 0; i < w.rows; ++i) CopyLanes(tile + i * kWidth, w.columns, out + i * stride);
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PRODUCT_TILE_H_
