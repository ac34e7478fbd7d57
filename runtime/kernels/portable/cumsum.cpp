#include "kernels/scan.h"

namespace MTC_PORTABLE {

Status PrepareCumsum(PrepareContext& context, const CumsumArgs& args) {
  return AlongAxis(context, args.x, args.axis, args.out);
}

template <typename T>
Status RunCumsum(KernelContext& context, const CumsumArgs& args) {
  ScanAxis<T>(context, *args.x, *args.out, args.axis, 0, [](auto total, auto x) { return Add(total, x); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Cumsum)

}  // namespace MTC_PORTABLE
