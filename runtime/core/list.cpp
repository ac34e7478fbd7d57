#include "core/list.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace mtc {

ListBytes::~ListBytes() { free(data_); }

void ListBytes::Reserve(size_t count, size_t item) {
  if (count <= capacity_) return;
  size_t bytes;
  if (__builtin_mul_overflow(count, item, &bytes)) abort();
  data_ = realloc(data_, bytes);
  if (data_ == nullptr) abort();
  capacity_ = count;
}

void ListBytes::Begin(size_t count, size_t item) {
  if (size_ > count) size_ = count;
  if (count > capacity_) Reserve(std::max(count, 2 * capacity_), item);
}

void ListBytes::Resize(size_t count, size_t item) {
  Begin(count, item);
  if (size_ < count) memset(static_cast<char*>(data_) + size_ * item, 0, (count - size_) * item);
  size_ = count;
}

void* ListBytes::Open(size_t at, size_t item) {
  if (size_ == capacity_) Reserve(std::max<size_t>(4, 2 * capacity_), item);
  char* place = static_cast<char*>(data_) + at * item;
  memmove(place + item, place, (size_ - at) * item);
  ++size_;
  return place;
}

void ListBytes::Close(size_t at, size_t item) {
  char* place = static_cast<char*>(data_) + at * item;
  --size_;
  memmove(place, place + item, (size_ - at) * item);
}

void ListBytes::Swap(ListBytes& other) {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
}

}  // namespace mtc
