// Text for the tools. It is std::string under another name, which is compiled here as far as it is used: libstdc++'s
// own instance brings in the exceptions and the unwinder, 84 KB where a whole program takes 340.

#ifndef MTC_TOOLS_TEXT_H_
#define MTC_TOOLS_TEXT_H_

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>

namespace mtc::tools {

struct TextTraits : std::char_traits<char> {};
using Text = std::basic_string<char, TextTraits>;

inline Text Number(int64_t value) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%" PRId64, value);
  return digits;
}

}  // namespace mtc::tools

#endif  // MTC_TOOLS_TEXT_H_
