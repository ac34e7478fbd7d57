#ifndef MTC_PROGRAM_VERIFIER_H_
#define MTC_PROGRAM_VERIFIER_H_

#include <cstdint>

#include "core/span.h"
#include "core/status.h"
#include "program/tables.h"

namespace mtc {

inline constexpr uint32_t kMaxNesting = 32;

struct VerifyLimits {
  uint64_t max_memory = 0;  // of one function's arena and all states, bytes; 0: none
  uint64_t tables_size = 0;
};

// Bytes that the tables' lists may have in total. An honest file stores each list once; one that lets many
// instructions point to the same long list would make the runtime build something far larger than the file.
class ListBudget {
 public:
  explicit ListBudget(uint64_t bytes) : left_(bytes) {}
  bool Spend(uint64_t count, uint64_t size) {
    if (count > left_ / size) return false;
    left_ -= count * size;
    return true;
  }

 private:
  uint64_t left_;
};

// Checks everything that does not depend on the kernels: each index, offset, size, enum and expression, aliases,
// lifetimes against the memory plan, and that values are written before they are read. `tables` has passed FlatBuffers'
// verifier, and segment i has segment_sizes[i] bytes.
Status VerifyProgram(const schema::Program& tables, Span<const uint64_t> segment_sizes, const VerifyLimits& limits,
                     Error& error);

// The part of it that concerns one function (verify_function.cpp).
Status VerifyFunction(const schema::Program& tables, uint32_t index, ListBudget& budget, Error& error);

}  // namespace mtc

#endif  // MTC_PROGRAM_VERIFIER_H_
