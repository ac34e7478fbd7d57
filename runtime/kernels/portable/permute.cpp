#include "kernels/permutation.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PreparePermute(PrepareContext& context, const PermuteArgs& args) { return PreparePermutation(context, args); }
#endif

template <typename T>
Status RunPermute(KernelContext& context, const PermuteArgs& args) {
  CopyPermuted<T>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Permute)

}  // namespace MTC_PORTABLE
