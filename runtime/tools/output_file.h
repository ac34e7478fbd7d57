// A file that is there as a whole or not at all: it is written beside its target and renamed when it is complete.

#ifndef MTC_TOOLS_OUTPUT_FILE_H_
#define MTC_TOOLS_OUTPUT_FILE_H_

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "tools/files.h"
#include "tools/text.h"

namespace mtc::tools {

inline constexpr size_t kMaxMagic = 16;

// How the file at `path` begins, at most `size` bytes of it.
inline Text Beginning(const char* path, size_t size) {
  char bytes[kMaxMagic];
  FILE* file = OpenFile(path, "rb");
  if (file == nullptr) return "";
  const Text result(bytes, fread(bytes, 1, size, file));
  fclose(file);
  return result;
}

// Why a file may not be written to `path`; empty if it may. What stands there already is replaced only if it begins
// with `magic`, as what we write does, and is none of `sources`, which are mapped or were read for this run.
inline Text CheckTarget(const char* path, const char* magic, const std::vector<const char*>& sources) {
  FileFacts target;
  if (FactsOf(path, &target)) {
    for (const char* name : sources) {
      if (IsSameFile(path, name)) return Text("it is `") + name + "`, which this run reads";
    }
    if (!IsRegular(target)) return "it is not a regular file";
    if (Beginning(path, strlen(magic)) != magic) return "there is a file that mtc_run did not write";
  } else if (errno != ENOENT) {
    return strerror(errno);
  }
  const size_t slash = Text(path).find_last_of(kSeparators);
  const Text folder = slash == Text::npos ? Text(".") : Text(path, slash + 1);
  return MayWriteInto(folder.c_str()) ? Text() : "its folder: " + Text(strerror(errno));
}

class OutputFile {
 public:
  explicit OutputFile(const char* path) : path_(path) {
    // The number passes by what a run that was killed has left.
    for (int i = 0; i < 100; ++i) {
      temporary_ = path_ + ".part" + Number(i);
      file_ = OpenFile(temporary_.c_str(), "wbx");
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
    if (is_closed && RenameOver(temporary_.c_str(), path_.c_str())) return "";
    const Text reason = strerror(errno);
    RemoveFile(temporary_.c_str());
    return reason;
  }

 private:
  void Discard() {
    fclose(file_);
    file_ = nullptr;
    RemoveFile(temporary_.c_str());
  }

  Text path_, temporary_;
  FILE* file_ = nullptr;
};

}  // namespace mtc::tools

#endif  // MTC_TOOLS_OUTPUT_FILE_H_
