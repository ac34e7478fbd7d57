#include <cmath>

#include "kernels/scan.h"

namespace MTC_PORTABLE {

Status PrepareLogcumsumexp(PrepareContext& context, const LogcumsumexpArgs& args) {
  return AlongAxis(context, args.x, args.axis, args.out);
}

template <typename T>
Status RunLogcumsumexp(KernelContext& context, const LogcumsumexpArgs& args) {
  const auto infinity = static_cast<Compute<T>>(__builtin_inf());
  ScanAxis<T>(context, *args.x, *args.out, args.axis, -infinity, [](auto total, auto x) {
    const auto larger = x > total || x != x ? x : total;  // of two infinities the difference is NaN
    return x == total ? larger + std::log(decltype(x){2}) : larger + std::log1p(std::exp(-std::fabs(x - total)));
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Logcumsumexp)

}  // namespace MTC_PORTABLE
