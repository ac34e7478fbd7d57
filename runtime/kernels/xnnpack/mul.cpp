#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareMul(PrepareContext& context, const MulArgs& args) {
  return PrepareBinary(context, args.x, args.y, args.out, xnn_init_f32_vmul_config);
}

template <typename T>
Status RunMul(KernelContext& context, const MulArgs& args) {
  return RunBinary<T>(context, args.x, args.y, args.out);
}

MTC_XNNPACK_KERNEL(Mul)

}  // namespace MTC_XNNPACK
