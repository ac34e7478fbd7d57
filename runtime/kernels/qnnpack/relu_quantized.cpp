#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareReluQuantized(PrepareContext& context, const ReluArgs& args) {
  return PrepareClamp(context, *args.x, args.out, 0, HUGE_VAL);
}

template <typename T>
Status RunReluQuantized(KernelContext& context, const ReluArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_clamp_nc_u8);
}

MTC_QNNPACK_KERNEL(ReluQuantized)

}  // namespace MTC_QNNPACK
