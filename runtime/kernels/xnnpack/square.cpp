#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareSquare(PrepareContext& context, const SquareArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_sqr_config);
}

template <typename T>
Status RunSquare(KernelContext& context, const SquareArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Square)

}  // namespace MTC_XNNPACK
