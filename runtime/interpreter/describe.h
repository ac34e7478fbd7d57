#ifndef MTC_INTERPRETER_DESCRIBE_H_
#define MTC_INTERPRETER_DESCRIBE_H_

#include <cstddef>

#include "core/tensor.h"
#include "program/tables.h"

namespace mtc {

// A type in words, for messages: f32[1, 3, 224, 224].
struct TypeText {
  char text[160];
};
TypeText Describe(DType dtype, Span<const int64_t> dims);
// What a function states of a value: f32[n, 3, ?, 224], where ? is a size that follows from others.
TypeText Describe(const schema::Function& function, const schema::Value& value);

}  // namespace mtc

#endif  // MTC_INTERPRETER_DESCRIBE_H_
