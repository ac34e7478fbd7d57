// UTF-8 on Windows, as everywhere else in mtc. There main gets what the code page of the user's language can say, and
// fopen takes names in it.

#ifndef MTC_TOOLS_UTF8_WINDOWS_H_
#define MTC_TOOLS_UTF8_WINDOWS_H_

#if defined(_WIN32)

#include <windows.h>
// It needs the types of the one above.
#include <shellapi.h>

#include <vector>

#include "tools/text.h"

namespace mtc::tools {

// What the program was called with.
class Utf8Arguments {
 public:
  Utf8Arguments() {
    int count = 0;
    wchar_t** wide = CommandLineToArgvW(GetCommandLineW(), &count);
    for (int i = 0; i < count; ++i) {
      const int size = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, nullptr, 0, nullptr, nullptr);
      texts_.emplace_back(static_cast<size_t>(size), '\0');  // `size` counts the zero at the end
      WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, &texts_.back()[0], size, nullptr, nullptr);
    }
    LocalFree(wide);
    for (Text& text : texts_) pointers_.push_back(&text[0]);
  }
  Utf8Arguments(const Utf8Arguments&) = delete;
  Utf8Arguments& operator=(const Utf8Arguments&) = delete;

  int count() const { return static_cast<int>(pointers_.size()); }
  char** values() { return pointers_.data(); }

 private:
  std::vector<Text> texts_;
  std::vector<char*> pointers_;
};

inline std::vector<wchar_t> Wide(const char* text) {
  std::vector<wchar_t> wide(static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, text, -1, nullptr, 0)));
  MultiByteToWideChar(CP_UTF8, 0, text, -1, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

}  // namespace mtc::tools

#endif

#endif  // MTC_TOOLS_UTF8_WINDOWS_H_
