// Where a function's values lie: shared by the verifier and by the interpreter, so that both judge alike.

#ifndef MTC_PROGRAM_LAYOUT_H_
#define MTC_PROGRAM_LAYOUT_H_

#include <cstdint>

#include "core/dtype.h"
#include "core/list.h"
#include "core/span.h"
#include "program/tables.h"

namespace mtc {

// Bytes of a dense tensor. False if a dim is negative or the number is beyond 2^47, which no memory has; a zero dim
// hides no overflow, because kernels multiply dims in any order.
bool ByteSize(DType dtype, Span<const int64_t> dims, uint64_t* bytes);

// Where an alias lies in its root: the offsets along the chain added up, and rows as far apart as those of the first
// value on it that is not pitched.
struct Located {
  uint64_t begin;  // bytes
  int64_t pitch;   // elements
};
// Finds it for dims and offsets whose expressions have these results; a chain without any takes null. False if the
// alias does not lie within a root of this many bytes, or its elements would not be aligned.
bool Locate(const schema::Function& function, uint32_t value, const int64_t* results, uint64_t root_bytes,
            Located* out);

// A size or an expression.
inline int64_t Evaluated(int64_t dim, const int64_t* results) { return dim >= 0 ? dim : results[ExpressionOf(dim)]; }

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
uint32_t FindRoots(const schema::Function& function, List<uint32_t>* roots);

// For each root the union of the lifetimes of all that lies in it. Indices must be valid.
List<Lifetime> FindLifetimes(const schema::Function& function, const List<uint32_t>& roots);

}  // namespace mtc

#endif  // MTC_PROGRAM_LAYOUT_H_
