// What kernels that run XNNPACK's operators share.

#ifndef MTC_KERNELS_XNNPACK_OPERATOR_H_
#define MTC_KERNELS_XNNPACK_OPERATOR_H_

#include <xnnpack.h>

#include <memory>
#include <new>

#include "core/thread_pool.h"
#include "kernels/kernel.h"

namespace MTC_XNNPACK {

struct DeleteOperator {
  void operator()(xnn_operator* op) const { xnn_delete_operator(op); }
};
using Operator = std::unique_ptr<xnn_operator, DeleteOperator>;

// One operator and nothing else.
struct OperatorState : KernelState {
  Operator op;
};

inline pthreadpool_t Threads(const KernelContext& context) {
  return context.threads == nullptr ? nullptr : context.threads->handle();
}

inline const char* Words(xnn_status status) {
  switch (status) {
    case xnn_status_success:
      return "success";
    case xnn_status_uninitialized:
      return "it is not initialized";
    case xnn_status_invalid_parameter:
      return "invalid parameter";
    case xnn_status_invalid_state:
      return "invalid state";
    case xnn_status_unsupported_parameter:
      return "unsupported parameter";
    case xnn_status_unsupported_hardware:
      return "this processor is not supported";
    case xnn_status_out_of_memory:
      return "out of memory";
    default:
      return "unknown error";
  }
}

inline Status Check(KernelContext& context, xnn_status status) {
  if (status == xnn_status_success) return Status::kOk;
  return context.Fail(status == xnn_status_out_of_memory ? Status::kOutOfMemory : Status::kRunFailed, "XNNPACK: %s",
                      Words(status));
}

// Chooses the microkernels for this processor: once for the process, by XNNPACK's own guard.
inline Status Initialize(KernelContext& context) { return Check(context, xnn_initialize(nullptr)); }

// Replaces the operator by the one that create(xnn_operator_t*) makes.
template <typename Create>
Status Recreate(KernelContext& context, Operator& op, Create create) {
  MTC_RETURN_IF_ERROR(Initialize(context));
  op.reset();
  xnn_operator_t made = nullptr;
  const xnn_status status = create(&made);
  op.reset(made);
  return Check(context, status);
}

inline Status RunOperator(KernelContext& context, const Operator& op) {
  return Check(context, xnn_run_operator(op.get(), Threads(context)));
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_OPERATOR_H_
