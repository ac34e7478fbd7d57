#include "kernels/recurrent_cells.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Weights = MTC_WEIGHT_KINDS(portable, GruStored, T);

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareGruStored(PrepareContext& context, const GruArgs& args) {
  return PrepareGruLayer<MTC_PORTABLE_TYPES(GruStored), Weights>(context, args);
}
#endif

template <typename F, typename W>
Status RunGruStored(KernelContext& context, const GruArgs& args) {
  RunGruLayer<F, W, Weights<F>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(GruStored)

}  // namespace MTC_PORTABLE
