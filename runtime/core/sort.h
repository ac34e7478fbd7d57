#ifndef MTC_CORE_SORT_H_
#define MTC_CORE_SORT_H_

#include <cstdint>

#include "core/span.h"

namespace mtc {

struct Keyed {
  uint64_t key;
  uint32_t index;
};

// By key, then by index. Heap sort: no order of the input makes it slow, it takes no memory, and it is little code,
// which is there once for all that is sorted.
void Sort(Span<Keyed> items);

}  // namespace mtc

#endif  // MTC_CORE_SORT_H_
