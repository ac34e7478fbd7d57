#ifndef MTC_CORE_PACKED_WEIGHTS_H_
#define MTC_CORE_PACKED_WEIGHTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/block.h"
#include "core/dtype.h"
#include "core/isa.h"
#include "core/list.h"
#include "core/mutex.h"
#include "core/span.h"

namespace mtc {

// The orders that constants are packed in, of all libraries.
enum class Packing : uint8_t {
  kPanels,
  kDepthwise,
  kTransposed,
  kChannelsLastTransposed,
  kPairedRows,
  kXnnpackConvolution,
  kXnnpackTransposed,
  kXnnpackLinear,
  kXnnpackDynamicConvolution,
  kXnnpackDynamicLinear,
  kQnnpackProduct,
  kQnnpackDynamic,
};

// What a block of packed weights was made from, in full: constants that differ in size may lie at one address, so that
// whatever decides what is read and where it is put has to be here.
struct PackedKey {
  Packing packing;
  Isa isa;
  DType dtype;
  const void* weight;
  const void* bias;  // null if none is packed beside the weights
  std::array<int64_t, 13> sizes;
  std::array<int64_t, 7> quantization = {};  // scales and zero points, where they are folded into the weights
};

// What stands in a key for a number, or for what lies at an address.
inline int64_t KeyPart(float number) {
  uint32_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}
inline int64_t KeyPart(const void* address) { return static_cast<int64_t>(reinterpret_cast<intptr_t>(address)); }

// Packed weights where they lie; null if there are none.
struct PackedBlock {
  const void* data = nullptr;
  size_t size = 0;
};

// The program's packed weights: constants in the order a library's inner loop reads them. Sessions of several threads
// share them. A block stays where it is until the program goes.
class PackedWeights {
 public:
  PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  // About how many bytes there will be, so that they lie in one chunk.
  void Expect(uint64_t size);

  PackedBlock Find(const PackedKey& key) const;
  // Zeroed, 64-byte aligned memory of the cache, to be filled by the calling thread alone; null if there is none. It
  // must be given to Insert or Discard.
  void* Reserve(size_t size);
  // Publishes what Reserve gave. If another thread was faster, its block is returned and this one is not used.
  PackedBlock Insert(const PackedKey& key, void* reserved);
  void Discard(void* reserved);
  // Bytes of all published blocks.
  size_t bytes() const;

  // The file mapping that constants lie in; the loader says so.
  void AddMappedRange(const void* data, size_t size);
  // The kernel has packed this constant and does not need it soon: its pages leave the memory if they are a file's.
  void ReleaseSource(const void* data, size_t size) const;

 private:
  // Part of a chunk.
  struct Part {
    uint8_t* data;
    size_t size;
  };
  struct Entry {
    PackedKey key;
    PackedBlock block;
  };
  struct Range {
    const uint8_t* begin;
    const uint8_t* end;
  };
  bool AddChunk(size_t size);
  size_t Position(const PackedKey& key) const;
  bool IsAt(size_t position, const PackedKey& key) const;
  size_t Reservation(const void* data) const;

  mutable Mutex mutex_;
  List<Entry> entries_;  // sorted by key
  List<PackedBlock> reserved_;
  List<Block> chunks_;
  Part free_ = {nullptr, 0};  // what is left of the last chunk that blocks share
  size_t next_chunk_;         // the size of the next one
  List<Range> mapped_;
  size_t bytes_ = 0;
};

}  // namespace mtc

#endif  // MTC_CORE_PACKED_WEIGHTS_H_
