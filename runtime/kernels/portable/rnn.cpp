#include "kernels/recurrent_cells.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Weights = MTC_WEIGHT_KINDS(portable, Rnn, T);

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareRnn(PrepareContext& context, const RnnArgs& args) {
  return PrepareRnnLayer<MTC_PORTABLE_TYPES(Rnn), Weights>(context, args);
}
#endif

template <typename T>
Status RunRnn(KernelContext& context, const RnnArgs& args) {
  RunRnnLayer<T, T, Weights<T>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Rnn)

}  // namespace MTC_PORTABLE
