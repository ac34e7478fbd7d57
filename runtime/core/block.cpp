#include "core/block.h"

#include <cstdlib>
#include <utility>

#include "core/poison.h"

namespace mtc {

Block::Block(Block&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Block& Block::operator=(Block&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void Block::Free() {
  free(memory_);
  memory_ = nullptr;
  data_ = nullptr;
  size_ = 0;
}

bool Block::Allocate(uint64_t size) {
  Free();
  constexpr uint64_t kExtra = 3 * kGuard;  // two guards, and room to align between them
  if (size > PTRDIFF_MAX - kExtra) return false;
  memory_ = calloc(1, static_cast<size_t>(size + kExtra));
  if (memory_ == nullptr) return false;
  const uintptr_t start = reinterpret_cast<uintptr_t>(memory_);
  data_ = static_cast<uint8_t*>(memory_) + (((start + kGuard - 1) & ~uintptr_t{kGuard - 1}) + kGuard - start);
  size_ = static_cast<size_t>(size);
  Poison(memory_, static_cast<size_t>(data_ - static_cast<uint8_t*>(memory_)));
  Poison(data_ + size_, static_cast<size_t>(static_cast<uint8_t*>(memory_) + size_ + kExtra - (data_ + size_)));
  return true;
}

}  // namespace mtc
