#include "interpreter/memory_plan.h"

#include <algorithm>

#include "core/block.h"
#include "core/sort.h"

namespace mtc {
namespace {

bool Overlap(const Lifetime& a, const Lifetime& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

uint64_t PlanMemory(Span<PlanItem> items) {
  List<Keyed> order(items.size());
  for (uint32_t i = 0; i < items.size(); ++i) order[i] = {UINT64_MAX - items[i].bytes, i};
  Sort(order);
  List<const PlanItem*> placed;  // by offset
  uint64_t arena = 0;
  for (const Keyed& next : order) {
    PlanItem& item = items[next.index];
    uint64_t offset = 0;
    for (const PlanItem* other : placed) {
      if (!Overlap(item.lifetime, other->lifetime)) continue;
      if (offset + item.bytes <= other->offset) break;  // it fits into the gap before `other`
      offset = std::max(offset, AlignUp(other->offset + other->bytes));
    }
    item.offset = offset;
    // Each item is below 2^47 bytes, so that 2^16 of them cannot overflow before this is noticed.
    if (offset + item.bytes > uint64_t{1} << 62) return UINT64_MAX;
    arena = std::max(arena, offset + item.bytes);
    const auto after = [](uint64_t at, const PlanItem* other) { return at < other->offset; };
    placed.Insert(std::upper_bound(placed.begin(), placed.end(), offset, after), &item);
  }
  return AlignUp(arena);
}

}  // namespace mtc
