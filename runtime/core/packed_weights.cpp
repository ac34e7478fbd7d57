#include "core/packed_weights.h"

#include <algorithm>
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

class Lock {
 public:
  explicit Lock(pthread_mutex_t& mutex) : mutex_(mutex) { pthread_mutex_lock(&mutex_); }
  ~Lock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t& mutex_;
};

int Compare(const PackedKey& a, const PackedKey& b) {
  for (int i = 0; i < 4; ++i) {
    if (a.parts[i] != b.parts[i]) return a.parts[i] < b.parts[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace

PackedWeights::PackedWeights() : next_chunk_(kFirstChunk) { pthread_mutex_init(&mutex_, nullptr); }
PackedWeights::~PackedWeights() { pthread_mutex_destroy(&mutex_); }

// Where the key stands or would stand.
size_t PackedWeights::Position(const PackedKey& key) const {
  size_t low = 0, high = entries_.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (Compare(entries_[middle].key, key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

size_t PackedWeights::Reservation(const void* data) const {
  size_t i = 0;
  while (i < reserved_.size() && reserved_[i].data != data) ++i;
  return i;
}

const void* PackedWeights::Find(const PackedKey& key) const {
  Lock lock(mutex_);
  const size_t i = Position(key);
  return i < entries_.size() && Compare(entries_[i].key, key) == 0 ? entries_[i].packed.data : nullptr;
}

void PackedWeights::Expect(uint64_t size) {
  // Guards and padded columns take a little more than the constants.
  next_chunk_ = static_cast<size_t>(std::clamp<uint64_t>(size + size / 16, kFirstChunk, kLargestExpected));
}

bool PackedWeights::AddChunk(size_t size) {
  Block chunk;
  if (!chunk.Allocate(size)) return false;
  Poison(chunk.data(), chunk.size());
  chunks_.push_back(std::move(chunk));
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
  reserved_.push_back({data, size});
  return data;
}

const void* PackedWeights::Insert(const PackedKey& key, void* reserved) {
  Lock lock(mutex_);
  const size_t from = Reservation(reserved);
  const size_t to = Position(key);
  const bool is_there = to < entries_.size() && Compare(entries_[to].key, key) == 0;
  if (from == reserved_.size()) return is_there ? entries_[to].packed.data : nullptr;
  const Packed packed = reserved_[from];
  reserved_.erase(reserved_.begin() + static_cast<ptrdiff_t>(from));
  if (is_there) return entries_[to].packed.data;
  bytes_ += packed.size;
  entries_.insert(entries_.begin() + static_cast<ptrdiff_t>(to), Entry{key, packed});
  return entries_[to].packed.data;
}

void PackedWeights::Discard(void* reserved) {
  Lock lock(mutex_);
  const size_t i = Reservation(reserved);
  if (i < reserved_.size()) reserved_.erase(reserved_.begin() + static_cast<ptrdiff_t>(i));
}

size_t PackedWeights::bytes() const {
  Lock lock(mutex_);
  return bytes_;
}

void PackedWeights::AddMappedRange(const void* data, size_t size) {
  const uint8_t* begin = static_cast<const uint8_t*>(data);
  mapped_.push_back({begin, begin + size});
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
