#include "core/block.h"

#include <cstdlib>
#include <utility>

#include "core/poison.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace mtc {
namespace {

#if defined(__linux__)

constexpr size_t kHugePage = size_t{2} << 20;

// A huge page more than `size` bytes, so that these can begin with one, at `*first`; null if there is no such memory.
void* MapHuge(size_t size, uintptr_t* first) {
  void* memory = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(memory);
  *first = (begin + kHugePage - 1) & ~uintptr_t{kHugePage - 1};
  // A kernel without huge pages refuses, and small ones do as well. What is left behind the last whole one stays
  // small: a huge page there would be memory that nobody needs.
  madvise(reinterpret_cast<void*>(*first), size / kHugePage * kHugePage, MADV_HUGEPAGE);
  return memory;
}

void Unmap(void* memory, size_t size) { munmap(memory, size + kHugePage); }

#else

constexpr size_t kHugePage = 0;
void* MapHuge(size_t, uintptr_t*) { return nullptr; }
void Unmap(void*, size_t) {}

#endif

}  // namespace

Block::Block(Block&& other) noexcept { *this = std::move(other); }

Block& Block::operator=(Block&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(mapped_, other.mapped_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void Block::Free() {
  if (mapped_ != 0) {
    Unpoison(memory_, mapped_ + kHugePage);  // whatever is mapped here next
    Unmap(memory_, mapped_);
  } else {
    free(memory_);
  }
  memory_ = nullptr;
  mapped_ = 0;
  data_ = nullptr;
  size_ = 0;
}

bool Block::Allocate(uint64_t size) {
  Free();
  constexpr size_t kExtra = 3 * kGuard;  // two guards, and room to align between them
  if (size > PTRDIFF_MAX - kExtra - kHugePage) return false;
  const size_t total = static_cast<size_t>(size) + kExtra;
  uintptr_t start = 0;
  if (kHugePage != 0 && size >= kHugePage) {
    memory_ = MapHuge(total, &start);
    mapped_ = memory_ == nullptr ? 0 : total;
  } else {
    memory_ = calloc(1, total);
    start = reinterpret_cast<uintptr_t>(memory_);
  }
  if (memory_ == nullptr) return false;
  data_ = reinterpret_cast<uint8_t*>(((start + kGuard - 1) & ~uintptr_t{kGuard - 1}) + kGuard);
  size_ = static_cast<size_t>(size);
  uint8_t* first = reinterpret_cast<uint8_t*>(start);
  Poison(first, static_cast<size_t>(data_ - first));
  Poison(data_ + size_, static_cast<size_t>(first + total - (data_ + size_)));
  return true;
}

}  // namespace mtc
