// Products with weights that are constants: packed once, for the level that will run, and kept with the program.

#ifndef MTC_KERNELS_PACKED_PRODUCT_H_
#define MTC_KERNELS_PACKED_PRODUCT_H_

#include "kernels/gemm.h"
#include "kernels/packed_constant.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
// Packs `count` matrices that lie one after the other in `weight`, as PackPanels takes them, unless the program has
// them already. Threads divide the columns: most of the time goes into memory that is new to the process.
template <typename T>
Status PackConstant(PrepareContext& context, const Tensor& weight, int64_t count, const PanelSizes& s,
                    const void** packed) {
  using C = Compute<T>;
  constexpr int64_t kReleased = 1 << 18;  // bytes packed before the memory they come from is given back
  const PackedSource source = {Packing::kPanels, weight, nullptr, {{count, s.columns, s.depth, s.taps, s.run}}};
  const int64_t size = PackedPanelsSize<C>(context.isa, s);
  const auto pack = [&](C* block) {
    const int64_t width = TileColumns(context.isa, sizeof(C)), each = s.depth * static_cast<int64_t>(sizeof(T));
    const int64_t columns = RoundUp(Quotient(kReleased, Most(each, 1)), width);
    const int64_t parts = Quotient(s.columns, columns);  // of one matrix
    auto pack_parts = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t matrix = i / parts, first = i % parts * columns;
        const T* from = weight.as<T>() + matrix * s.columns * s.depth;
        PackPanels(context.isa, from, s, first, first + columns, block + matrix * size);
        if (first + columns >= s.columns) continue;  // what is left is given back with the whole
        context.packed->ReleaseSource(from + first * s.depth, static_cast<size_t>(columns * each));
      }
    };
    const int64_t part = Most(Least(columns, s.columns) * each, 1);
    ParallelFor(context.threads, count * parts, Quotient(kReleased, part), pack_parts);
  };
  return PackOnce<C>(context, source, count * size, pack, packed);
}
#endif

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PACKED_PRODUCT_H_
