// What the kernels of control flow share: they hand tensors to nested functions and keep carried values in their
// results.

#ifndef MTC_KERNELS_CONTROL_H_
#define MTC_KERNELS_CONTROL_H_

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/dtype.h"
#include "kernels/kernel.h"
#include "kernels/nested_function.h"

namespace mtc::kernels {

// The tensors that each turn of a loop gives to a nested function and takes from it.
struct LoopState final : KernelState {
  std::vector<const Tensor*> inputs;
  std::vector<Tensor*> outputs;
  std::vector<Tensor> slices;  // of what is scanned or stacked
};

inline size_t ByteCount(const Tensor& tensor) { return static_cast<size_t>(tensor.count()) * SizeOf(tensor.dtype); }

// Copies the first `count` operands to where the loop keeps them: its results, which have the same types. Both may be
// one state.
inline void StartCarried(Span<const Tensor* const> operands, Span<Tensor* const> out, int64_t count) {
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    if (const size_t bytes = ByteCount(*operands[i])) memmove(out[i]->data, operands[i]->data, bytes);
  }
}

// The results that carry values are there, dense, and of their operands' types.
inline Status CheckCarried(PrepareContext& context, Span<const Tensor* const> operands, Span<Tensor* const> out,
                           int64_t count) {
  if (count < 0 || static_cast<size_t>(count) > operands.size() || static_cast<size_t>(count) > out.size()) {
    return context.Fail(Status::kInvalidProgram, "it carries %lld of %zu operands in %zu results",
                        static_cast<long long>(count), operands.size(), out.size());
  }
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    if (out[i] == nullptr || out[i]->dtype != operands[i]->dtype || !out[i]->is_dense()) {
      return context.Fail(Status::kInvalidProgram, "result %zu cannot hold the value it carries", i);
    }
    MTC_RETURN_IF_ERROR(context.Resize(out[i], operands[i]->shape()));
  }
  return Status::kOk;
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_CONTROL_H_
