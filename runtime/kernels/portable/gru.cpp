#include "kernels/recurrent_cells.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Weights = MTC_WEIGHT_KINDS(portable, Gru, T);

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareGru(PrepareContext& context, const GruArgs& args) {
  return PrepareGruLayer<MTC_PORTABLE_TYPES(Gru), Weights>(context, args);
}
#endif

template <typename T>
Status RunGru(KernelContext& context, const GruArgs& args) {
  RunGruLayer<T, T, Weights<T>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Gru)

}  // namespace MTC_PORTABLE
