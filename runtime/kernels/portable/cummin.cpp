#include "kernels/scan.h"

namespace MTC_PORTABLE {

Status PrepareCummin(PrepareContext& context, const CumminArgs& args) { return PrepareRunningExtreme(context, args); }

template <typename T>
Status RunCummin(KernelContext& context, const CumminArgs& args) {
  RunningExtreme<T>(context, args, [](auto x, auto best) { return x <= best; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Cummin)

}  // namespace MTC_PORTABLE
