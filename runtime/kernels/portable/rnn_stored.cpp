#include "kernels/recurrent_cells.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Weights = MTC_WEIGHT_KINDS(portable, RnnStored, T);

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareRnnStored(PrepareContext& context, const RnnArgs& args) {
  return PrepareRnnLayer<MTC_PORTABLE_TYPES(RnnStored), Weights>(context, args);
}
#endif

template <typename F, typename W>
Status RunRnnStored(KernelContext& context, const RnnArgs& args) {
  RunRnnLayer<F, W, Weights<F>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(RnnStored)

}  // namespace MTC_PORTABLE
