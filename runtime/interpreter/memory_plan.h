#ifndef MTC_INTERPRETER_MEMORY_PLAN_H_
#define MTC_INTERPRETER_MEMORY_PLAN_H_

#include <cstdint>

#include "core/list.h"
#include "program/layout.h"

namespace mtc {

// Storage to be placed in an arena.
struct PlanItem {
  uint64_t bytes;
  Lifetime lifetime;
  uint32_t value;
  uint64_t offset = 0;  // the result, a multiple of 64
};

// Gives each item an offset, such that items in use at the same time do not overlap: the largest first, each as low as
// it can lie; equal sizes in the order of the items. Returns the bytes of the arena, or UINT64_MAX if no number of 64
// bits holds it. The compiler plans static functions by the same rule.
uint64_t PlanMemory(Span<PlanItem> items);

}  // namespace mtc

#endif  // MTC_INTERPRETER_MEMORY_PLAN_H_
