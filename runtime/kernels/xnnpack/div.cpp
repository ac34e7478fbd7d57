#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareDiv(PrepareContext& context, const DivArgs& args) {
  if (args.rounding != Rounding::kNone) return context.Fail(Status::kInvalidProgram, "div: the result is rounded");
  return PrepareBinary(context, args.x, args.y, args.out, xnn_init_f32_vdiv_config);
}

template <typename T>
Status RunDiv(KernelContext& context, const DivArgs& args) {
  return RunBinary<T>(context, args.x, args.y, args.out);
}

MTC_XNNPACK_KERNEL(Div)

}  // namespace MTC_XNNPACK
