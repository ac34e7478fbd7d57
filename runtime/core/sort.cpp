#include "core/sort.h"

#include <utility>

namespace mtc {
namespace {

bool IsLess(const Keyed& a, const Keyed& b) { return a.key != b.key ? a.key < b.key : a.index < b.index; }

// Moves the item at `at` down until both of its children, if they lie below `size`, are less.
void Sink(Span<Keyed> items, size_t at, size_t size) {
  for (size_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && IsLess(items[child], items[child + 1])) ++child;
    if (!IsLess(items[at], items[child])) return;
    std::swap(items[at], items[child]);
  }
}

}  // namespace

void Sort(Span<Keyed> items) {
  for (size_t i = items.size() / 2; i-- > 0;) Sink(items, i, items.size());
  for (size_t size = items.size(); size-- > 1;) {
    std::swap(items[0], items[size]);
    Sink(items, 0, size);
  }
}

}  // namespace mtc
