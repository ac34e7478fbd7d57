#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareTanhQuantized(PrepareContext& context, const TanhArgs& args) {
  return PrepareTable(context, *args.x, args.out, pytorch_qnnp_create_tanh_nc_q8);
}

template <typename T>
Status RunTanhQuantized(KernelContext& context, const TanhArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_tanh_nc_q8);
}

MTC_QNNPACK_KERNEL(TanhQuantized)

}  // namespace MTC_QNNPACK
