// Matrix products C = A * B, blocked for the caches as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): a panel of B, a few vectors wide, stays in the first-level cache while the rows of A pass by.

#ifndef MTC_KERNELS_GEMM_H_
#define MTC_KERNELS_GEMM_H_

#include <cstddef>
#include <cstdint>

#include "core/block.h"
#include "core/thread_pool.h"
#include "kernels/operands.h"
#include "kernels/transpose.h"

namespace MTC_PORTABLE {

// Rows of a block of A, which stays in the second-level cache.
constexpr int64_t BlockRows(Isa isa) { return RoundUp(220, TileRows(isa)); }
inline constexpr int64_t kBlockTiles = BlockRows(static_cast<Isa>(MTC_ISA_LEVEL)) / kTileRows;
// Columns of a block of C that is not computed where it belongs.
inline constexpr int64_t kBlockColumns = 512;

// Elements from row to row of copied rows: rows then do not all fall into the same few lines of the cache.
constexpr int64_t CopyPitch(int64_t depth) { return RoundUp(depth, 16) + 16; }

// What happens to a finished element of C: a bias is added (null is none), then it is clamped.
template <typename T>
struct Finish {
  const T* bias = nullptr;
  Compute<T> low = -static_cast<Compute<T>>(__builtin_inf());
  Compute<T> high = static_cast<Compute<T>>(__builtin_inf());
};

// Sizes that all products of one call share. Rows of A lie in runs of `run` steps, of which the depth is a multiple.
struct ProductSizes {
  int64_t rows, columns, depth;
  int64_t run = depth;
};

enum class Bias : bool { kOfColumns, kOfRows };
enum class Order : bool { kRowMajor, kColumnMajor };

// One product. Element (i, j) of C is out[i * stride + j], or out[j * stride + i] in the other order.
template <typename T, typename LeftOperand, typename RightOperand, Bias kBiasIs = Bias::kOfColumns,
          Order kOrder = Order::kRowMajor>
struct Product {
  using Type = T;
  using Left = LeftOperand;
  using Right = RightOperand;
  static constexpr bool kHasRowBias = kBiasIs == Bias::kOfRows;
  static constexpr bool kIsColumnMajor = kOrder == Order::kColumnMajor;
  // Whether C is computed in blocks of a worker's own, and written from there.
  static constexpr bool kIsBlocked = kIsColumnMajor || !std::is_same_v<T, Compute<T>>;
  // Whether what is done for each block of rows is worth doing for many columns.
  static constexpr bool kWantsColumns = Left::kIsCopied || Right::kIsPacked || kIsBlocked;

  Left left;
  Right right;
  T* out;
  int64_t stride;
  Finish<T> finish;
};

// Elements of a worker's scratch, part by part.
template <typename P, typename C = Compute<typename P::Type>>
struct WorkerScratch {
  int64_t left, panel, block;

  WorkerScratch(Isa isa, const ProductSizes& s) {
    const int64_t depth = BlockDepth<C>(s.depth, s.run), tile = TileRows(isa), width = TileColumns(isa, sizeof(C));
    const int64_t rows = Least(BlockRows(isa), RoundUp(s.rows, tile));
    // Of rows that need no copy, the last ones get one, so that every tile may read all of its rows.
    left = (P::Left::kIsCopied ? rows : tile) * CopyPitch(depth);
    panel = P::Right::kIsPacked ? 0 : depth * width;
    block = P::kIsBlocked ? rows * Least(kBlockColumns, RoundUp(s.columns, width)) : 0;
  }
  int64_t size() const { return RoundUp(left + panel + block, kGuard / sizeof(C)); }
};

// Bytes of scratch that Multiply needs; a multiple of 64.
template <typename P>
size_t MultiplyScratch(Isa isa, const ThreadPool* threads, const ProductSizes& sizes) {
  const int64_t each = WorkerScratch<P>(isa, sizes).size();
  return static_cast<size_t>(each) * sizeof(Compute<typename P::Type>) * WorkerCount(threads);
}

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

// Multiplications that take as long as fetching an element of B from memory.
inline constexpr double kFetching = 12;

// Whether B stays in the second-level cache beside what else passes through it.
template <typename P>
bool RightFits(const ProductSizes& s) {
  return s.columns * s.depth * static_cast<int64_t>(sizeof(Compute<typename P::Type>)) <= 512 << 10;
}

// Rows and columns of what one task computes.
struct PartSizes {
  int64_t rows, columns;
};

// Divides `count` products among workers: about `wanted` parts, such that the busiest worker has the least to do.
template <typename P>
PartSizes Divide(const ProductSizes& s, int64_t count, int64_t wanted, int64_t workers) {
  constexpr int64_t kWidth = kTileColumns<Compute<typename P::Type>>;
  constexpr int64_t kPanels = 4;  // of a part, where what is done for each block of rows is worth doing for many
  constexpr double kReading = 4;  // multiplications that take as long as an element of A or B from a cache
  const int64_t tiles = Quotient(s.rows, kTileRows), panels = Quotient(s.columns, kWidth);
  const int64_t least_rows = Quotient(s.rows, BlockRows(static_cast<Isa>(MTC_ISA_LEVEL)));
  int64_t least = 1, most = panels;  // parts of the columns
  if constexpr (!P::kWantsColumns) {
    least = panels;
  } else if constexpr (P::Left::kIsCopied || !P::Right::kIsPacked || P::kIsBlocked) {
    most = Quotient(panels, kPanels);
    if (P::kIsBlocked) {
      const int64_t enough = Least(Quotient(wanted, count * least_rows), most);
      least = most = Most(enough, Quotient(s.columns, kBlockColumns));
    }
  }
  PartSizes best = {};
  double least_work = 0;
  const bool fits = RightFits<P>(s);
  for (int64_t columns = least; columns <= Most(least, Least(most, wanted)); ++columns) {
    // Dividing rows further repeats work on the columns: reading them, where they are packed.
    const bool is_cheap = P::Right::kIsPacked || !P::kWantsColumns;
    const int64_t most_rows = Most(least_rows, Least(tiles, Quotient(wanted, count * columns)));
    for (const int64_t rows : {is_cheap && fits ? most_rows : least_rows, is_cheap ? most_rows : least_rows}) {
      const PartSizes part = {Quotient(tiles, rows) * kTileRows, Quotient(panels, columns) * kWidth};
      const int64_t parts = count * Quotient(s.rows, part.rows) * Quotient(s.columns, part.columns);
      const double reading = kReading * part.rows + (fits ? kReading : kFetching) * part.columns;
      const double work = Quotient(parts, workers) * (static_cast<double>(part.rows) * part.columns + reading);
      if (best.rows != 0 && work >= least_work) continue;
      best = part;
      least_work = work;
    }
  }
  return best;
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
