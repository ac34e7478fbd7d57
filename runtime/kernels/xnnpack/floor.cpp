#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareFloor(PrepareContext& context, const FloorArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_rndd_config);
}

template <typename T>
Status RunFloor(KernelContext& context, const FloorArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Floor)

}  // namespace MTC_XNNPACK
