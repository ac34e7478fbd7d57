#include "core/packed_weights.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/file_map.h"
#include "core/poison.h"

namespace mtc {
namespace {

// Blocks share a chunk as large as the model's constants: one by one they would be as many system calls, and would not
// fill huge pages. The system gives memory only to what is used of it. Where there are more bytes than expected, large
// blocks have a chunk of their own, so that none leaves much of a chunk unused.
constexpr size_t kFirstChunk = size_t{128} << 10, kLargestChunk = size_t{8} << 20, kLarge = size_t{2} << 20;
// Where addresses are short, a large chunk may find no room.
constexpr uint64_t kLargestExpected = sizeof(void*) > 4 ? uint64_t{1} << 36 : kLargestChunk;

bool Precedes(const PackedKey& a, const PackedKey& b) {
  const auto rest = [](const PackedKey& key) {
    return std::tuple(reinterpret_cast<uintptr_t>(key.weight), reinterpret_cast<uintptr_t>(key.bias), key.packing,
                      key.isa, key.dtype);
  };
  if (rest(a) != rest(b)) return rest(a) < rest(b);
  return a.sizes != b.sizes ? a.sizes < b.sizes : a.quantization < b.quantization;
}

}  // namespace

PackedWeights::PackedWeights() : next_chunk_(kFirstChunk) {}

// Where the key stands or would stand.
size_t PackedWeights::Position(const PackedKey& key) const {
  size_t low = 0, high = entries_.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (Precedes(entries_[middle].key, key)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool PackedWeights::IsAt(size_t position, const PackedKey& key) const {
  return position < entries_.size() && !Precedes(key, entries_[position].key);
}

size_t PackedWeights::Reservation(const void* data) const {
  size_t i = 0;
  while (i < reserved_.size() && reserved_[i].data != data) ++i;
  return i;
}

PackedBlock PackedWeights::Find(const PackedKey& key) const {
  Lock lock(mutex_);
  const size_t i = Position(key);
  return IsAt(i, key) ? entries_[i].block : PackedBlock();
}

void PackedWeights::Expect(uint64_t size) {
  // Guards and padded columns take a little more than the constants.
  next_chunk_ = static_cast<size_t>(std::clamp<uint64_t>(size + size / 16, kFirstChunk, kLargestExpected));
}

bool PackedWeights::AddChunk(size_t size) {
  Block chunk;
  if (!chunk.Allocate(size)) return false;
  Poison(chunk.data(), chunk.size());
  chunks_.Add(std::move(chunk));
  return true;
}

void* PackedWeights::Reserve(size_t size) {
  if (size > PTRDIFF_MAX - 2 * kGuard) return nullptr;
  const size_t bytes = static_cast<size_t>(AlignUp(size)) + kGuard;
  Lock lock(mutex_);
  uint8_t* data;
  if (bytes > free_.size && bytes > next_chunk_ && size >= kLarge) {
    if (!AddChunk(size)) return nullptr;
    data = chunks_.back().data();
  } else {
    if (bytes > free_.size) {
      if (!AddChunk(std::max(next_chunk_, bytes))) {
        next_chunk_ = kFirstChunk;
        if (!AddChunk(bytes)) return nullptr;
      }
      next_chunk_ = std::clamp(4 * next_chunk_, kFirstChunk, kLargestChunk);
      free_ = {chunks_.back().data(), chunks_.back().size()};
    }
    data = free_.data;
    free_ = {free_.data + bytes, free_.size - bytes};
  }
  Unpoison(data, size);
  reserved_.Add({data, size});
  return data;
}

PackedBlock PackedWeights::Insert(const PackedKey& key, void* reserved) {
  Lock lock(mutex_);
  const size_t from = Reservation(reserved);
  const size_t to = Position(key);
  const bool is_there = IsAt(to, key);
  if (from == reserved_.size()) return is_there ? entries_[to].block : PackedBlock();
  const PackedBlock block = reserved_[from];
  reserved_.Remove(&reserved_[from]);
  if (is_there) return entries_[to].block;
  bytes_ += block.size;
  entries_.Insert(entries_.begin() + to, Entry{key, block});
  return block;
}

void PackedWeights::Discard(void* reserved) {
  Lock lock(mutex_);
  const size_t i = Reservation(reserved);
  if (i < reserved_.size()) reserved_.Remove(&reserved_[i]);
}

size_t PackedWeights::bytes() const {
  Lock lock(mutex_);
  return bytes_;
}

void PackedWeights::AddMappedRange(const void* data, size_t size) {
  const uint8_t* begin = static_cast<const uint8_t*>(data);
  mapped_.Add({begin, begin + size});
}

void PackedWeights::ReleaseSource(const void* data, size_t size) const {
  const uint8_t* begin = static_cast<const uint8_t*>(data);
  for (const Range& range : mapped_) {
    if (begin >= range.begin && begin < range.end && size <= static_cast<size_t>(range.end - begin)) {
      ReleasePages(data, size);
      return;
    }
  }
}

}  // namespace mtc
