#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareHardswishQuantized(PrepareContext& context, const HardswishArgs& args) {
  return PrepareTable(context, *args.x, args.out, pytorch_qnnp_create_hardswish_nc_q8);
}

template <typename T>
Status RunHardswishQuantized(KernelContext& context, const HardswishArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_hardswish_nc_q8);
}

MTC_QNNPACK_KERNEL(HardswishQuantized)

}  // namespace MTC_QNNPACK
