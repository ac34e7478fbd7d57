#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareHardsigmoidQuantized(PrepareContext& context, const HardsigmoidArgs& args) {
  return PrepareTable(context, *args.x, args.out, pytorch_qnnp_create_hardsigmoid_nc_q8);
}

template <typename T>
Status RunHardsigmoidQuantized(KernelContext& context, const HardsigmoidArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_hardsigmoid_nc_q8);
}

MTC_QNNPACK_KERNEL(HardsigmoidQuantized)

}  // namespace MTC_QNNPACK
