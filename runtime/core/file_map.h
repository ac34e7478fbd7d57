#ifndef MTC_CORE_FILE_MAP_H_
#define MTC_CORE_FILE_MAP_H_

#include <cstddef>
#include <cstdint>

#include "core/block.h"
#include "core/status.h"

namespace mtc {

// Of a path, the part that names a folder, with the separator at its end.
size_t FolderLength(const char* path);

// A range of a file in memory, read-only and 64-byte aligned, with a guard of readable bytes on both sides. It is
// mapped where the system can and the range is aligned in the file, else read.
class FileMap {
 public:
  FileMap() = default;
  ~FileMap();
  FileMap(FileMap&& other) noexcept;
  FileMap& operator=(FileMap&& other) noexcept;

  Status OpenPath(const char* path, Error& error);
  // The descriptor may be closed afterwards.
  Status OpenRange(int fd, uint64_t offset, uint64_t size, Error& error);

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  // Pages come back from the file when they are read again, so that they may be given up.
  bool is_mapped() const { return mapping_ != nullptr; }

 private:
  bool Map(int fd, uint64_t offset, uint64_t size);
  Status Read(int fd, uint64_t offset, uint64_t size, Error& error);

  Block copy_;
  void* mapping_ = nullptr;
  size_t mapping_size_ = 0;
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

// Drops the whole pages of [data, data + size) from memory. They must be pages of a FileMap that is mapped.
void ReleasePages(const void* data, size_t size);

}  // namespace mtc

#endif  // MTC_CORE_FILE_MAP_H_
