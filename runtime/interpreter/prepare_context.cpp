#include <algorithm>

#include "core/type_text.h"
#include "kernels/kernel.h"

namespace mtc {

// Every tensor already has the shape that the program states, so that the kernel's own derivation is a check.
Status PrepareContext::Resize(Tensor* out, Span<const int64_t> dims) {
  if (out == nullptr) return Status::kOk;
  const auto stated = out->shape();
  if (std::equal(stated.begin(), stated.end(), dims.begin(), dims.end())) return Status::kOk;
  return Fail(Status::kInvalidProgram, "the result is %s; the program states %s", Describe(out->dtype, dims).text,
              Describe(out->dtype, stated).text);
}

void PrepareContext::RequireScratch(int64_t count, int64_t each, size_t size) {
  size_t elements, bytes;
  const bool overflows = __builtin_mul_overflow(count, each, &elements) ||
                         __builtin_mul_overflow(elements, size, &bytes) ||
                         __builtin_add_overflow(scratch_size, bytes, &scratch_size);
  if (overflows) scratch_size = SIZE_MAX;
}

}  // namespace mtc
