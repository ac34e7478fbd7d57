#include "kernels/division.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Remainder)

template <typename T>
Status RunRemainder(KernelContext& context, const RemainderArgs& args) {
  MTC_RETURN_IF_ERROR(RefuseZero<T>(context, *args.y));
  MapScalars<T, T>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return FlooredRemainder(x, y); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Remainder)

}  // namespace MTC_PORTABLE
