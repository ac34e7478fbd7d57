#ifndef MTC_INTERPRETER_DESCRIBE_H_
#define MTC_INTERPRETER_DESCRIBE_H_

#include "core/type_text.h"
#include "program/tables.h"

namespace mtc {

// What a function states of a value: f32[n, 3, ?, 224], where ? is a size that follows from others.
TypeText Describe(const schema::Function& function, const schema::Value& value);

}  // namespace mtc

#endif  // MTC_INTERPRETER_DESCRIBE_H_
