#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PreparePrelu(PrepareContext& context, const PreluArgs& args) {
  return PrepareBinary(context, args.x, args.weight, args.out, xnn_init_f32_vprelu_config);
}

template <typename T>
Status RunPrelu(KernelContext& context, const PreluArgs& args) {
  return RunBinary<T>(context, args.x, args.weight, args.out);
}

MTC_XNNPACK_KERNEL(Prelu)

}  // namespace MTC_XNNPACK
