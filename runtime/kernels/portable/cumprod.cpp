#include "kernels/scan.h"

namespace MTC_PORTABLE {

Status PrepareCumprod(PrepareContext& context, const CumprodArgs& args) {
  return AlongAxis(context, args.x, args.axis, args.out);
}

template <typename T>
Status RunCumprod(KernelContext& context, const CumprodArgs& args) {
  ScanAxis<T>(context, *args.x, *args.out, args.axis, 1, [](auto total, auto x) { return Mul(total, x); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Cumprod)

}  // namespace MTC_PORTABLE
