// Where a function's values lie: shared by the verifier and by the interpreter, so that both judge alike.

#ifndef MTC_PROGRAM_LAYOUT_H_
#define MTC_PROGRAM_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "core/dtype.h"
#include "core/span.h"
#include "program/tables.h"

namespace mtc {

// Bytes of a dense tensor. False if a dim is negative or the number is beyond 2^47, which no memory has; a zero dim
// hides no overflow, because kernels multiply dims in any order.
bool ByteSize(DType dtype, Span<const int64_t> dims, uint64_t* bytes);

// A tensor inside the storage of another one.
struct Inside {
  DType dtype;
  Span<const int64_t> dims;
  int64_t offset;  // elements of the root
  bool is_pitched;
};
// Whether it lies within a root of this type, and is aligned for its own elements.
bool Fits(const Inside& alias, DType root_dtype, Span<const int64_t> root_dims, uint64_t root_bytes);

// From when to when storage is in use: 0 is the moment the inputs are there, instruction i runs at i + 1, and outputs
// are read after the last one.
struct Lifetime {
  uint32_t first = UINT32_MAX;
  uint32_t last = 0;
  bool is_used() const { return first <= last; }
  void Add(uint32_t time) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
};

// roots[v] is the value whose storage v lies in: v itself unless it is an alias. Returns the first value whose chain
// of aliases is circular or longer than 64, or the count of values if there is none.
uint32_t FindRoots(const schema::Function& function, std::vector<uint32_t>* roots);

// For each root the union of the lifetimes of all that lies in it. Indices must be valid.
std::vector<Lifetime> FindLifetimes(const schema::Function& function, const std::vector<uint32_t>& roots);

}  // namespace mtc

#endif  // MTC_PROGRAM_LAYOUT_H_
