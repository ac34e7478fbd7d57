#include "kernels/recurrent_cells.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Weights = MTC_WEIGHT_KINDS(portable, LstmStored, T);

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLstmStored(PrepareContext& context, const LstmArgs& args) {
  return PrepareLstmLayer<MTC_PORTABLE_TYPES(LstmStored), Weights>(context, args);
}
#endif

template <typename F, typename W>
Status RunLstmStored(KernelContext& context, const LstmArgs& args) {
  RunLstmLayer<F, W, Weights<F>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LstmStored)

}  // namespace MTC_PORTABLE
