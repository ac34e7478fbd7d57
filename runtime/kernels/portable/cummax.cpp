#include "kernels/scan.h"

namespace MTC_PORTABLE {

Status PrepareCummax(PrepareContext& context, const CummaxArgs& args) { return PrepareRunningExtreme(context, args); }

template <typename T>
Status RunCummax(KernelContext& context, const CummaxArgs& args) {
  RunningExtreme<T>(context, args, [](auto x, auto best) { return x >= best; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Cummax)

}  // namespace MTC_PORTABLE
