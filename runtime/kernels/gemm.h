// Matrix products C = A * B, blocked for the caches as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): a panel of B, a few vectors wide, stays in the first-level cache while the rows of A pass by.

#ifndef MTC_KERNELS_GEMM_H_
#define MTC_KERNELS_GEMM_H_

#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/product_division.h"
#include "kernels/product_tile.h"
#include "kernels/transpose.h"

namespace MTC_PORTABLE {

// What one task computes of a product: rows [row, row_end), columns [column, column_end).
struct ProductPart {
  int64_t row, row_end, column, column_end;
};

// Computes a part into `out`, which has the sizes of whole tiles if products of this kind are blocked.
template <typename P, typename C>
void MultiplyPart(const P& p, const ProductSizes& s, const ProductPart& part, C* copied, C* panel, C* out,
                  int64_t stride) {
  using T = typename P::Type;
  constexpr bool kIsPacked = P::Right::kIsPacked;
  constexpr int64_t kWidth = kTileColumns<C>;
  const int64_t block = BlockDepth<C>(s.depth, s.run), copy_pitch = CopyPitch(block);
  const int64_t rows = part.row_end - part.row;
  int64_t k = 0;
  do {
    const int64_t depth = Least(block, s.depth - k);
    // Rows that are copied, and the last ones, of which a tile reads more than there are.
    TileLeft<C> lefts[kBlockTiles];
    C* copy = copied;
    auto walk = p.left.Walk(part.row, k, depth);
    for (int64_t row = 0; row < rows; row += kTileRows) {
      TileLeft<C>& left = lefts[row / kTileRows];
      const int64_t count = Least(kTileRows, rows - row);
      if (count == kTileRows && walk.Find(count, &left)) {
        walk.Advance(count);
        continue;
      }
      left = {copy, copy_pitch, {depth}};
      for (int64_t i = 0; i < count; ++i, walk.Advance(1)) walk.Copy(copy + i * copy_pitch);
      copy += kTileRows * copy_pitch;
    }
    for (int64_t column = part.column; column < part.column_end; column += kWidth) {
      TileWork<C> w;
      w.columns = Least(kWidth, part.column_end - column);
      w.b = panel;
      w.b_step = kIsPacked && w.columns <= kWidth / kTileVectors ? kWidth / kTileVectors : kWidth;
      if constexpr (kIsPacked) {
        w.b =
            p.right.panels + k * PackedColumns(static_cast<Isa>(MTC_ISA_LEVEL), sizeof(C), s.columns) + column * depth;
      } else {
        p.right.Pack(k, depth, column, w.columns, panel);
      }
      w.stride = stride;
      w.ends.is_continued = k > 0;
      if (k + depth == s.depth) {
        w.ends.low = p.finish.low;
        w.ends.high = p.finish.high;
      }
      const T* bias = k > 0 ? nullptr : p.finish.bias;
      // Of a packed B the next panel is wanted soon, a part with each tile.
      const int64_t elements = Quotient(kWidth, Quotient(rows, kTileRows));
      for (int64_t row = 0; row < rows; row += kTileRows) {
        w.rows = Least(kTileRows, rows - row);
        w.left = lefts[row / kTileRows];
        w.out = out + row * stride + (column - part.column);
        if (kIsPacked) w.soon = {w.b + depth * (kWidth + row / kTileRows * elements), elements};
        const bool is_whole = (w.rows == kTileRows || w.rows == kTileRows / 2) && w.columns == w.b_step;
        [[maybe_unused]] C own_bias[kTileRows > kWidth ? kTileRows : kWidth];
        if (bias != nullptr) {
          const T* from = bias + (P::kHasRowBias ? part.row + row : column);
          if constexpr (std::is_same_v<T, C>) {
            w.ends.bias = from;
          } else {
            for (int64_t i = 0; i < (P::kHasRowBias ? w.rows : w.columns); ++i) own_bias[i] = static_cast<C>(from[i]);
            w.ends.bias = own_bias;
          }
        }
        if (is_whole) {
          MultiplyWhole<P::kHasRowBias>(w);
        } else {
          MultiplyBorder<P::kHasRowBias>(w);
        }
      }
    }
    k += depth;
  } while (k < s.depth);
}

// Writes a block of C where it belongs.
template <typename P, typename C>
void WriteBlock(const P& p, const ProductPart& part, const C* block, int64_t stride) {
  const int64_t rows = part.row_end - part.row, columns = part.column_end - part.column;
  if constexpr (P::kIsColumnMajor) {
    TransposeAll(block, stride, p.out + part.column * p.stride + part.row, p.stride, columns, rows);
  } else {
    for (int64_t i = 0; i < rows; ++i) {
      auto* to = p.out + (part.row + i) * p.stride + part.column;
      for (int64_t j = 0; j < columns; ++j) to[j] = static_cast<typename P::Type>(block[i * stride + j]);
    }
  }
}

// Computes products 0 to `count`, all of the same sizes; make(index) gives one of them. `scratch` has MultiplyScratch
// bytes. A product without depth is the bias.
template <typename Make>
void Multiply(ThreadPool* threads, int64_t count, const ProductSizes& s, const Make& make, void* scratch) {
  using P = decltype(make(int64_t{0}));
  using C = Compute<typename P::Type>;
  constexpr int64_t kTasks = 4;               // for each worker, to even out workers of different speed
  constexpr double kWorthDividing = 1 << 19;  // multiplications
  if (count == 0 || s.rows == 0 || s.columns == 0) return;
  const double work = (static_cast<double>(s.rows) + kFetching) * count * s.columns * (s.depth + 1);
  if (work < kWorthDividing) threads = nullptr;
  const int64_t workers = static_cast<int64_t>(WorkerCount(threads));
  const double worth = work / (kWorthDividing / 2);
  const int64_t wanted = workers == 1 ? 1 : worth < kTasks * workers ? static_cast<int64_t>(worth) : kTasks * workers;
  const PartSizes size = Divide<P>(s, count, wanted, workers);
  const int64_t row_parts = Quotient(s.rows, size.rows), column_parts = Quotient(s.columns, size.columns);
  // A worker's parts follow each other and share the larger operand; a small B leaves the workers their own rows.
  const bool is_by_column = s.columns > s.rows && !RightFits<P>(s);
  const WorkerScratch<P> sizes(static_cast<Isa>(MTC_ISA_LEVEL), s);
  ParallelForWorkers(threads, count * row_parts * column_parts, [&](size_t worker, int64_t task) {
    const int64_t index = task % (row_parts * column_parts);
    const int64_t row = (is_by_column ? index % row_parts : index / column_parts) * size.rows;
    const int64_t column = (is_by_column ? index / row_parts : index % column_parts) * size.columns;
    const ProductPart part = {row, Least(row + size.rows, s.rows), column, Least(column + size.columns, s.columns)};
    const P p = make(task / (row_parts * column_parts));
    C* copied = static_cast<C*>(scratch) + static_cast<int64_t>(worker) * sizes.size();
    C *panel = copied + sizes.left, *block = panel + sizes.panel;
    if constexpr (P::kIsBlocked) {
      const int64_t stride = RoundUp(part.column_end - column, kTileColumns<C>);
      MultiplyPart(p, s, part, copied, panel, block, stride);
      WriteBlock(p, part, block, stride);
    } else {
      MultiplyPart(p, s, part, copied, panel, p.out + row * p.stride + column, p.stride);
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_GEMM_H_
