#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareSigmoidQuantized(PrepareContext& context, const SigmoidArgs& args) {
  return PrepareTable(context, *args.x, args.out, pytorch_qnnp_create_sigmoid_nc_q8);
}

template <typename T>
Status RunSigmoidQuantized(KernelContext& context, const SigmoidArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_sigmoid_nc_q8);
}

MTC_QNNPACK_KERNEL(SigmoidQuantized)

}  // namespace MTC_QNNPACK
