// Where a function's values lie.

#include "interpreter/frame.h"
#include "interpreter/memory_plan.h"

namespace mtc {

// Decides where in the arena each value lies; returns the arena's size.
uint64_t Frame::Plan(List<uint64_t>* offsets) {
  if (function_.is_planned()) {
    for (uint32_t v = 0; v < offsets->size(); ++v) (*offsets)[v] = function_.values()->Get(v)->offset();
    return function_.arena_size();
  }
  List<PlanItem> items;
  for (uint32_t v = 0; v < tensors_.size(); ++v) {
    const bool is_in_arena = function_.values()->Get(v)->place() == schema::Place::arena;
    if (roots_[v] != v || !is_in_arena || !lifetimes_[v].is_used() || bytes_[v] == 0) continue;
    items.Add({bytes_[v], lifetimes_[v], v});
  }
  const uint64_t arena = PlanMemory(items);
  for (const PlanItem& item : items) (*offsets)[item.value] = item.offset;
  return arena;
}

Status Frame::CheckMemory(uint64_t arena_bytes, uint64_t scratch_bytes) {
  constexpr uint64_t kMost = uint64_t{1} << 61;
  const Environment& e = environment_;
  if (arena_bytes > kMost || scratch_bytes > kMost) {
    return e.error->Report(Status::kOutOfMemory, "the function needs more memory than there can be");
  }
  const uint64_t size = AlignUp(arena_bytes) + AlignUp(scratch_bytes);
  const uint64_t others = e.arena_bytes - arena_bytes_ + e.scratch_bytes - scratch_bytes_ + e.state_bytes;
  if (e.max_memory == 0 || (others <= e.max_memory && size <= e.max_memory - others)) return Status::kOk;
  return e.error->Report(Status::kOutOfMemory, "the function needs %llu bytes of memory; the limit is %llu",
                         static_cast<unsigned long long>(size + others), static_cast<unsigned long long>(e.max_memory));
}

// The arena, a guard, and the scratch memory are one block, which only grows.
Status Frame::Allocate(uint64_t arena_bytes, uint64_t scratch_bytes) {
  MTC_RETURN_IF_ERROR(CheckMemory(arena_bytes, scratch_bytes));
  Environment& e = environment_;
  arena_bytes = AlignUp(arena_bytes);
  scratch_bytes = AlignUp(scratch_bytes);
  const uint64_t size = arena_bytes + kGuard + scratch_bytes;
  if (arena_.data() == nullptr || arena_.size() < size) {
    if (!arena_.Allocate(size)) {
      return e.error->Report(Status::kOutOfMemory, "the system has no %llu bytes of memory for the function",
                             static_cast<unsigned long long>(size));
    }
  }
  e.arena_bytes += arena_bytes - arena_bytes_;
  e.scratch_bytes += scratch_bytes - scratch_bytes_;
  arena_bytes_ = arena_bytes;
  scratch_bytes_ = scratch_bytes;
  for (Step& step : steps_) step.context.scratch = arena_.data() + arena_bytes + kGuard;  // never null, as memcpy wants
  return Status::kOk;
}

void Frame::PlaceTensors(const List<uint64_t>& offsets) {
  for (uint32_t v = 0; v < tensors_.size(); ++v) {
    const schema::Value& value = *function_.values()->Get(v);
    if (roots_[v] != v || value.place() == schema::Place::constant) continue;
    const bool is_state = value.place() == schema::Place::state;
    tensors_[v].data = is_state ? environment_.states[value.index()] : arena_.data() + offsets[v];
  }
  for (uint32_t v = 0; v < tensors_.size(); ++v) {
    if (roots_[v] != v) tensors_[v].data = tensors_[roots_[v]].as<uint8_t>() + begins_[v];
  }
}

}  // namespace mtc
