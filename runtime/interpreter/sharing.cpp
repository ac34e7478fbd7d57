// The frame's care for memory that values share: what a kernel's results may overlap, and, in sanitizer builds, who
// touches memory of the arena that nothing lies in at the time.

#include "core/poison.h"
#include "interpreter/frame.h"

namespace mtc {
namespace {

// Bytes from the first element to the end of the last.
uint64_t Extent(const Tensor& x) {
  if (x.count() == 0) return 0;
  return (static_cast<uint64_t>(x.rows() - 1) * static_cast<uint64_t>(x.pitch) + static_cast<uint64_t>(x.row_size())) *
         SizeOf(x.dtype);
}

bool Overlap(const Tensor& a, const Tensor& b) {
  const uint64_t a_bytes = Extent(a), b_bytes = Extent(b);
  const uintptr_t a_begin = reinterpret_cast<uintptr_t>(a.data), b_begin = reinterpret_cast<uintptr_t>(b.data);
  if (a_bytes == 0 || b_bytes == 0 || a_begin >= b_begin + b_bytes || b_begin >= a_begin + a_bytes) return false;
  // Columns of one wider tensor lie side by side in each of its rows.
  const uint64_t size = SizeOf(a.dtype), pitch = static_cast<uint64_t>(a.pitch) * size;
  if (size != SizeOf(b.dtype) || a.pitch != b.pitch) return true;
  const bool is_a_first = a_begin <= b_begin;
  const uint64_t distance = (is_a_first ? b_begin - a_begin : a_begin - b_begin) % pitch;
  const Tensor &left = is_a_first ? a : b, &right = is_a_first ? b : a;
  return distance < static_cast<uint64_t>(left.row_size()) * size ||
         distance + static_cast<uint64_t>(right.row_size()) * size > pitch;
}

// Element i of both is one, whatever their shapes.
bool IsSamePlace(const Tensor& a, const Tensor& b) {
  return a.data == b.data && SizeOf(a.dtype) == SizeOf(b.dtype) && a.count() == b.count() &&
         ((a.is_dense() && b.is_dense()) || (a.pitch == b.pitch && a.row_size() == b.row_size()));
}

// Rows that do not follow each other.
bool IsPitched(const Tensor& x) { return !x.is_dense() && x.rows() > 1 && x.row_size() > 0; }

}  // namespace

// Refuses rows of a wider tensor where the kernel takes none.
Status Frame::CheckPitches() {
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].kernel->takes_pitch) continue;
    const schema::Instruction& instruction = *function_.instructions()->Get(static_cast<uint32_t>(i));
    for (const auto values : {Items(instruction.inputs()), Items(instruction.outputs())}) {
      for (const int32_t v : values) {
        if (v < 0 || !IsPitched(tensors_[static_cast<uint32_t>(v)])) continue;
        return InStep(i, environment_.error->Report(Status::kInvalidProgram, "the kernel takes dense tensors only"));
      }
    }
  }
  return Status::kOk;
}

// Refuses results that lie in the memory of an operand, where the kernel does not take that, or of one another.
Status Frame::CheckSharing() {
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Sharing sharing = steps_[i].kernel->layout->sharing;
    const schema::Instruction& instruction = *function_.instructions()->Get(static_cast<uint32_t>(i));
    const auto inputs = Items(instruction.inputs()), outputs = Items(instruction.outputs());
    bool is_right = true;
    for (size_t o = 0; o < outputs.size(); ++o) {
      if (outputs[o] < 0 || sharing == Sharing::kAny) continue;
      const Tensor& out = tensors_[static_cast<uint32_t>(outputs[o])];
      for (size_t in = 0; in < inputs.size(); ++in) {
        if (inputs[in] < 0 || !Overlap(tensors_[static_cast<uint32_t>(inputs[in])], out)) continue;
        is_right &= (sharing == Sharing::kInPlace || (sharing == Sharing::kFirst && in == 0)) &&
                    IsSamePlace(tensors_[static_cast<uint32_t>(inputs[in])], out);
      }
      for (size_t other = 0; other < o; ++other) {
        is_right &= outputs[other] < 0 || !Overlap(tensors_[static_cast<uint32_t>(outputs[other])], out);
      }
    }
    if (is_right) continue;
    return InStep(i, environment_.error->Report(Status::kInvalidProgram,
                                                "a result lies in the memory of an operand or of another result"));
  }
  return Status::kOk;
}

// Before the first instruction: only the inputs have a place.
void Frame::PoisonArena() {
  if (!kPoisons) return;
  Poison(arena_.data(), arena_.size());
  MarkLives(0);
}

// Values that are in use for the first time, and the instruction's scratch memory, may be touched from now on.
void Frame::BeginStep(size_t index) {
  if (!kPoisons) return;
  MarkLives(static_cast<uint32_t>(index) + 1);
  Unpoison(steps_[index].context.scratch, steps_[index].context.scratch_size);
}

void Frame::MarkLives(uint32_t time) {
  for (uint32_t v = 0; v < tensors_.size(); ++v) {
    if (roots_[v] == v && lifetimes_[v].first == time) Unpoison(tensors_[v].data, static_cast<size_t>(bytes_[v]));
  }
}

void Frame::EndStep(size_t index) {
  if (!kPoisons) return;
  for (uint32_t v = 0; v < tensors_.size(); ++v) {
    const bool is_in_arena = function_.values()->Get(v)->place() == schema::Place::arena;
    if (roots_[v] != v || !is_in_arena || lifetimes_[v].last != index + 1) continue;
    Poison(tensors_[v].data, static_cast<size_t>(bytes_[v]));
  }
  Poison(steps_[index].context.scratch, steps_[index].context.scratch_size);
}

}  // namespace mtc
