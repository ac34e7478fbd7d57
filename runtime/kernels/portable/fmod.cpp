#include "kernels/division.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Fmod)

template <typename T>
Status RunFmod(KernelContext& context, const FmodArgs& args) {
  MTC_RETURN_IF_ERROR(RefuseZero<T>(context, *args.y));
  MapScalars<T, T>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return TruncatedRemainder(x, y); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Fmod)

}  // namespace MTC_PORTABLE
