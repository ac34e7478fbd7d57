// Products with weights that are constants: packed once, for the level that will run, and kept with the program.

#ifndef MTC_KERNELS_PACKED_PRODUCT_H_
#define MTC_KERNELS_PACKED_PRODUCT_H_

#include "kernels/gemm.h"
#include "kernels/packed_constant.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
// Packs `count` matrices that lie one after the other in `weight`, as PackPanels takes them, unless the program has
// them already.
template <typename T>
Status PackConstant(PrepareContext& context, const Tensor& weight, int64_t count, const PanelSizes& s,
                    const void** packed) {
  using C = Compute<T>;
  constexpr int64_t kReleased = 1 << 20;  // bytes packed before the memory they come from is given back
  const PackedSource source = {Packing::kPanels, weight, nullptr, {{count, s.columns, s.depth, s.taps, s.run}}};
  const int64_t size = PackedPanelsSize<C>(context.isa, s);
  const auto pack = [&](C* block) {
    const int64_t width = TileColumns(context.isa, sizeof(C)), each = s.depth * static_cast<int64_t>(sizeof(T));
    const int64_t columns = RoundUp(Quotient(kReleased, Most(each, 1)), width);
    for (int64_t i = 0; i < count; ++i) {
      const T* from = weight.as<T>() + i * s.columns * s.depth;
      for (int64_t first = 0; first < s.columns; first += columns) {
        PackPanels(context.isa, from, s, first, first + columns, block + i * size);
        if (first + columns >= s.columns) break;  // what is left is given back with the whole
        context.packed->ReleaseSource(from + first * s.depth, static_cast<size_t>(columns * each));
      }
    }
  };
  return PackOnce<C>(context, source, count * size, pack, packed);
}
#endif

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PACKED_PRODUCT_H_
