#include "generated/args.h"
#include "kernels/permutation.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK's transposition brings in those of all element sizes, 37 KB, and is not faster.
namespace MTC_XNNPACK {

Status PreparePermute(PrepareContext& context, const PermuteArgs& args) {
  return MTC_PORTABLE::PreparePermutation(context, args);
}

template <typename T>
Status RunPermute(KernelContext& context, const PermuteArgs& args) {
  MTC_PORTABLE::CopyPermuted<T>(context, args);
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Permute)

}  // namespace MTC_XNNPACK
