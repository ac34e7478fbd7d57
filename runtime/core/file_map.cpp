#include "core/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <utility>

#if defined(_WIN32)
#include <io.h>
#include <windows.h>
#else
#include <unistd.h>
#endif
#if !defined(__wasi__) && !defined(_WIN32)
#include <sys/mman.h>
#define MTC_HAS_MMAP 1
#endif

namespace mtc {
namespace {

#if defined(_WIN32)

using FileFacts = struct _stat64;

int FactsOf(int fd, FileFacts* facts) { return _fstat64(fd, facts); }
bool IsRegular(const FileFacts& facts) { return (facts.st_mode & _S_IFMT) == _S_IFREG; }
void Close(int fd) { _close(fd); }
bool IsSeparator(char c) { return c == '/' || c == '\\'; }

// `path` is UTF-8, as everywhere in the C API.
int OpenToRead(const char* path) {
  wchar_t wide[32768];  // no path is longer
  if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, sizeof(wide) / sizeof(*wide)) == 0) {
    errno = ENOENT;
    return -1;
  }
  return _wopen(wide, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}

int64_t ReadAt(int fd, uint8_t* to, uint64_t size, uint64_t offset) {
  constexpr uint64_t kMost = 1u << 30;  // _read takes an int
  if (_lseeki64(fd, static_cast<int64_t>(offset), SEEK_SET) < 0) return -1;
  return _read(fd, to, static_cast<unsigned>(size < kMost ? size : kMost));
}

#else

using FileFacts = struct stat;

int FactsOf(int fd, FileFacts* facts) { return fstat(fd, facts); }
bool IsRegular(const FileFacts& facts) { return S_ISREG(facts.st_mode); }
void Close(int fd) { close(fd); }
bool IsSeparator(char c) { return c == '/'; }
int OpenToRead(const char* path) { return open(path, O_RDONLY | O_CLOEXEC); }
int64_t ReadAt(int fd, uint8_t* to, uint64_t size, uint64_t offset) {
  return pread(fd, to, static_cast<size_t>(size), static_cast<off_t>(offset));
}

#endif

}  // namespace

size_t FolderLength(const char* path) {
  size_t length = 0;
  for (size_t i = 0; path[i] != '\0'; ++i) {
    if (IsSeparator(path[i])) length = i + 1;
  }
  return length;
}

FileMap::FileMap(FileMap&& other) noexcept { *this = static_cast<FileMap&&>(other); }

FileMap& FileMap::operator=(FileMap&& other) noexcept {
  copy_ = static_cast<Block&&>(other.copy_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapping_size_, other.mapping_size_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Status FileMap::OpenPath(const char* path, Error& error) {
  int fd;
  do {
    fd = OpenToRead(path);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return error.Report(Status::kIo, "cannot open `%s`: %s", path, strerror(errno));
  FileFacts facts;
  Status status = Status::kOk;
  if (FactsOf(fd, &facts) != 0) {
    status = error.Report(Status::kIo, "%s", strerror(errno));
  } else if (!IsRegular(facts)) {
    status = error.Report(Status::kIo, "not a regular file");
  } else {
    status = OpenRange(fd, 0, static_cast<uint64_t>(facts.st_size), error);
  }
  if (status != Status::kOk) error.Prefix("cannot read `%s`", path);
  Close(fd);
  return status;
}

Status FileMap::OpenRange(int fd, uint64_t offset, uint64_t size, Error& error) {
  FileFacts facts;
  if (FactsOf(fd, &facts) != 0) return error.Report(Status::kIo, "%s", strerror(errno));
  // Reading a page past the end of a file would be a signal, not an error.
  const uint64_t file_size = static_cast<uint64_t>(facts.st_size);
  if (offset > file_size || size > file_size - offset) {
    return error.Report(Status::kIo, "the file has %llu bytes; %llu from byte %llu on were asked for",
                        static_cast<unsigned long long>(file_size), static_cast<unsigned long long>(size),
                        static_cast<unsigned long long>(offset));
  }
  if (size > SIZE_MAX / 2) return error.Report(Status::kOutOfMemory, "the file is too large for this system");
  return Map(fd, offset, size) ? Status::kOk : Read(fd, offset, size, error);
}

#if defined(MTC_HAS_MMAP)

FileMap::~FileMap() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_size_);
}

// The file's pages lie inside a larger anonymous mapping, whose first and last page are the guards: what follows the
// last page of a file would not be readable by itself.
bool FileMap::Map(int fd, uint64_t offset, uint64_t size) {
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t lead = offset % page;
  if (size == 0 || lead % kGuard != 0) return false;
  const uint64_t total = (lead + size + page - 1) / page * page + 2 * page;
  void* whole = mmap(nullptr, total, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) return false;
  uint8_t* start = static_cast<uint8_t*>(whole) + page;
  if (mmap(start, lead + size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, static_cast<off_t>(offset - lead)) ==
      MAP_FAILED) {
    munmap(whole, total);
    return false;
  }
  mapping_ = whole;
  mapping_size_ = total;
  data_ = start + lead;
  size_ = size;
  return true;
}

void ReleasePages(const void* data, size_t size) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(data) + size) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

#else

FileMap::~FileMap() = default;
bool FileMap::Map(int, uint64_t, uint64_t) { return false; }
void ReleasePages(const void*, size_t) {}

#endif

Status FileMap::Read(int fd, uint64_t offset, uint64_t size, Error& error) {
  if (!copy_.Allocate(size)) {
    return error.Report(Status::kOutOfMemory, "no memory for a file of %llu bytes",
                        static_cast<unsigned long long>(size));
  }
  for (uint64_t done = 0; done < size;) {
    const int64_t got = ReadAt(fd, copy_.data() + done, size - done, offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return error.Report(Status::kIo, "%s", got < 0 ? strerror(errno) : "the file became shorter");
    done += static_cast<uint64_t>(got);
  }
  data_ = copy_.data();
  size_ = size;
  return Status::kOk;
}

}  // namespace mtc
