// What kernels that run QNNPACK's operators share.

#ifndef MTC_KERNELS_QNNPACK_OPERATOR_H_
#define MTC_KERNELS_QNNPACK_OPERATOR_H_

#include <pytorch_qnnpack.h>
#include <qnnpack/operator.h>

#include <memory>

#include "core/thread_pool.h"
#include "kernels/kernel.h"
#include "kernels/qnnpack/microkernels.h"

namespace MTC_QNNPACK {

// Frees all that the operator holds, but for packed weights, which are the program's.
struct DeleteOperator {
  void operator()(pytorch_qnnp_operator* op) const {
    op->packed_weights = nullptr;
    pytorch_qnnp_delete_operator(op);
  }
};
using Operator = std::unique_ptr<pytorch_qnnp_operator, DeleteOperator>;

// Whose sums a thread holds on its stack.
inline constexpr int64_t kMostChannels = 1 << 14;

// One operator and nothing else.
struct OperatorState : KernelState {
  Operator op;
};

inline Status Check(KernelContext& context, pytorch_qnnp_status status) {
  switch (status) {
    case pytorch_qnnp_status_success:
      return Status::kOk;
    case pytorch_qnnp_status_out_of_memory:
      return context.Fail(Status::kOutOfMemory, "QNNPACK: out of memory");
    case pytorch_qnnp_status_unsupported_hardware:
      return context.Fail(Status::kRunFailed, "QNNPACK: this processor is not supported");
    default:
      return context.Fail(Status::kInvalidProgram, "QNNPACK: a size, scale or zero point that it does not take");
  }
}

// Replaces the operator by the one that create(pytorch_qnnp_operator_t*) makes.
template <typename Create>
Status Recreate(KernelContext& context, const Create& create) {
  auto* state = StateOf<OperatorState>(context);
  if (state == nullptr) return OutOfMemory(context);
  pytorch_qnnp_operator_t made = nullptr;
  const pytorch_qnnp_status status = create(&made);
  state->op.reset(made);
  return Check(context, status);
}

inline uint8_t ZeroPoint(const Tensor& tensor) { return static_cast<uint8_t>(tensor.quantization->zero_point); }

inline Status RunOperator(KernelContext& context, const Operator& op) {
  pthreadpool_t threads = context.threads == nullptr ? nullptr : context.threads->handle();
  return Check(context, pytorch_qnnp_run_operator(op.get(), threads));
}

}  // namespace MTC_QNNPACK

#endif  // MTC_KERNELS_QNNPACK_OPERATOR_H_
