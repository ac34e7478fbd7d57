// Products with weights that are constants: packed once, for the level that will run, and kept with the program.

#ifndef MTC_KERNELS_PACKED_PRODUCT_H_
#define MTC_KERNELS_PACKED_PRODUCT_H_

#include "core/packed_weights.h"
#include "kernels/gemm.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
// Packs `count` matrices that lie one after the other in `weight`, as PackPanels takes them, unless the program has
// them already.
template <typename T>
Status PackConstant(PrepareContext& context, const Tensor& weight, int64_t count, const PanelSizes& s,
                    const void** packed) {
  using C = Compute<T>;
  constexpr int64_t kReleased = 1 << 20;  // bytes packed before the memory they come from is given back
  const uint64_t kind = static_cast<uint64_t>(context.isa) << 8 | static_cast<uint64_t>(weight.dtype);
  const PackedKey key = {{reinterpret_cast<uintptr_t>(weight.data), 0x70616e656c0000 /* "panel" */ | kind,
                          static_cast<uint64_t>(s.columns) << 32 ^ static_cast<uint64_t>(s.run),
                          static_cast<uint64_t>(s.depth) << 24 ^ static_cast<uint64_t>(s.taps)}};
  *packed = context.packed->Find(key);
  if (*packed != nullptr) return Status::kOk;
  const int64_t size = PackedPanelsSize<C>(context.isa, s);
  auto* block = static_cast<C*>(context.packed->Reserve(static_cast<size_t>(count * size) * sizeof(C)));
  if (block == nullptr) return context.Fail(Status::kOutOfMemory, "no memory for packed weights");
  const int64_t width = TileColumns(context.isa, sizeof(C)), each = s.depth * static_cast<int64_t>(sizeof(T));
  const int64_t columns = RoundUp(Quotient(kReleased, each), width);
  for (int64_t i = 0; i < count; ++i) {
    const T* from = weight.as<T>() + i * s.columns * s.depth;
    for (int64_t first = 0; first < s.columns; first += columns) {
      PackPanels(context.isa, from, s, first, first + columns, block + i * size);
      const int64_t last = Least(first + columns, s.columns);
      context.packed->ReleaseSource(from + first * s.depth, static_cast<size_t>((last - first) * each));
    }
  }
  *packed = context.packed->Insert(key, block);
  return Status::kOk;
}
#endif

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PACKED_PRODUCT_H_
