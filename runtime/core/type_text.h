// A tensor's type in words, for messages: f32[1, 3, 224, 224].

#ifndef MTC_CORE_TYPE_TEXT_H_
#define MTC_CORE_TYPE_TEXT_H_

#include <cstddef>
#include <cstdint>

#include "core/dtype.h"
#include "core/span.h"

namespace mtc {

struct TypeText {
  char text[160];
};

TypeText Describe(DType dtype, Span<const int64_t> dims);

// Writes one, dim by dim; what has no room is cut off.
class TypeWriter {
 public:
  explicit TypeWriter(DType dtype);
  void Add(int64_t dim);
  void Add(const char* name);
  TypeText Finish();

 private:
  [[gnu::format(printf, 2, 3)]] void Put(const char* format, ...);

  TypeText result_;
  size_t used_ = 0;
  bool is_first_ = true;
};

}  // namespace mtc

#endif  // MTC_CORE_TYPE_TEXT_H_
