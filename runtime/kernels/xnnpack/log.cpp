#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareLog(PrepareContext& context, const LogArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_log_config);
}

template <typename T>
Status RunLog(KernelContext& context, const LogArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Log)

}  // namespace MTC_XNNPACK
