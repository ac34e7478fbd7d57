// Constants in the order that an inner loop reads them, kept with the program.

#ifndef MTC_KERNELS_PACKED_CONSTANT_H_
#define MTC_KERNELS_PACKED_CONSTANT_H_

#include "core/packed_weights.h"
#include "kernels/kernel.h"

namespace mtc::kernels {

// What is packed, and everything that decides how: see PackedKey.
struct PackedSource {
  Packing packing;
  const Tensor& weight;
  const void* bias;
  std::array<int64_t, 13> sizes;
  std::array<int64_t, 7> quantization = {};
};

// Finds the constant as the program has it already, or has pack(C*) write `count` elements, zero before, and gives the
// pages it comes from back.
template <typename C, typename Pack>
Status PackOnce(PrepareContext& context, const PackedSource& source, int64_t count, const Pack& pack,
                const void** packed) {
  const Tensor& weight = source.weight;
  const PackedKey key = {source.packing, context.isa,  weight.dtype,       weight.data,
                         source.bias,    source.sizes, source.quantization};
  size_t size;
  if (__builtin_mul_overflow(count, sizeof(C), &size)) {
    return context.Fail(Status::kOutOfMemory, "packed weights are larger than memory");
  }
  PackedBlock block = context.packed->Find(key);
  if (block.data == nullptr) {
    void* reserved = context.packed->Reserve(size);
    if (reserved == nullptr) return context.Fail(Status::kOutOfMemory, "no memory for packed weights");
    pack(static_cast<C*>(reserved));
    context.packed->ReleaseSource(weight.data, static_cast<size_t>(weight.count()) * SizeOf(weight.dtype));
    block = context.packed->Insert(key, reserved);
  }
  if (block.size != size) {  // a key that does not say everything
    return context.Fail(Status::kInvalidProgram, "weights are packed in %zu bytes, not %zu", block.size, size);
  }
  *packed = block.data;
  return Status::kOk;
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_PACKED_CONSTANT_H_
