#include "program/layout.h"

#include "core/tensor.h"

namespace mtc {
namespace {

constexpr int kMaxAliasChain = 64;
constexpr uint64_t kMaxBytes = uint64_t{1} << 47;

}  // namespace

bool ByteSize(DType dtype, Span<const int64_t> dims, uint64_t* bytes) {
  uint64_t product = SizeOf(dtype);
  bool is_empty = false;
  for (const int64_t dim : dims) {
    if (dim < 0) return false;
    if (dim == 0) {
      is_empty = true;
    } else if (__builtin_mul_overflow(product, static_cast<uint64_t>(dim), &product) || product > kMaxBytes) {
      return false;
    }
  }
  if (dtype == DType::kQI4) product = product / 2 + product % 2;
  *bytes = is_empty ? 0 : product;
  return true;
}

bool Locate(const schema::Function& function, uint32_t v, const int64_t* results, uint64_t root_bytes, Located* out) {
  const schema::Value& value = *function.values()->Get(v);
  const auto stated = Items(value.dims());
  int64_t dims[kMaxRank];
  for (size_t axis = 0; axis < stated.size(); ++axis) dims[axis] = Evaluated(stated[axis], results);
  const uint64_t size = SizeOf(ToDType(value.dtype()));
  uint64_t bytes, begin = 0;
  if (!ByteSize(ToDType(value.dtype()), {dims, stated.size()}, &bytes)) return false;
  const int64_t row = stated.empty() ? 1 : dims[stated.size() - 1];
  if (bytes == 0) {  // nothing lies anywhere: what is around it may be empty too, and end before its offset
    *out = {0, row};
    return true;
  }

  int64_t pitch = row;
  bool is_pitched = true;
  for (const schema::Value* inner = &value; inner->alias_of() >= 0;) {
    const schema::Value& outer = *function.values()->Get(static_cast<uint32_t>(inner->alias_of()));
    const uint64_t outer_size = SizeOf(ToDType(outer.dtype()));
    const int64_t offset = Evaluated(inner->alias_offset(), results);
    uint64_t step;
    if (offset < 0 || __builtin_mul_overflow(static_cast<uint64_t>(offset), outer_size, &step) ||
        __builtin_add_overflow(begin, step, &begin)) {
      return false;
    }
    is_pitched = is_pitched && inner->is_pitched();
    if (is_pitched) {
      const auto outer_dims = Items(outer.dims());
      if (stated.empty() || outer_dims.empty() || outer_size != size) return false;
      pitch = Evaluated(outer_dims[outer_dims.size() - 1], results);
    }
    inner = &outer;
  }
  if (pitch < row) return false;
  // The last row ends where it ends; the others take a whole pitch.
  const uint64_t row_bytes = static_cast<uint64_t>(row) * size;
  if (__builtin_mul_overflow(bytes / row_bytes - 1, static_cast<uint64_t>(pitch) * size, &bytes) ||
      __builtin_add_overflow(bytes, row_bytes, &bytes)) {
    return false;
  }
  *out = {begin, pitch};
  return begin <= root_bytes && bytes <= root_bytes - begin && begin % size == 0;
}

uint32_t FindRoots(const schema::Function& function, List<uint32_t>* roots) {
  const uint32_t count = Count(function.values());
  roots->Resize(count);
  for (uint32_t v = 0; v < count; ++v) {
    uint32_t root = v;
    for (int steps = 0; function.values()->Get(root)->alias_of() >= 0; ++steps) {
      if (steps == kMaxAliasChain) return v;
      root = static_cast<uint32_t>(function.values()->Get(root)->alias_of());
      if (root >= count) return v;
    }
    (*roots)[v] = root;
  }
  return count;
}

List<Lifetime> FindLifetimes(const schema::Function& function, const List<uint32_t>& roots) {
  List<Lifetime> lifetimes(roots.size());
  for (const uint32_t v : Items(function.inputs())) lifetimes[roots[v]].Add(0);
  uint32_t time = 0;
  for (uint32_t i = 0; i < Count(function.instructions()); ++i) {
    const schema::Instruction& instruction = *function.instructions()->Get(i);
    ++time;
    for (const int32_t v : Items(instruction.inputs())) {
      if (v >= 0) lifetimes[roots[static_cast<uint32_t>(v)]].Add(time);
    }
    for (const int32_t v : Items(instruction.outputs())) {
      if (v >= 0) lifetimes[roots[static_cast<uint32_t>(v)]].Add(time);
    }
  }
  ++time;
  for (const uint32_t v : Items(function.outputs())) lifetimes[roots[v]].Add(time);
  return lifetimes;
}

}  // namespace mtc
