// A file that is there as a whole or not at all: it is written beside its target and renamed when it is complete.

#ifndef MTC_TOOLS_OUTPUT_FILE_H_
#define MTC_TOOLS_OUTPUT_FILE_H_

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "tools/text.h"

#if defined(_WIN32)
#include <direct.h>
#include <io.h>
#include <windows.h>
#endif

namespace mtc::tools {

#if defined(_WIN32)
// File numbers are zero there, and a file cannot be renamed to one that exists.
inline bool IsSameFile(const char* a, const char* b) {
  char left[MAX_PATH], right[MAX_PATH];
  return _fullpath(left, a, MAX_PATH) != nullptr && _fullpath(right, b, MAX_PATH) != nullptr &&
         _stricmp(left, right) == 0;
}
inline bool MakeFolder(const char* path) { return _mkdir(path) == 0 || errno == EEXIST; }
inline bool Replace(const char* from, const char* to) { return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING) != 0; }
inline constexpr int kMayWrite = 2;  // _access knows no more
#else
inline bool IsSameFile(const char* a, const char* b) {
  struct stat left, right;
  return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}
inline bool MakeFolder(const char* path) { return mkdir(path, 0777) == 0 || errno == EEXIST; }
inline bool Replace(const char* from, const char* to) { return rename(from, to) == 0; }
inline constexpr int kMayWrite = W_OK | X_OK;
#endif

inline constexpr size_t kMaxMagic = 16;

// How the file at `path` begins, at most `size` bytes of it.
inline Text Beginning(const char* path, size_t size) {
  char bytes[kMaxMagic];
  FILE* file = fopen(path, "rb");
  if (file == nullptr) return "";
  const Text result(bytes, fread(bytes, 1, size, file));
  fclose(file);
  return result;
}

// Why a file may not be written to `path`; empty if it may. What stands there already is replaced only if it begins
// with `magic`, as what we write does, and is none of `sources`, which are mapped or were read for this run.
inline Text CheckTarget(const char* path, const char* magic, const std::vector<const char*>& sources) {
  struct stat target;
  if (stat(path, &target) == 0) {
    for (const char* name : sources) {
      if (IsSameFile(path, name)) return Text("it is `") + name + "`, which this run reads";
    }
    if (!S_ISREG(target.st_mode)) return "it is not a regular file";
    if (Beginning(path, strlen(magic)) != magic) return "there is a file that mtc_run did not write";
  } else if (errno != ENOENT) {
    return strerror(errno);
  }
  const char* slash = strrchr(path, '/');
  const Text folder = slash == nullptr ? Text(".") : Text(path, static_cast<size_t>(slash + 1 - path));
  return access(folder.c_str(), kMayWrite) == 0 ? Text() : "its folder: " + Text(strerror(errno));
}

class OutputFile {
 public:
  explicit OutputFile(const char* path) : path_(path) {
    // The number passes by what a run that was killed has left.
    for (int i = 0; i < 100; ++i) {
      temporary_ = path_ + ".part" + Number(i);
      file_ = fopen(temporary_.c_str(), "wbx");
      if (file_ != nullptr || errno != EEXIST) return;
    }
  }
  ~OutputFile() {
    if (file_ != nullptr) Discard();
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Null if it could not be opened; errno says why.
  FILE* get() const { return file_; }

  // Why the file could not be completed; empty if it stands at its path.
  Text Finish() {
    const bool is_written = ferror(file_) == 0 && fflush(file_) == 0;
    if (!is_written) {
      const Text reason = strerror(errno);
      Discard();
      return reason;
    }
    const bool is_closed = fclose(file_) == 0;
    file_ = nullptr;
    if (is_closed && Replace(temporary_.c_str(), path_.c_str())) return "";
    const Text reason = strerror(errno);
    remove(temporary_.c_str());
    return reason;
  }

 private:
  void Discard() {
    fclose(file_);
    file_ = nullptr;
    remove(temporary_.c_str());
  }

  Text path_, temporary_;
  FILE* file_ = nullptr;
};

}  // namespace mtc::tools

#endif  // MTC_TOOLS_OUTPUT_FILE_H_
