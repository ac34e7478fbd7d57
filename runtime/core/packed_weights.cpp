#include "core/packed_weights.h"

#include <utility>

#include "core/file_map.h"

namespace mtc {
namespace {

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

PackedWeights::PackedWeights() { pthread_mutex_init(&mutex_, nullptr); }
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
  while (i < reserved_.size() && reserved_[i].data() != data) ++i;
  return i;
}

const void* PackedWeights::Find(const PackedKey& key) const {
  Lock lock(mutex_);
  const size_t i = Position(key);
  return i < entries_.size() && Compare(entries_[i].key, key) == 0 ? entries_[i].block.data() : nullptr;
}

void* PackedWeights::Reserve(size_t size) {
  Block block;
  if (!block.Allocate(size)) return nullptr;
  void* data = block.data();
  Lock lock(mutex_);
  reserved_.push_back(std::move(block));
  return data;
}

const void* PackedWeights::Insert(const PackedKey& key, void* reserved) {
  Lock lock(mutex_);
  const size_t from = Reservation(reserved);
  const size_t to = Position(key);
  const bool is_there = to < entries_.size() && Compare(entries_[to].key, key) == 0;
  if (from == reserved_.size()) return is_there ? entries_[to].block.data() : nullptr;
  Block block = std::move(reserved_[from]);
  reserved_.erase(reserved_.begin() + static_cast<ptrdiff_t>(from));
  if (is_there) return entries_[to].block.data();
  bytes_ += block.size();
  entries_.insert(entries_.begin() + static_cast<ptrdiff_t>(to), Entry{key, std::move(block)});
  return entries_[to].block.data();
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
