#include "kernels/arg_reduce.h"

namespace MTC_PORTABLE {

Status PrepareArgmin(PrepareContext& context, const ArgminArgs& args) { return PrepareArgReduction(context, args); }

template <typename T>
Status RunArgmin(KernelContext& context, const ArgminArgs& args) {
  ArgReduce<T>(context, args, [](auto x, auto best) { return x < best; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Argmin)

}  // namespace MTC_PORTABLE
