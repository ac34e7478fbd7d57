// The program's packed weights as XNNPACK sees them.

#ifndef MTC_KERNELS_XNNPACK_WEIGHTS_CACHE_H_
#define MTC_KERNELS_XNNPACK_WEIGHTS_CACHE_H_

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>

#include "core/packed_weights.h"
#include "kernels/kernel.h"

namespace MTC_XNNPACK {

// Operators that are created with it look for their weights in the program's, and pack what is not there. It must
// outlive them. An "offset" of XNNPACK's is an address here, because blocks stay where they are.
class WeightsCache {
 public:
  WeightsCache() : provider_{this, LookUp, Reserve, LookUpOrInsert, IsFinalized, ToAddress, Delete} {}
  WeightsCache(const WeightsCache&) = delete;
  WeightsCache& operator=(const WeightsCache&) = delete;
  ~WeightsCache() { DiscardReserved(); }

  // For weights of their own. XNNPACK's key is not used: it has an exclusive or of sizes, which often agree.
  xnn_weights_cache_t Whole(PackedWeights* packed, const PackedKey& key) {
    DiscardReserved();
    packed_ = packed;
    key_ = key;
    section_ = nullptr;
    return &provider_;
  }
  // For an operator whose weights lie within those that were packed before.
  xnn_weights_cache_t Section(const void* weights) {
    section_ = weights;
    return &provider_;
  }
  // What the last operator was given.
  const void* found() const { return found_; }

 private:
  using Key = xnn_weights_cache_look_up_key;

  static size_t LookUp(void* context, const Key*) { return static_cast<WeightsCache*>(context)->Find(); }
  static void* Reserve(void* context, size_t size) {
    WeightsCache& cache = *static_cast<WeightsCache*>(context);
    cache.DiscardReserved();
    const PackedBlock found = cache.packed_->Find(cache.key_);
    if (found.data == nullptr) return cache.reserved_ = cache.packed_->Reserve(size);
    return found.size == size && cache.unused_.Allocate(size) ? cache.unused_.data() : nullptr;
  }
  static size_t LookUpOrInsert(void* context, const Key*, void* weights, size_t) {
    WeightsCache& cache = *static_cast<WeightsCache*>(context);
    cache.unused_.Free();
    if (weights == nullptr || weights != cache.reserved_) return cache.Find();
    cache.found_ = cache.packed_->Insert(cache.key_, weights).data;
    cache.reserved_ = nullptr;
    return reinterpret_cast<size_t>(cache.found_);
  }
  static bool IsFinalized(void*) { return true; }
  static void* ToAddress(void*, size_t offset) { return reinterpret_cast<void*>(offset); }
  static xnn_status Delete(void*) { return xnn_status_success; }

  size_t Find() {
    found_ = section_ != nullptr ? section_ : packed_->Find(key_).data;
    return found_ == nullptr ? SIZE_MAX : reinterpret_cast<size_t>(found_);
  }
  // An operator could not be created after all.
  void DiscardReserved() {
    if (reserved_ != nullptr) packed_->Discard(reserved_);
    reserved_ = nullptr;
  }

  xnn_weights_cache_provider provider_;
  PackedWeights* packed_ = nullptr;
  PackedKey key_ = {};
  const void* section_ = nullptr;
  const void* found_ = nullptr;
  void* reserved_ = nullptr;
  Block unused_;  // what an operator packs that packs before it looks whether that has been done
};

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_WEIGHTS_CACHE_H_
