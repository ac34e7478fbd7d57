#include "core/type_text.h"

#include <cstdarg>
#include <cstdio>

namespace mtc {

TypeWriter::TypeWriter(DType dtype) {
  static constexpr char kNames[kDTypeCount][5] = {"f32", "f64", "f16",  "bf16", "i8",  "u8", "i16",
                                                  "i32", "i64", "bool", "qi8",  "qu8", "qi4"};
  Put("%s[", kNames[static_cast<int>(dtype)]);
}

void TypeWriter::Put(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int wrote = vsnprintf(result_.text + used_, sizeof(result_.text) - used_, format, arguments);
  va_end(arguments);
  if (wrote > 0) used_ += static_cast<size_t>(wrote);
  if (used_ >= sizeof(result_.text)) used_ = sizeof(result_.text) - 1;
}

void TypeWriter::Add(int64_t dim) {
  Put("%s%lld", is_first_ ? "" : ", ", static_cast<long long>(dim));
  is_first_ = false;
}

void TypeWriter::Add(const char* name) {
  Put("%s%.16s", is_first_ ? "" : ", ", name);
  is_first_ = false;
}

TypeText TypeWriter::Finish() {
  Put("]");
  return result_;
}

TypeText Describe(DType dtype, Span<const int64_t> dims) {
  TypeWriter writer(dtype);
  for (size_t i = 0; i < dims.size(); ++i) writer.Add(dims[i]);
  return writer.Finish();
}

}  // namespace mtc
