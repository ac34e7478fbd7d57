#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareSub(PrepareContext& context, const SubArgs& args) {
  return PrepareBinary(context, args.x, args.y, args.out, xnn_init_f32_vsub_config);
}

template <typename T>
Status RunSub(KernelContext& context, const SubArgs& args) {
  return RunBinary<T>(context, args.x, args.y, args.out);
}

MTC_XNNPACK_KERNEL(Sub)

}  // namespace MTC_XNNPACK
