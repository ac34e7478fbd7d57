// How products are divided among workers.

#ifndef MTC_KERNELS_PRODUCT_DIVISION_H_
#define MTC_KERNELS_PRODUCT_DIVISION_H_

#include <cstdint>

#include "kernels/product.h"

namespace MTC_PORTABLE {

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

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PRODUCT_DIVISION_H_
