// Files by their names in UTF-8, on every system, and what each calls these functions.

#ifndef MTC_TOOLS_FILES_H_
#define MTC_TOOLS_FILES_H_

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#if defined(_WIN32)
#include <direct.h>
#include <io.h>

#include "tools/utf8_windows.h"
#else
#include <unistd.h>
#endif

namespace mtc::tools {

#if defined(_WIN32)

// `mode` is one of fopen's.
inline FILE* OpenFile(const char* path, const char* mode) { return _wfopen(Wide(path).data(), Wide(mode).data()); }
inline bool RemoveFile(const char* path) { return _wremove(Wide(path).data()) == 0; }
inline bool MakeFolder(const char* path) { return _wmkdir(Wide(path).data()) == 0 || errno == EEXIST; }
using FileFacts = struct _stat64;
// errno says why there are none.
inline bool FactsOf(const char* path, FileFacts* facts) { return _wstat64(Wide(path).data(), facts) == 0; }
inline bool IsRegular(const FileFacts& facts) { return (facts.st_mode & _S_IFMT) == _S_IFREG; }
inline bool MayWriteInto(const char* folder) { return _waccess(Wide(folder).data(), 2) == 0; }
// A file cannot be renamed to one that exists.
inline bool RenameOver(const char* from, const char* to) {
  return MoveFileExW(Wide(from).data(), Wide(to).data(), MOVEFILE_REPLACE_EXISTING) != 0;
}
// File numbers are zero.
inline bool IsSameFile(const char* a, const char* b) {
  wchar_t left[MAX_PATH], right[MAX_PATH];
  return _wfullpath(left, Wide(a).data(), MAX_PATH) != nullptr &&
         _wfullpath(right, Wide(b).data(), MAX_PATH) != nullptr && _wcsicmp(left, right) == 0;
}
inline constexpr char kSeparators[] = "/\\";

#else

inline FILE* OpenFile(const char* path, const char* mode) { return fopen(path, mode); }
inline bool RemoveFile(const char* path) { return remove(path) == 0; }
inline bool MakeFolder(const char* path) { return mkdir(path, 0777) == 0 || errno == EEXIST; }
using FileFacts = struct stat;
inline bool FactsOf(const char* path, FileFacts* facts) { return stat(path, facts) == 0; }
inline bool IsRegular(const FileFacts& facts) { return S_ISREG(facts.st_mode); }
inline bool MayWriteInto(const char* folder) { return access(folder, W_OK | X_OK) == 0; }
inline bool RenameOver(const char* from, const char* to) { return rename(from, to) == 0; }
inline bool IsSameFile(const char* a, const char* b) {
  struct stat left, right;
  return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}
inline constexpr char kSeparators[] = "/";

#endif

}  // namespace mtc::tools

#endif  // MTC_TOOLS_FILES_H_
