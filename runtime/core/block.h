#ifndef MTC_CORE_BLOCK_H_
#define MTC_CORE_BLOCK_H_

#include <cstddef>
#include <cstdint>

namespace mtc {

// Libraries read up to this many bytes before and after a tensor, and tensors are aligned to it.
inline constexpr size_t kGuard = 64;

// The next multiple of the alignment. The caller knows that `bytes` is far below the largest number.
constexpr uint64_t AlignUp(uint64_t bytes) { return (bytes + (kGuard - 1)) & ~uint64_t{kGuard - 1}; }

// Zeroed memory, 64-byte aligned, with a guard of readable bytes on both sides. Large blocks are zeroed by the system
// page by page when first touched, so that a generous size costs nothing; where the system offers huge pages, those:
// a page fault costs more than the zeroing.
class Block {
 public:
  Block() = default;
  ~Block() { Free(); }
  Block(Block&& other) noexcept;
  Block& operator=(Block&& other) noexcept;

  // False if the system has no such memory; then the block is empty. What it held before is freed first.
  [[nodiscard]] bool Allocate(uint64_t size);
  void Free();

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  void* memory_ = nullptr;
  size_t mapped_ = 0;  // bytes, if the memory is a mapping of its own
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace mtc

#endif  // MTC_CORE_BLOCK_H_
