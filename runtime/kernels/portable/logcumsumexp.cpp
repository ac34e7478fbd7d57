#include <cmath>

#include "kernels/scan.h"

namespace MTC_PORTABLE {

Status PrepareLogcumsumexp(PrepareContext& context, const LogcumsumexpArgs& args) {
  return AlongAxis(context, args.x, args.axis, args.out);
}

template <typename T>
Status RunLogcumsumexp(KernelContext& context, const LogcumsumexpArgs& args) {
  ScanAxis<T>(context, *args.x, *args.out, args.axis, -__builtin_inf(), [](double total, double x) {
    const double larger = x > total || x != x ? x : total;  // of two infinities the difference is NaN
    return x == total ? larger + std::log(2.0) : larger + std::log1p(std::exp(-std::fabs(x - total)));
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Logcumsumexp)

}  // namespace MTC_PORTABLE
