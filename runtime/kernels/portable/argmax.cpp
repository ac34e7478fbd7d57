#include "kernels/arg_reduce.h"

namespace MTC_PORTABLE {

Status PrepareArgmax(PrepareContext& context, const ArgmaxArgs& args) { return PrepareArgReduction(context, args); }

template <typename T>
Status RunArgmax(KernelContext& context, const ArgmaxArgs& args) {
  ArgReduce<T>(context, args, [](auto x, auto best) { return x > best; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Argmax)

}  // namespace MTC_PORTABLE
