// Small readers for the FlatBuffers tables: an absent vector is an empty one, an absent string is "".

#ifndef MTC_PROGRAM_TABLES_H_
#define MTC_PROGRAM_TABLES_H_

#include <cstdint>

#include "core/dtype.h"
#include "core/span.h"
#include "generated/program_generated.h"

namespace mtc {

template <typename T>
uint32_t Count(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

// Scalars in place. Programs are little-endian, as is every target.
template <typename T>
Span<const T> Items(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? Span<const T>() : Span<const T>(vector->data(), vector->size());
}

template <typename T>
Span<const T> Items(const flatbuffers::Vector<const T*>* vector) {
  if (vector == nullptr) return {};
  return {reinterpret_cast<const T*>(vector->Data()), vector->size()};
}

// Whether 8-byte elements lie where the processor wants them; FlatBuffers' verifier asks that only of the length.
template <typename T>
bool IsAligned(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr || reinterpret_cast<uintptr_t>(vector->Data()) % 8 == 0;
}

inline const char* Text(const flatbuffers::String* string) { return string == nullptr ? "" : string->c_str(); }

inline const char* Text(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* strings, uint32_t index) {
  return index < Count(strings) ? Text(strings->Get(index)) : "";
}

// After verification; the schema and the runtime number dtypes alike.
inline DType ToDType(schema::DType dtype) { return static_cast<DType>(dtype); }

// The index of the expression that a dim below zero stands for.
constexpr uint64_t ExpressionOf(int64_t dim) { return static_cast<uint64_t>(-(dim + 1)); }

}  // namespace mtc

#endif  // MTC_PROGRAM_TABLES_H_
