// What a matrix product C = A * B is made of, and the memory it takes.

#ifndef MTC_KERNELS_PRODUCT_H_
#define MTC_KERNELS_PRODUCT_H_

#include <cstddef>
#include <cstdint>

#include "core/block.h"
#include "core/thread_pool.h"
#include "kernels/operands.h"

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

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PRODUCT_H_
