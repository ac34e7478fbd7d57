#include "program/layout.h"

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
  *bytes = is_empty ? 0 : product;
  return true;
}

bool Fits(const Inside& alias, DType root_dtype, Span<const int64_t> root_dims, uint64_t root_bytes) {
  uint64_t bytes;
  if (alias.offset < 0 || !ByteSize(alias.dtype, alias.dims, &bytes)) return false;
  if (alias.is_pitched) {
    if (alias.dims.empty() || root_dims.empty() || SizeOf(alias.dtype) != SizeOf(root_dtype)) return false;
    const uint64_t row = static_cast<uint64_t>(alias.dims.back()), pitch = static_cast<uint64_t>(root_dims.back());
    if (row > pitch) return false;
    // The last row ends where it ends; the others take a whole pitch.
    const uint64_t size = SizeOf(alias.dtype);
    if (bytes != 0 && (__builtin_mul_overflow(bytes / (row * size) - 1, pitch * size, &bytes) ||
                       __builtin_add_overflow(bytes, row * size, &bytes))) {
      return false;
    }
  }
  uint64_t begin, end;
  return !__builtin_mul_overflow(static_cast<uint64_t>(alias.offset), uint64_t{SizeOf(root_dtype)}, &begin) &&
         !__builtin_add_overflow(begin, bytes, &end) && end <= root_bytes && begin % SizeOf(alias.dtype) == 0;
}

uint32_t FindRoots(const schema::Function& function, std::vector<uint32_t>* roots) {
  const uint32_t count = Count(function.values());
  roots->resize(count);
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

std::vector<Lifetime> FindLifetimes(const schema::Function& function, const std::vector<uint32_t>& roots) {
  std::vector<Lifetime> lifetimes(roots.size());
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
