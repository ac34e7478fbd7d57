#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareGelu(PrepareContext& context, const GeluArgs& args) {
  if (args.approximate != Approximate::kNone) return context.Fail(Status::kInvalidProgram, "gelu: approximated");
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_gelu_config);
}

template <typename T>
Status RunGelu(KernelContext& context, const GeluArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Gelu)

}  // namespace MTC_XNNPACK
