#include <algorithm>

#include "interpreter/describe.h"
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

}  // namespace mtc
