#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareAdd(PrepareContext& context, const AddArgs& args) {
  return PrepareBinary(context, args.x, args.y, args.out, xnn_init_f32_vadd_config);
}

template <typename T>
Status RunAdd(KernelContext& context, const AddArgs& args) {
  return RunBinary<T>(context, args.x, args.y, args.out);
}

MTC_XNNPACK_KERNEL(Add)

}  // namespace MTC_XNNPACK
