#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareClampQuantized(PrepareContext& context, const ClampArgs& args) {
  return PrepareClamp(context, *args.x, args.out, args.min, args.max);
}

template <typename T>
Status RunClampQuantized(KernelContext& context, const ClampArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_clamp_nc_u8);
}

MTC_QNNPACK_KERNEL(ClampQuantized)

}  // namespace MTC_QNNPACK
