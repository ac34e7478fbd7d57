#include "kernels/recurrent_cells.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Weights = MTC_WEIGHT_KINDS(portable, Lstm, T);

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLstm(PrepareContext& context, const LstmArgs& args) {
  return PrepareLstmLayer<MTC_PORTABLE_TYPES(Lstm), Weights>(context, args);
}
#endif

template <typename T>
Status RunLstm(KernelContext& context, const LstmArgs& args) {
  RunLstmLayer<T, T, Weights<T>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Lstm)

}  // namespace MTC_PORTABLE
