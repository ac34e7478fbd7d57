#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareTanh(PrepareContext& context, const TanhArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_tanh_config);
}

template <typename T>
Status RunTanh(KernelContext& context, const TanhArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Tanh)

}  // namespace MTC_XNNPACK
